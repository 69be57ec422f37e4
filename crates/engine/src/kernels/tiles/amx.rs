//! AMX: eight registers of 16 rows of 64 bytes, and an instruction for the product of two of them.
//!
//! Rust has no values for these registers, so everything between two of their uses is in one block of
//! assembly. [`Amx`] holds their configuration; a thread without one has no further state to save.
//!
//! Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18; volume 2, LDTILECFG,
//! TDPBF16PS, TILELOADD, TILERELEASE, TILESTORED.

use std::arch::asm;
use std::marker::PhantomData;

use super::avx512_bf16::Avx512Bf16;
use super::{Operands, SIDE, STEP, Unit};

/// Whether this processor has AMX for bf16 and the system lets this process use it. AVX-512 BF16, which rounds the
/// operands, is checked separately.
pub(super) fn is_available() -> bool {
    processor_has_it() && system_permits_it()
}

fn processor_has_it() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
    const OSXSAVE: u32 = 1 << 27;
    const AMX_BF16: u32 = 1 << 22;
    const AMX_TILE: u32 = 1 << 24;
    // Bits of XCR0: the system saves the configuration and the tiles.
    const SAVED: u64 = 1 << 17 | 1 << 18;

    #[target_feature(enable = "xsave")]
    fn saved() -> u64 {
        // SAFETY: called only where OSXSAVE says that the system has enabled the instruction.
        unsafe { _xgetbv(0) }
    }
    if __cpuid(0).eax < 7 || __cpuid(1).ecx & OSXSAVE == 0 {
        return false;
    }
    let has = __cpuid_count(7, 0).edx;
    // SAFETY: OSXSAVE implies XSAVE.
    has & AMX_BF16 != 0 && has & AMX_TILE != 0 && unsafe { saved() } & SAVED == SAVED
}

/// Asks once, for all threads: Linux gives a process room for the tiles of its threads only on request.
#[cfg(target_os = "linux")]
fn system_permits_it() -> bool {
    use std::sync::LazyLock;
    const ARCH_PRCTL: isize = 158;
    const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
    const XFEATURE_XTILEDATA: usize = 18;
    static PERMITTED: LazyLock<bool> = LazyLock::new(|| {
        let mut result = ARCH_PRCTL;
        // SAFETY: the call reads and writes no memory of this process; syscall overwrites rcx and r11.
        unsafe {
            asm!(
                "syscall",
                inout("rax") result,
                in("rdi") ARCH_REQ_XCOMP_PERM,
                in("rsi") XFEATURE_XTILEDATA,
                out("rcx") _,
                out("r11") _,
                options(nostack),
            );
        }
        result == 0
    });
    *PERMITTED
}

/// Other systems have other ways, which are untested.
#[cfg(not(target_os = "linux"))]
fn system_permits_it() -> bool {
    false
}

/// The configuration of this thread's tiles, each of 16 rows of 64 bytes. It belongs to one thread, and there is only
/// one at a time.
pub(super) struct Amx(PhantomData<*const ()>);

/// The operand of LDTILECFG.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

const CONFIGURATION: Configuration = {
    let (mut bytes, mut rows) = ([0; 16], [0; 16]);
    let mut tile = 0;
    while tile < 8 {
        bytes[tile] = ROW_BYTES as u16;
        rows[tile] = SIDE as u8;
        tile += 1;
    }
    Configuration { palette: 1, start_row: 0, reserved: [0; 14], bytes, rows }
};

/// The same for bf16 and for f32.
const ROW_BYTES: usize = STEP * size_of::<u16>();

/// How the blocks of assembly go through the operands, counting down.
#[repr(C)]
struct Walk {
    /// Bytes from the end of one group to the next.
    to_next_group: isize,
    steps: usize,
    groups: usize,
}

impl Unit for Amx {
    type Set = <Avx512Bf16 as Unit>::Set;

    #[inline(always)]
    fn start() -> Amx {
        static USED: Configuration = CONFIGURATION;
        // SAFETY: there is an `Amx` only where the processor has it; the configuration is one that it knows.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const USED, options(nostack, readonly, preserves_flags)) }
        Amx(PhantomData)
    }

    #[inline(always)]
    fn round(x: &[f32], y: &mut [u16]) {
        Avx512Bf16::round(x, y);
    }

    #[inline(always)]
    fn interleave(x: &[f32], pixel: usize, lanes: usize, count: usize, y: &mut [u16]) {
        Avx512Bf16::interleave(x, pixel, lanes, count, y);
    }

    #[inline(always)]
    fn transpose(x: &[f32], pixel: usize, lanes: usize, count: usize, y: &mut [u16], row: usize) {
        Avx512Bf16::transpose(x, pixel, lanes, count, y, row);
    }

    /// Tiles 0 to 3 are the sums, 4 is a step of `b`, 5 to 7 are steps of `a`.
    #[inline(always)]
    fn products<const N: usize>(&self, operands: &Operands<'_>, c: &mut [f32]) {
        operands.check(N, c);
        let Operands { a, starts, row, groups, group, pairs, b } = *operands;
        let steps = pairs.div_ceil(SIDE);
        let to_next_group = (group * size_of::<u16>()) as isize - (steps * ROW_BYTES) as isize;
        let mut walk = Walk { to_next_group, steps, groups };
        // Pointers of unused tiles are never read from.
        let a = starts.map(|start| a.as_ptr().wrapping_add(start));
        // SAFETY: just checked that all tiles lie in a, b and c; `self` is the configuration.
        unsafe {
            asm!(
                "tilezero tmm0",
                ".if {n} > 1", "tilezero tmm1", ".endif",
                ".if {n} > 2", "tilezero tmm2", ".endif",
                ".if {n} > 3", "tilezero tmm3", ".endif",
                "2:",
                "mov {left}, qword ptr [{walk} + 8]",
                "3:",
                "tileloadd tmm4, [{b} + 1*{line}]",
                "tileloadd tmm5, [{a0} + 1*{row}]",
                "tdpbf16ps tmm0, tmm5, tmm4",
                ".if {n} > 1",
                "tileloadd tmm6, [{a1} + 1*{row}]",
                "tdpbf16ps tmm1, tmm6, tmm4",
                ".endif",
                ".if {n} > 2",
                "tileloadd tmm7, [{a2} + 1*{row}]",
                "tdpbf16ps tmm2, tmm7, tmm4",
                ".endif",
                ".if {n} > 3",
                "tileloadd tmm5, [{a3} + 1*{row}]",
                "tdpbf16ps tmm3, tmm5, tmm4",
                ".endif",
                "add {b}, {tile_bytes}",
                "add {a0}, {row_bytes}",
                "add {a1}, {row_bytes}",
                "add {a2}, {row_bytes}",
                "add {a3}, {row_bytes}",
                "dec {left}",
                "jnz 3b",
                "mov {left}, qword ptr [{walk}]",
                "add {a0}, {left}",
                "add {a1}, {left}",
                "add {a2}, {left}",
                "add {a3}, {left}",
                "dec qword ptr [{walk} + 16]",
                "jnz 2b",
                "tilestored [{c} + 1*{line}], tmm0",
                ".if {n} > 1", "tilestored [{c} + 1*{line} + {tile_bytes}], tmm1", ".endif",
                ".if {n} > 2", "tilestored [{c} + 1*{line} + 2*{tile_bytes}], tmm2", ".endif",
                ".if {n} > 3", "tilestored [{c} + 1*{line} + 3*{tile_bytes}], tmm3", ".endif",
                n = const N,
                row_bytes = const ROW_BYTES,
                tile_bytes = const SIDE * ROW_BYTES,
                a0 = inout(reg) a[0] => _,
                a1 = inout(reg) a[1] => _,
                a2 = inout(reg) a[2] => _,
                a3 = inout(reg) a[3] => _,
                b = inout(reg) b.as_ptr() => _,
                c = in(reg) c.as_mut_ptr(),
                row = in(reg) row * size_of::<u16>(),
                line = in(reg) ROW_BYTES,
                left = out(reg) _,
                walk = in(reg) &raw mut walk,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }

    #[inline(always)]
    fn multiply_adds(&self, times: usize, a: [u16; 2], b: [u16; 2], x: &mut [f32], size: &mut [usize; 2]) {
        const TILES: usize = 4;
        assert!(TILES * SIDE * SIDE <= x.len() && times > 0);
        // All rows, and all columns, of the same pair.
        let first: [u16; SIDE * STEP] = std::array::from_fn(|i| a[i % 2]);
        let second: [u16; SIDE * STEP] = std::array::from_fn(|i| b[i % 2]);
        // SAFETY: four tiles lie in x; the others are arrays of their size; `self` is the configuration.
        unsafe {
            asm!(
                "tileloadd tmm0, [{x} + 1*{line}]",
                "tileloadd tmm1, [{x} + 1*{line} + {tile_bytes}]",
                "tileloadd tmm2, [{x} + 1*{line} + 2*{tile_bytes}]",
                "tileloadd tmm3, [{x} + 1*{line} + 3*{tile_bytes}]",
                "tileloadd tmm4, [{b} + 1*{line}]",
                "tileloadd tmm5, [{a} + 1*{line}]",
                "2:",
                "tdpbf16ps tmm0, tmm5, tmm4",
                "tdpbf16ps tmm1, tmm5, tmm4",
                "tdpbf16ps tmm2, tmm5, tmm4",
                "tdpbf16ps tmm3, tmm5, tmm4",
                "dec {times}",
                "jnz 2b",
                "tilestored [{x} + 1*{line}], tmm0",
                "tilestored [{x} + 1*{line} + {tile_bytes}], tmm1",
                "tilestored [{x} + 1*{line} + 2*{tile_bytes}], tmm2",
                "tilestored [{x} + 1*{line} + 3*{tile_bytes}], tmm3",
                tile_bytes = const SIDE * ROW_BYTES,
                x = in(reg) x.as_mut_ptr(),
                a = in(reg) first.as_ptr(),
                b = in(reg) second.as_ptr(),
                line = in(reg) ROW_BYTES,
                times = inout(reg) times => _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _,
                options(nostack),
            );
        }
        *size = [TILES * SIDE * SIDE, STEP];
    }
}

impl Drop for Amx {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: as in `start`; the tiles' content is no longer needed.
        unsafe { asm!("tilerelease", options(nomem, nostack, preserves_flags)) }
    }
}
