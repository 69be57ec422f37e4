//! Tiles in plain loops, so that layouts can be tested on any machine.

use super::{Operands, SIDE, STEP, Unit, round};
use crate::kernels::vector::Portable;

pub(super) struct Emulated;

fn widen(x: u16) -> f32 {
    f32::from_bits(u32::from(x) << 16)
}

impl Unit for Emulated {
    type Set = Portable;

    fn start() -> Emulated {
        Emulated
    }

    fn round(x: &[f32], y: &mut [u16]) {
        for (x, y) in x.iter().zip(y) {
            *y = round(*x);
        }
    }

    fn interleave(x: &[f32], pixel: usize, lanes: usize, count: usize, y: &mut [u16]) {
        for p in 0..count.next_multiple_of(2) {
            for c in 0..SIDE {
                let exists = p < count && c < lanes;
                y[(p / 2 * SIDE + c) * 2 + p % 2] = if exists { round(x[p * pixel + c]) } else { 0 };
            }
        }
    }

    fn transpose(x: &[f32], pixel: usize, lanes: usize, count: usize, y: &mut [u16], row: usize) {
        for p in 0..STEP {
            for c in 0..SIDE {
                y[c * row + p] = if p < count && c < lanes { round(x[p * pixel + c]) } else { 0 };
            }
        }
    }

    fn products<const N: usize>(&self, operands: &Operands<'_>, c: &mut [f32]) {
        operands.check(N, c);
        let Operands { a, starts, row, groups, group, pairs, b } = *operands;
        for (at, c) in c[..N * SIDE * SIDE].iter_mut().enumerate() {
            let (t, r, o) = (at / SIDE / SIDE, at / SIDE % SIDE, at % SIDE);
            *c = 0.0;
            for g in 0..groups {
                for i in 0..2 * pairs {
                    let b = b[(g * pairs.next_multiple_of(SIDE) + i / 2) * STEP + 2 * o + i % 2];
                    *c += widen(a[starts[t] + g * group + r * row + i]) * widen(b);
                }
            }
        }
    }

    fn multiply_adds(&self, times: usize, a: [u16; 2], b: [u16; 2], x: &mut [f32], size: &mut [usize; 2]) {
        *size = [SIDE * SIDE, 2];
        for x in &mut x[..SIDE * SIDE] {
            for _ in 0..times {
                *x += widen(a[0]) * widen(b[0]) + widen(a[1]) * widen(b[1]);
            }
        }
    }
}
