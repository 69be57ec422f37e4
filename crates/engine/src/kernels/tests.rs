//! The two large kernels against naive loops, on every instruction set: integers must agree to the bit.

use proptest::prelude::*;

use super::*;

/// Small integers: all sums stay exact, so the order of summation cannot excuse a difference.
fn integers(seed: &mut u32, len: usize) -> Vec<f32> {
    let mut next = || {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((*seed >> 24) % 9) as f32 - 4.0
    };
    (0..len).map(|_| next()).collect()
}

/// What stands behind an output, and must still stand there afterwards.
const GUARD: [f32; 16] = [12345.0; 16];

fn nothing_aside() -> Aside<'static> {
    Aside { scratch: &mut [], ahead: [&[]; AHEAD] }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn convolution_and_weight_gradient_agree_with_naive_loops(
        (rows, columns, blocks) in (1usize..6, 1usize..20, 1usize..6),
        (channels, pad, kernel, stride) in (1usize..20, 0usize..3, 1usize..6, 1usize..3),
        mut seed: u32,
    ) {
        let pixel = channels + pad;
        let (height, width) = ((rows - 1) * stride + kernel, (columns - 1) * stride + kernel);
        let window = Window { kernel, stride, channels, start: 3, row: width * pixel, pixel };
        let lanes = blocks * LANES;
        let grid = Grid { rows, columns, lanes, start: 5, row: columns * lanes + 2, pixel: lanes };
        let x = integers(&mut seed, 3 + height * width * pixel);
        let w = integers(&mut seed, kernel * channels * kernel * lanes);
        let bias = integers(&mut seed, lanes);
        let dz = integers(&mut seed, 5 + rows * grid.row);

        let mut z = vec![0.0; 5 + rows * grid.row];
        let mut dw = integers(&mut seed, kernel * kernel * pixel * lanes);
        let dw_before = dw.clone();
        for y in 0..rows {
            for p in 0..columns {
                for o in 0..lanes {
                    let at = grid.start + y * grid.row + p * grid.pixel + o;
                    let mut sum = bias[o];
                    for ky in 0..kernel {
                        for kx in 0..kernel {
                            let from = window.start + (y * stride + ky) * window.row + (p * stride + kx) * pixel;
                            for c in 0..channels {
                                sum += x[from + c] * w[((ky * channels + c) * kernel + kx) * lanes + o];
                            }
                            for c in 0..pixel {
                                dw[((ky * kernel + kx) * pixel + c) * lanes + o] += x[from + c] * dz[at];
                            }
                        }
                    }
                    z[at] = sum;
                }
            }
        }
        z.extend(GUARD);
        dw.extend(GUARD);

        for isa in Isa::available() {
            let mut found = vec![0.0; 5 + rows * grid.row];
            found.extend(GUARD);
            convolution(isa, &window, &x, &w, &bias, false, &grid, &mut found, nothing_aside());
            prop_assert!(found == z, "convolution on {}", isa.name());

            let mut found = [&dw_before[..], &GUARD].concat();
            weight_gradient(isa, &window, &x, &grid, &dz, &mut found, nothing_aside());
            prop_assert!(found == dw, "weight gradient on {}", isa.name());
        }
    }
}

/// A machine that has an instruction set must have tested it.
#[test]
#[cfg(target_arch = "x86_64")]
fn every_instruction_set_is_tested_where_the_processor_has_it() {
    let has = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
    let wide = has && std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512vl");
    assert_eq!(Isa::available().iter().any(|isa| isa.name() == "avx2"), has);
    assert_eq!(Isa::available().iter().any(|isa| isa.name() == "avx512"), wide);
    assert_eq!(
        Isa::best().name(),
        if wide {
            "avx512"
        } else if has {
            "avx2"
        } else {
            "portable"
        }
    );
}
