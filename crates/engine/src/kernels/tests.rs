//! The large kernels against naive loops and each other, on every instruction set: integers must agree to the bit.

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

/// Miri, which counts every byte that is touched, is slow and has no files.
fn cases() -> ProptestConfig {
    let cases = if cfg!(miri) { 4 } else { 200 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What follows an output in memory, and must be unchanged afterwards.
const GUARD: [f32; 16] = [12345.0; 16];

fn nothing_aside() -> Aside<'static> {
    Aside { scratch: &mut [], ahead: [&[]; AHEAD] }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn convolution_and_weight_gradient_agree_with_naive_loops(
        (rows, columns, blocks) in (1usize..6, prop_oneof![1usize..5, 5usize..20], 1usize..6),
        (channels, pad, kernel, stride) in (1usize..20, 0usize..3, 1usize..6, 1usize..3),
        border in 0usize..3,
        mut seed: u32,
    ) {
        let pixel = channels + pad;
        let (height, width) = ((rows - 1) * stride + kernel, (columns - 1) * stride + kernel);
        // At most as many as leave one real value.
        let zeros = if stride == 1 { border.min(kernel - 1).min((height.min(width) - 1) / 2) } else { 0 };
        let window = Window { kernel, stride, channels, start: 3, row: width * pixel, pixel, zeros };
        let lanes = blocks * LANES;
        let grid = Grid { rows, columns, lanes, start: 5, row: columns * lanes + 2, pixel: lanes };
        let mut x = integers(&mut seed, 3 + height * width * pixel);
        for at in 0..height * width {
            let (y, p) = (at / width, at % width);
            if !(zeros..height - zeros).contains(&y) || !(zeros..width - zeros).contains(&p) {
                x[3 + at * pixel..][..pixel].fill(0.0);
            }
        }
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

proptest! {
    #![proptest_config(cases())]

    /// Equal up to rounding, and with the same bits on every instruction set.
    #[test]
    fn winograds_algorithm_agrees_with_the_direct_one(
        (rows, columns) in (1usize..11, 1usize..35),
        (in_blocks, out_blocks, spare) in (1usize..6, 1usize..6, 0usize..8),
        relu: bool,
        mut seed: u32,
    ) {
        let (pixel, lanes) = (in_blocks * LANES, out_blocks * LANES);
        let channels = pixel - spare;
        // Whole tiles, and what they see.
        let (height, width) = (rows + winograd::beyond(rows) + 2, columns + winograd::beyond(columns) + 2);
        let window = Window { kernel: 3, stride: 1, channels, start: 3, row: width * pixel, pixel, zeros: 0 };
        let grid = Grid { rows, columns, lanes, start: 5, row: (columns + 3) * lanes, pixel: lanes };
        let x = integers(&mut seed, 3 + height * width * pixel);
        let w = integers(&mut seed, 9 * channels * lanes);
        let bias = integers(&mut seed, lanes);
        // The gradient of what lies beyond whole tiles is a stored zero.
        let mut dz = integers(&mut seed, 5 + (rows + 3) * grid.row);
        for at in (0..dz.len()).filter(|at| *at < 5 || (at - 5) / grid.row >= rows || (at - 5) % grid.row >= columns * lanes) {
            dz[at] = 0.0;
        }
        let len = 5 + rows * grid.row;
        let mut z = vec![0.0; len];
        z.extend(GUARD);
        convolution(Isa::best(), &window, &x, &w, &bias, relu, &grid, &mut z, nothing_aside());
        let mut dw = vec![0.0; 9 * pixel * lanes];
        weight_gradient(Isa::best(), &window, &x, &grid, &dz, &mut dw, nothing_aside());

        let row_of = |channels: usize| Grid { rows: 1, columns: channels, lanes, start: 0, row: channels * lanes, pixel: lanes };
        let mut results = Vec::new();
        for isa in Isa::available() {
            let mut scratch = vec![f32::NAN; winograd::scratch_len(rows, columns, pixel, lanes)];
            let mut u = vec![0.0; winograd::POINTS * channels * lanes];
            winograd_weights(isa, &row_of(channels), &w, &mut u);
            let mut found_z = vec![0.0; len];
            found_z.extend(GUARD);
            let aside = Aside { scratch: &mut scratch, ahead: [&x, &w, &[], &[]] };
            winograd_convolution(isa, &window, &x, &u, &bias, relu, &grid, &mut found_z, aside);
            prop_assert_eq!(&found_z[len..], &GUARD);
            prop_assert!(distance(&found_z, &z) < 2e-5, "convolution on {}: {}", isa.name(), distance(&found_z, &z));

            let mut du = vec![0.0; winograd::POINTS * pixel * lanes];
            let aside = Aside { scratch: &mut scratch, ahead: [&[]; AHEAD] };
            winograd_weight_gradient(isa, &window, &x, &grid, &dz, &mut du, aside);
            let mut found_dw = vec![0.0; 9 * pixel * lanes];
            winograd_weights_gradient(isa, &row_of(pixel), &du, &mut found_dw);
            prop_assert!(distance(&found_dw, &dw) < 2e-5, "weight gradient on {}: {}", isa.name(), distance(&found_dw, &dw));
            results.push((found_z, found_dw));
        }
        prop_assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "not the same bits on every instruction set");
    }
}

/// The largest difference, relative to the largest value.
fn distance(found: &[f32], expected: &[f32]) -> f32 {
    assert!(found.iter().all(|value| value.is_finite()));
    let values = || expected.iter().filter(|value| **value != GUARD[0]);
    let largest = values().fold(1.0f32, |largest, value| largest.max(value.abs()));
    let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    differences.fold(0.0f32, f32::max) / largest
}

proptest! {
    #![proptest_config(cases())]

    /// Small integers are exact in bf16, so tiles must agree with the direct convolution to the bit.
    #[test]
    fn tiles_agree_with_the_direct_convolution(
        (rows, columns, kernel) in (1usize..24, 1usize..40, 1usize..6),
        (pixel, spare, blocks) in (1usize..45, 0usize..8, 1usize..6),
        relu: bool,
        mut seed: u32,
    ) {
        let (channels, lanes) = (pixel.saturating_sub(spare).max(1), blocks * LANES);
        // Rows of x and z are longer than necessary.
        let (height, width) = (rows + kernel - 1, columns + kernel);
        let window = Window { kernel, stride: 1, channels, start: 3, row: width * pixel, pixel, zeros: 0 };
        let grid = Grid { rows, columns, lanes, start: 5, row: (columns + 1) * lanes, pixel: lanes };
        let x = integers(&mut seed, 3 + height * width * pixel);
        let w = integers(&mut seed, kernel * channels * kernel * lanes);
        let bias = integers(&mut seed, lanes);
        let dz = integers(&mut seed, 5 + rows * grid.row);
        let mut z = vec![0.0; 5 + rows * grid.row];
        z.extend(GUARD);
        convolution(Isa::best(), &window, &x, &w, &bias, relu, &grid, &mut z, nothing_aside());
        let mut dw = [integers(&mut seed, kernel * kernel * pixel * lanes), GUARD.to_vec()].concat();
        let dw_before = dw.clone();
        weight_gradient(Isa::best(), &window, &x, &grid, &dz, &mut dw, nothing_aside());

        let mut in_tiles = vec![0; tiles::weights_len(kernel, pixel, lanes)];
        for (at, w) in w.iter().enumerate() {
            let (tap, o) = (at / lanes, at % lanes);
            let (ky, c, kx) = (tap / kernel / channels, tap / kernel % channels, tap % kernel);
            in_tiles[tiles::weight_place(kernel, pixel, (ky, kx), c, o)] = tiles::round(*w);
        }
        for unit in Tiles::tested() {
            // No content of scratch memory may show in the result, not even NaN; guards follow it, too.
            let len = tiles::convolution_scratch_len(kernel, rows, columns, pixel);
            let mut scratch = [vec![f32::NAN; len], GUARD.to_vec()].concat();
            let aside = Aside { scratch: &mut scratch[..len], ahead: [&x, &bias, &[], &[]] };
            let mut found = vec![0.0; 5 + rows * grid.row];
            found.extend(GUARD);
            tiles::convolution(unit, &window, &x, &in_tiles, &bias, relu, &grid, &mut found, aside);
            prop_assert!(found == z && scratch[len..] == GUARD, "convolution on {}", unit.name());

            let len = tiles::weight_gradient_scratch_len(kernel, rows, columns, pixel, lanes);
            let mut scratch = [vec![f32::NAN; len], GUARD.to_vec()].concat();
            let aside = Aside { scratch: &mut scratch[..len], ahead: [&x, &bias, &[], &[]] };
            let mut found = dw_before.clone();
            tiles::weight_gradient(unit, &window, &x, &grid, &dz, &mut found, aside);
            prop_assert!(found == dw && scratch[len..] == GUARD, "weight gradient on {}", unit.name());
        }
    }
}

/// Ties go to the even neighbour, NaN and infinities stay; each unit rounds as `tiles::round` does.
#[test]
fn numbers_are_rounded_to_the_nearest_bf16() {
    let bits = |x: f32| u32::from(tiles::round(x)) << 16;
    for (x, rounded) in [
        (0x3f80_0000, 0x3f80_0000),
        (0x3f80_8000, 0x3f80_0000),
        (0x3f81_8000, 0x3f82_0000),
        (0x3f80_8001, 0x3f81_0000),
        (0x3f80_7fff, 0x3f80_0000),
        (0xbf80_ffff, 0xbf81_0000),
        (0x7f7f_ffff, 0x7f80_0000),
        (0xff80_0000, 0xff80_0000),
        (0x0000_0000, 0x0000_0000),
        (0x8000_0000, 0x8000_0000),
    ] {
        assert_eq!(bits(f32::from_bits(x)), rounded, "{x:#x}");
    }
    assert!(f32::from_bits(bits(f32::from_bits(0x7f80_0001))).is_nan());
    // Through a convolution with a single weight of 1: the output is the rounded input.
    let mut seed = 1;
    let x: Vec<f32> = integers(&mut seed, 40 * LANES).iter().map(|x| x * 1.007_654 + 0.1).collect();
    let window = Window { kernel: 1, stride: 1, channels: LANES, start: 0, row: 40 * LANES, pixel: LANES, zeros: 0 };
    let grid = Grid { rows: 1, columns: 40, lanes: LANES, start: 0, row: 40 * LANES, pixel: LANES };
    let mut w = vec![0; tiles::weights_len(1, LANES, LANES)];
    (0..LANES).for_each(|c| w[tiles::weight_place(1, LANES, (0, 0), c, c)] = tiles::round(1.0));
    for unit in Tiles::tested() {
        let mut scratch = vec![0.0; tiles::convolution_scratch_len(1, 1, 40, LANES)];
        let aside = Aside { scratch: &mut scratch, ahead: [&[]; AHEAD] };
        let mut z = vec![0.0; x.len()];
        tiles::convolution(unit, &window, &x, &w, &[0.0; LANES], false, &grid, &mut z, aside);
        assert!(x.iter().zip(&z).all(|(x, z)| bits(*x) == z.to_bits()), "{}", unit.name());
    }
}

/// A machine that has an instruction set must have tested it.
#[test]
#[cfg(target_arch = "x86_64")]
fn every_instruction_set_is_tested_where_the_processor_has_it() {
    use std::arch::is_x86_feature_detected;
    let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let wide = has && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
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
    let has_tiles = wide && [is_x86_feature_detected!("avx512bf16"), is_x86_feature_detected!("avx512bw")] == [true; 2];
    assert_eq!(Tiles::available().iter().any(|tiles| tiles.name() == "avx512_bf16"), has_tiles);
}
