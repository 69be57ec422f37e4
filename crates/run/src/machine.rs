//! The machine that the program runs on.

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use gradbook_engine::kernels::{Isa, Precision, Tiles};
use thiserror::Error;

/// Something that this processor does not have, or a name that does not exist.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "each text says it")]
pub enum MachineError {
    #[error("`{name}` is not available on this processor or in this program; choose from: {available}", available = available.join(", "))]
    InstructionSet { name: String, available: Vec<&'static str> },
    #[error(
        "this processor and program have no bf16, which takes AVX-512 BF16 (Intel Cooper Lake, Sapphire Rapids and later \
         Xeons, AMD Zen 4 and later) or AMX (Intel Sapphire Rapids and later Xeons)"
    )]
    NoBf16,
    #[error("choose from: f32, bf16")]
    Precision,
}

/// The number of cores, counting two threads of one core once, and no more than this process may use.
pub fn default_threads() -> usize {
    let usable = thread::available_parallelism().map_or(1, usize::from);
    physical_cores().map_or(usable, |cores| cores.min(usable))
}

/// The number of cores, however many threads each runs; `None` where the system does not say.
fn physical_cores() -> Option<usize> {
    let mut cores = BTreeSet::new();
    for entry in fs::read_dir("/sys/devices/system/cpu").ok()?.flatten() {
        // Other folders, and processors that are switched off, do not have these files.
        let number = |file: &str| fs::read_to_string(entry.path().join("topology").join(file));
        if let (Ok(package), Ok(core)) = (number("physical_package_id"), number("core_id")) {
            cores.insert((package, core));
        }
    }
    (!cores.is_empty()).then_some(cores.len())
}

/// The instruction set for f32 or for bf16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// For everything that is not multiplied in tiles.
    F32(Isa),
    /// For convolutions in bf16.
    Bf16(Tiles),
}

impl InstructionSet {
    fn available() -> Vec<InstructionSet> {
        let f32 = Isa::available().into_iter().map(InstructionSet::F32);
        f32.chain(Tiles::available().into_iter().map(InstructionSet::Bf16)).collect()
    }

    /// Such as `avx2` or `amx`.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::F32(isa) => isa.name(),
            InstructionSet::Bf16(tiles) => tiles.name(),
        }
    }
}

/// The instruction set of this name.
///
/// # Errors
/// If this processor does not have it; the error lists the ones that it has.
pub fn instruction_set(name: &str) -> Result<InstructionSet, MachineError> {
    let available = InstructionSet::available();
    available.iter().find(|set| set.name() == name).copied().ok_or_else(|| {
        let available = available.iter().map(|set| set.name()).collect();
        MachineError::InstructionSet { name: name.to_owned(), available }
    })
}

/// The instruction set on which most of a training's time is spent.
pub fn instructions(isa: Isa, precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => isa.name(),
        Precision::Bf16(tiles) => tiles.name(),
    }
}

/// The precision of this name; for bf16, with the best available instruction set.
///
/// # Errors
/// If this processor does not have it; the error says which ones do.
pub fn precision(name: &str) -> Result<Precision, MachineError> {
    match name {
        "f32" => Ok(Precision::F32),
        "bf16" => Tiles::best().map(Precision::Bf16).ok_or(MachineError::NoBf16),
        _ => Err(MachineError::Precision),
    }
}

/// The vector instructions that this processor has, for the record of a run.
pub fn cpu_features() -> Vec<&'static str> {
    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "there is nothing to add"))]
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

/// The peak memory of this process; `None` where the system does not say.
pub fn peak_rss_bytes() -> Option<u64> {
    kernel_bytes("/proc/self/status", "VmHWM:")
}

/// The memory that this process can still take; `None` where the system does not say.
pub fn available_bytes() -> Option<u64> {
    let of_machine = kernel_bytes("/proc/meminfo", "MemAvailable:");
    of_machine.into_iter().chain(addressable_bytes()).min()
}

/// What is left of a limit of the process, if there is one (`ulimit -v`).
fn addressable_bytes() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(limit.saturating_sub(kernel_bytes("/proc/self/status", "VmSize:")?))
}

/// The number in a line such as `VmHWM:    123456 kB`.
fn kernel_bytes(file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
