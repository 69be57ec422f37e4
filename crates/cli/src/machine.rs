//! What the program runs on.

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use anyhow::bail;
use gradbook_engine::kernels::{Isa, Precision, Tiles};

/// As many as there are cores, two threads of one core counted once, and no more than this process may use.
pub(crate) fn default_threads() -> usize {
    let usable = thread::available_parallelism().map_or(1, usize::from);
    physical_cores().map_or(usable, |cores| cores.min(usable))
}

/// Cores, however many threads each of them runs; `None` where the system does not tell.
fn physical_cores() -> Option<usize> {
    let mut cores = BTreeSet::new();
    for entry in fs::read_dir("/sys/devices/system/cpu").ok()?.flatten() {
        // Other folders, and processors that are switched off, have no such files.
        let number = |file: &str| fs::read_to_string(entry.path().join("topology").join(file));
        if let (Ok(package), Ok(core)) = (number("physical_package_id"), number("core_id")) {
            cores.insert((package, core));
        }
    }
    (!cores.is_empty()).then_some(cores.len())
}

/// What `--isa` chooses: the instructions of f32, or those of bf16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    F32(Isa),
    Bf16(Tiles),
}

impl InstructionSet {
    fn available() -> Vec<InstructionSet> {
        let f32 = Isa::available().into_iter().map(InstructionSet::F32);
        f32.chain(Tiles::available().into_iter().map(InstructionSet::Bf16)).collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            InstructionSet::F32(isa) => isa.name(),
            InstructionSet::Bf16(tiles) => tiles.name(),
        }
    }
}

/// The instruction set of that name.
///
/// # Errors
/// If this processor does not have it; the error lists those that it has.
pub(crate) fn instruction_set(name: &str) -> anyhow::Result<InstructionSet> {
    let available = InstructionSet::available();
    match available.iter().find(|set| set.name() == name) {
        Some(set) => Ok(*set),
        None => {
            let names: Vec<_> = available.iter().map(|set| set.name()).collect();
            bail!("this processor and program have no `{name}`; choose from: {}", names.join(", "))
        }
    }
}

/// The precision of that name, bf16 with the best instructions that there are.
///
/// # Errors
/// If this processor does not have it; the error says which ones do.
pub(crate) fn precision(name: &str) -> anyhow::Result<Precision> {
    match name {
        "f32" => Ok(Precision::F32),
        "bf16" => match Tiles::best() {
            Some(tiles) => Ok(Precision::Bf16(tiles)),
            None => bail!(
                "this processor and program have no bf16, which takes AVX-512 BF16 (Intel Cooper Lake, Sapphire Rapids \
                 and later Xeons, AMD Zen 4 and later) or AMX (Intel Sapphire Rapids and later Xeons); leave \
                 --precision out for f32"
            ),
        },
        _ => bail!("choose from: f32, bf16"),
    }
}

/// The vector instructions that this processor has, for the record of a run.
pub(crate) fn cpu_features() -> Vec<&'static str> {
    let mut features = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! detect {
            ($($name:tt)*) => { $(if std::arch::is_x86_feature_detected!($name) { features.push($name); })* };
        }
        detect!("avx2" "fma" "avx512f" "avx512bw" "avx512vl" "avx512vnni" "avx512bf16");
        features.extend(Tiles::available().iter().map(|tiles| tiles.name()).filter(|name| *name == "amx"));
    }
    #[cfg(target_arch = "aarch64")]
    features.push("neon");
    features
}

/// The most memory that this process has occupied; `None` where the system does not tell.
pub(crate) fn peak_rss_bytes() -> Option<u64> {
    kernel_bytes("/proc/self/status", "VmHWM:")
}

/// The memory that a process can still take; `None` where the system does not tell.
pub(crate) fn available_bytes() -> Option<u64> {
    kernel_bytes("/proc/meminfo", "MemAvailable:")
}

/// The number in a line such as `VmHWM:    123456 kB`.
fn kernel_bytes(file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
