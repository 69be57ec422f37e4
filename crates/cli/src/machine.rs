//! What the program runs on.

use std::thread;

use anyhow::bail;
use gradbook_engine::kernels::Isa;

/// Processors that this process may use.
pub(crate) fn default_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The instruction set of that name.
///
/// # Errors
/// If this processor does not have it; the error lists those that it has.
pub(crate) fn isa(name: &str) -> anyhow::Result<Isa> {
    let available = Isa::available();
    match available.iter().find(|isa| isa.name() == name) {
        Some(isa) => Ok(*isa),
        None => {
            let names: Vec<_> = available.iter().map(|isa| isa.name()).collect();
            bail!("this processor and program have no `{name}`; choose from: {}", names.join(", "))
        }
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
    }
    #[cfg(target_arch = "aarch64")]
    features.push("neon");
    features
}

/// The most memory that this process has occupied; `None` where the system does not tell.
pub(crate) fn peak_rss_bytes() -> Option<u64> {
    // The kernel's line is `VmHWM:    123456 kB`.
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
