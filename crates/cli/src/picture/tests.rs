//! Digits of MNIST, enlarged to pictures, must come back.

use std::path::Path;

use gradbook_engine::data::{Dataset, Values};
use gradbook_engine::kernels::Isa;
use gradbook_engine::rng::Stream;
use gradbook_engine::train::evaluate;
use gradbook_run::folder::weights;
use gradbook_run::source::Source;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{ExtendedColorType, GrayImage};

use super::*;

/// Side of a test image, of the same enlarged, and of the picture around it.
const SIDE: usize = 28;
const LARGE: usize = 280;
const CANVAS: usize = 400;

/// The test image, enlarged by 10 with bicubic interpolation, dark on white, at a place that depends on `seed`.
fn enlarged(image: &[u8], seed: u64) -> Picture {
    let image = GrayImage::from_raw(SIDE as u32, SIDE as u32, image.to_vec()).unwrap();
    let large = resize(&image, LARGE as u32, LARGE as u32, FilterType::CatmullRom);
    let mut generator = Stream::Lesson { list: 0 }.generator(seed);
    let mut place = || generator.below((CANVAS - LARGE + 1) as u64) as usize;
    let (top, left) = (place(), place());
    let mut pixels = vec![255; CANVAS * CANVAS];
    for (row, ink) in large.as_raw().chunks(LARGE).enumerate() {
        for (pixel, ink) in pixels[(top + row) * CANVAS + left..].iter_mut().zip(ink) {
            *pixel = 255 - ink;
        }
    }
    Picture { height: CANVAS, width: CANVAS, pixels }
}

/// As a camera has it: light from one corner, ink that is not black, noise, JPEG.
fn photographed(picture: &Picture, seed: u64) -> Picture {
    let mut generator = Stream::Lesson { list: 1 }.generator(seed);
    let pixel = |(at, &grey): (usize, &u8)| {
        let (x, y) = ((at % CANVAS) as f64 / CANVAS as f64, (at / CANVAS) as f64 / CANVAS as f64);
        let light = 220.0 - 70.0 * x - 30.0 * y * y;
        let noise: f64 = (0..4).map(|_| generator.uniform_in(-10.0, 10.0)).sum();
        (light * (0.35 + 0.65 * f64::from(grey) / 255.0) + noise).round() as u8
    };
    let pixels: Vec<u8> = picture.pixels.iter().enumerate().map(pixel).collect();
    let mut jpeg = Vec::new();
    let side = CANVAS as u32;
    JpegEncoder::new_with_quality(&mut jpeg, 60).encode(&pixels, side, side, ExtendedColorType::L8).unwrap();
    Picture { pixels: image::load_from_memory(&jpeg).unwrap().into_luma8().into_raw(), ..*picture }
}

fn negative(picture: &Picture) -> Picture {
    Picture { pixels: picture.pixels.iter().map(|pixel| 255 - pixel).collect(), ..*picture }
}

/// Mean absolute difference of pixels, in grey levels.
fn difference(one: &[u8], other: &[u8]) -> f64 {
    one.iter().zip(other).map(|(one, other)| f64::from(one.abs_diff(*other))).sum::<f64>() / one.len() as f64
}

#[test]
fn enlarged_and_photographed_digits_come_back() {
    let set = gradbook_data::mnist_test().unwrap();
    let (mut clean, mut photo) = (0.0, 0.0);
    for sample in 0..40 {
        let picture = enlarged(set.image(sample), sample as u64);
        let image = prepare(&picture, SIDE, SIDE).unwrap();
        assert_eq!(image, prepare(&negative(&picture), SIDE, SIDE).unwrap(), "light on dark, sample {sample}");
        clean += difference(&image, set.image(sample)) / 40.0;
        let photographed = photographed(&picture, sample as u64);
        photo += difference(&prepare(&photographed, SIDE, SIDE).unwrap(), set.image(sample)) / 40.0;
    }
    // What MNIST's rounding to whole pixels costs: a shift by half a pixel changes these images by 10 to 20.
    assert!(clean < 9.0 && photo < 11.0, "{clean} {photo}");
}

/// A picture of 500 x 500, black where `is_ink` (row, column) says.
fn drawn(is_ink: impl Fn(usize, usize) -> bool) -> Picture {
    let pixels = (0..500 * 500).map(|at| if is_ink(at / 500, at % 500) { 0 } else { 255 }).collect();
    Picture { height: 500, width: 500, pixels }
}

/// (first, last) row with ink of 128 or more, and column.
fn extent(image: &[u8], width: usize) -> [(usize, usize); 2] {
    let ink = || image.iter().enumerate().filter(|(_, ink)| **ink >= 128).map(|(at, _)| (at / width, at % width));
    let ends = |positions: Vec<usize>| (*positions.iter().min().unwrap(), *positions.iter().max().unwrap());
    [ends(ink().map(|at| at.0).collect()), ends(ink().map(|at| at.1).collect())]
}

#[test]
fn strokes_of_any_breadth_fill_the_box() {
    // One pixel broad: faint after scaling, until the contrast is stretched.
    let thin = prepare(&drawn(|row, column| column == 250 && (100..400).contains(&row)), 28, 28).unwrap();
    assert_eq!(extent(&thin, 28)[0], (4, 24), "4.5 to 24.5: the outermost are covered by half");
    assert_eq!(thin.iter().max(), Some(&255));
    // Half of the picture, up to its border.
    let thick = prepare(&drawn(|row, column| row >= 125 && (125..375).contains(&column)), 28, 28).unwrap();
    let full = thick.iter().filter(|&&ink| ink == 255).count();
    assert!((19 * 12..=20 * 14).contains(&full), "{full} pixels of 20 x 13.3 are covered fully");
    // Specks are no part of a digit, and far parts of one are.
    let specks = |row: usize, column: usize| row % 100 == 7 && column % 90 == 7;
    let bar = |row: usize, column: usize| (200..220).contains(&row) && (150..350).contains(&column);
    let dot = |row: usize, column: usize| (330..340).contains(&row) && (240..250).contains(&column);
    let image = |picture: &Picture| prepare(picture, 28, 28).unwrap();
    let with_specks = drawn(|row, column| bar(row, column) || dot(row, column) || specks(row, column));
    assert_eq!(image(&with_specks), image(&drawn(|row, column| bar(row, column) || dot(row, column))));
    assert_ne!(image(&with_specks), image(&drawn(bar)));
    // Another input: 20/28 of its height or of its width, 8.5 to 48.5.
    let wide = prepare(&drawn(bar), 28, 56).unwrap();
    assert_eq!((wide.len(), extent(&wide, 56)[1]), (28 * 56, (8, 48)));
}

#[test]
fn where_nothing_stands_out_there_is_no_digit() {
    let mut generator = Stream::Lesson { list: 1 }.generator(1);
    let noise = (0..500 * 500).map(|_| 100 + generator.below(60) as u8).collect();
    assert!(prepare(&Picture { pixels: noise, ..drawn(|_, _| true) }, 28, 28).is_none());
    for (height, width, grey) in [(1, 1, 0), (28, 28, 255), (1, 5000, 128), (3, 2, 0)] {
        let picture = Picture { height, width, pixels: vec![grey; height * width] };
        assert!(prepare(&picture, 28, 28).is_none(), "{height} x {width}");
    }
    // Shapes that cannot be digits must at least do no harm.
    for (height, width) in [(1, 7), (2, 2), (3000, 1), (1, 100_000), (5, 4)] {
        let pixels = (0..height * width).map(|at| if at % 5 == 3 { 0 } else { 255 }).collect();
        prepare(&Picture { height, width, pixels }, 28, 28);
    }
}

/// `GRADBOOK_RUN=runs/best-seed1 cargo test --release -p gradbook accuracy_on_pictures -- --ignored --nocapture`
#[test]
#[ignore = "a measurement of minutes, for which GRADBOOK_RUN names a run folder"]
#[expect(clippy::print_stderr)]
fn accuracy_on_pictures() {
    let (source, run) = Source::find_run(&std::env::var("GRADBOOK_RUN").unwrap()).unwrap();
    let network = source.network().unwrap();
    let model = weights::read(&Path::new(&run.dir).join("model.safetensors"), &network).unwrap().model;
    let normalize = &source.train_spec().unwrap().normalize;
    let set = gradbook_data::mnist_test().unwrap();
    let correct = |set: &Dataset| evaluate(&network, normalize, &model, set, 2, Isa::best()).unwrap().correct;
    let prepared = |made: &dyn Fn(usize) -> Picture| {
        let images = (0..set.len()).flat_map(|sample| prepare(&made(sample), SIDE, SIDE).unwrap()).collect();
        Dataset { values: Values::Bytes(images), ..set.clone() }
    };
    let original = correct(&set);
    let pictures = correct(&prepared(&|sample| enlarged(set.image(sample), sample as u64)));
    let photo = |sample: usize| photographed(&enlarged(set.image(sample), sample as u64), sample as u64);
    let photos = correct(&prepared(&photo));
    eprintln!("of {}: {original} originals, {pictures} enlarged, {photos} photographed", set.len());
    assert!(pictures + set.len() * 3 / 1000 >= original, "the preparation costs more than 0.3 points");
}
