//! AVX-512 BF16: a tile is 16 registers of sums; each multiply-add takes 16 pairs of lanes times one pair.
//!
//! Only code compiled for these instructions may call these functions: `tiles` ensures that.

use std::arch::asm;
use std::arch::x86_64::*;
use std::mem::transmute;

use super::{Operands, SIDE, STEP, Unit};
use crate::kernels::vector::Avx512;

/// Whether this processor has AVX-512 BF16 and everything that is used with it.
pub(super) fn is_available() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512bf16") && has!("avx512f") && has!("avx512vl") && has!("avx512bw") && has!("avx2") && has!("fma")
}

pub(super) struct Avx512Bf16;

impl Unit for Avx512Bf16 {
    type Set = Avx512;

    #[inline(always)]
    fn start() -> Avx512Bf16 {
        Avx512Bf16
    }

    #[inline(always)]
    fn round(x: &[f32], y: &mut [u16]) {
        assert_eq!(x.len(), y.len());
        let mut at = 0;
        while at < x.len() {
            let left = x.len() - at;
            // SAFETY: 32 numbers lie in x and y, or the masks leave out what lies beyond.
            unsafe {
                let (x, y) = (x.as_ptr().add(at), y.as_mut_ptr().add(at));
                if left >= STEP {
                    let (low, high) = (_mm512_loadu_ps(x), _mm512_loadu_ps(x.add(SIDE)));
                    _mm512_storeu_si512(y.cast(), rounded(low, high));
                } else {
                    let both = pair(x, left.min(SIDE), x.wrapping_add(SIDE), left.saturating_sub(SIDE));
                    _mm512_mask_storeu_epi16(y.cast(), first(left), both);
                }
            }
            at += STEP;
        }
    }

    #[inline(always)]
    fn interleave(x: &[f32], pixel: usize, lanes: usize, count: usize, y: &mut [u16]) {
        assert!(lanes <= SIDE && (count - 1) * pixel + lanes <= x.len() && count.div_ceil(2) * STEP <= y.len());
        for i in 0..count.div_ceil(2) {
            // SAFETY: pixels below count lie in x, so many pairs in y.
            unsafe { _mm512_storeu_si512(y.as_mut_ptr().add(i * STEP).cast(), pixels(x, pixel, lanes, count, 2 * i)) }
        }
    }

    #[inline(always)]
    fn transpose(x: &[f32], pixel: usize, lanes: usize, count: usize, y: &mut [u16], row: usize) {
        assert!(lanes <= SIDE && count <= STEP && (count - 1) * pixel + lanes <= x.len());
        assert!((SIDE - 1) * row + STEP <= y.len());
        // SAFETY: pixels below count lie in x, 16 rows of 32 numbers in y.
        unsafe {
            let mut rows = [_mm512_setzero_si512(); SIDE];
            for i in 0..SIDE {
                rows[i] = pixels(x, pixel, lanes, count, 2 * i);
            }
            let columns = transposed(rows);
            for c in 0..SIDE {
                _mm512_storeu_si512(y.as_mut_ptr().add(c * row).cast(), columns[c]);
            }
        }
    }

    #[inline(always)]
    fn products<const N: usize>(&self, operands: &Operands<'_>, c: &mut [f32]) {
        operands.check(N, c);
        for t in 0..N {
            let (a, c) = (&operands.a[operands.starts[t]..], &mut c[t * SIDE * SIDE..]);
            // SAFETY: just checked.
            unsafe { product(operands, a, c) }
        }
    }

    #[inline(always)]
    fn multiply_adds(&self, times: usize, a: [u16; 2], b: [u16; 2], x: &mut [f32], size: &mut [usize; 2]) {
        assert!(SIDE * SIDE <= x.len());
        // SAFETY: 16 rows of 16 floats lie in x.
        unsafe {
            let mut sums = [_mm512_setzero_ps(); SIDE];
            for r in 0..SIDE {
                sums[r] = _mm512_loadu_ps(x.as_ptr().add(r * SIDE));
            }
            let broadcast = |[low, high]: [u16; 2]| _mm512_set1_epi32((u32::from(high) << 16 | u32::from(low)) as i32);
            let [a, b] = [a, b].map(|pair| transmute::<__m512i, __m512bh>(broadcast(pair)));
            for _ in 0..times {
                for r in 0..SIDE {
                    sums[r] = _mm512_dpbf16_ps(sums[r], a, b);
                }
            }
            for r in 0..SIDE {
                _mm512_storeu_ps(x.as_mut_ptr().add(r * SIDE), sums[r]);
            }
        }
        *size = [SIDE * SIDE, 2];
    }
}

/// One tile.
///
/// # Safety
/// [`Operands::check`] must hold, and the processor must have the instructions.
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn product(operands: &Operands<'_>, a: &[u16], c: &mut [f32]) {
    let group_len = operands.pairs.next_multiple_of(SIDE) * STEP;
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [_mm512_setzero_ps(); SIDE];
        for g in 0..operands.groups {
            let (a, b) = (a.as_ptr().add(g * operands.group), operands.b.as_ptr().add(g * group_len));
            for i in 0..operands.pairs {
                let b = _mm512_loadu_si512(b.add(i * STEP).cast());
                for r in 0..SIDE {
                    sums[r] = add_product(sums[r], a.add(r * operands.row + 2 * i), b);
                }
            }
        }
        for r in 0..SIDE {
            _mm512_storeu_ps(c.as_mut_ptr().add(r * SIDE), sums[r]);
        }
    }
}

/// `sum[o] + a[0] b[o,0] + a[1] b[o,1]`. The compiler turns the intrinsic into two instructions, a fifth slower in all.
///
/// # Safety
/// Two numbers must lie at `a`.
#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn add_product(mut sum: __m512, a: *const u16, b: __m512i) -> __m512 {
    // SAFETY: the caller's promise; reads them and nothing else.
    unsafe {
        asm!(
            "vdpbf16ps {sum:z}, {b:z}, dword ptr [{a}]{{1to16}}",
            sum = inout(zmm_reg) sum,
            a = in(reg) a,
            b = in(zmm_reg) b,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    sum
}

/// 32 numbers, in the order of the arguments.
#[inline(always)]
unsafe fn rounded(low: __m512, high: __m512) -> __m512i {
    // SAFETY: register to register.
    unsafe { transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low)) }
}

/// The lowest `count` of 32 bits.
#[inline(always)]
fn first(count: usize) -> u32 {
    ((1u64 << count) - 1) as u32
}

/// The floats from `low` and from `high` on, at most 16 each, rounded and followed by zeros.
///
/// # Safety
/// That many floats must lie there.
#[inline(always)]
unsafe fn pair(low: *const f32, low_count: usize, high: *const f32, high_count: usize) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe {
        let low = _mm512_maskz_loadu_ps(first(low_count) as __mmask16, low);
        let high = _mm512_maskz_loadu_ps(first(high_count) as __mmask16, high);
        rounded(low, high)
    }
}

/// Lane by lane, pixel `p` and the next.
///
/// # Safety
/// Pixels below `count` must lie in `x`.
#[inline(always)]
unsafe fn pixels(x: &[f32], pixel: usize, lanes: usize, count: usize, p: usize) -> __m512i {
    const ALTERNATING: [u16; STEP] = {
        let mut order = [0; STEP];
        let mut i = 0;
        while i < STEP {
            order[i] = (i / 2 + i % 2 * SIDE) as u16;
            i += 1;
        }
        order
    };
    let lanes_of = |p: usize| if p < count { lanes } else { 0 };
    let x = x.as_ptr().wrapping_add(p * pixel);
    // SAFETY: the caller's promise; pixels from count on are not read.
    unsafe {
        let both = pair(x, lanes_of(p), x.wrapping_add(pixel), lanes_of(p + 1));
        _mm512_permutexvar_epi16(_mm512_loadu_si512(ALTERNATING.as_ptr().cast()), both)
    }
}

/// Transposes 16 rows of 16 values of 32 bits.
#[inline(always)]
unsafe fn transposed(a: [__m512i; SIDE]) -> [__m512i; SIDE] {
    // SAFETY: register to register.
    unsafe {
        let nothing = _mm512_setzero_si512();
        // Within each quarter of a register, 4 x 4 values: first in twos, then in fours.
        let mut twos = [nothing; SIDE];
        for i in (0..SIDE).step_by(2) {
            twos[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
            twos[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
        }
        // fours[4 j + k]: rows 4 j to 4 j + 3 of columns k, k + 4, k + 8, k + 12.
        let mut fours = [nothing; SIDE];
        for j in (0..SIDE).step_by(4) {
            fours[j] = _mm512_unpacklo_epi64(twos[j], twos[j + 2]);
            fours[j + 1] = _mm512_unpackhi_epi64(twos[j], twos[j + 2]);
            fours[j + 2] = _mm512_unpacklo_epi64(twos[j + 1], twos[j + 3]);
            fours[j + 3] = _mm512_unpackhi_epi64(twos[j + 1], twos[j + 3]);
        }
        // Then 4 x 4 quarters.
        let mut columns = [nothing; SIDE];
        for k in 0..4 {
            let upper_even = _mm512_shuffle_i32x4::<0b10_00_10_00>(fours[k], fours[4 + k]);
            let upper_odd = _mm512_shuffle_i32x4::<0b11_01_11_01>(fours[k], fours[4 + k]);
            let lower_even = _mm512_shuffle_i32x4::<0b10_00_10_00>(fours[8 + k], fours[12 + k]);
            let lower_odd = _mm512_shuffle_i32x4::<0b11_01_11_01>(fours[8 + k], fours[12 + k]);
            columns[k] = _mm512_shuffle_i32x4::<0b10_00_10_00>(upper_even, lower_even);
            columns[4 + k] = _mm512_shuffle_i32x4::<0b10_00_10_00>(upper_odd, lower_odd);
            columns[8 + k] = _mm512_shuffle_i32x4::<0b11_01_11_01>(upper_even, lower_even);
            columns[12 + k] = _mm512_shuffle_i32x4::<0b11_01_11_01>(upper_odd, lower_odd);
        }
        columns
    }
}
