//! Random changes of training images: one affine map, sampled bilinearly, then brightness and contrast.
//!
//! All channels of an image are changed alike: by the same map, the same factors, and about the same grey.
//!
//! Angles and factors are computed in f64 with libm; from there on everything is integer arithmetic, so that the same
//! stream gives the same bytes on every machine.

use crate::data::{Dataset, Values};
use crate::rng::Generator;
use crate::shape::Shape;
use crate::spec::{AugmentSpec, SettingError};

/// Random changes of images of one size.
#[derive(Clone, Debug)]
pub struct Augment {
    spec: AugmentSpec,
    height: usize,
    width: usize,
}

/// An image inside zeros: the working memory of one thread that augments.
///
/// `[height + 3, stride]`, stride a power of two of at least `width + 2`, beginning at row -1 and column -1. Each entry
/// is a pixel and, 8 bits higher, its right neighbour, so that a point between pixels costs two loads instead of four.
#[derive(Clone, Debug)]
pub struct Scratch {
    pairs: Vec<u16>,
}

impl Augment {
    /// The changes described by `spec` for images of `height` x `width` pixels.
    ///
    /// # Errors
    /// Negative or too large ranges, scales outside of 0.1 ..= 10 or in the wrong order, a crop larger than the image,
    /// probabilities and factors outside of 0 ..= 1, images too large for the fixed-point coordinates.
    pub fn new(spec: &AugmentSpec, height: usize, width: usize) -> Result<Augment, SettingError> {
        let augment = Augment { spec: spec.clone(), height, width };
        augment.check()?;
        Ok(augment)
    }

    /// The changes described by `spec` for the samples of `set`; `None` if there are none.
    ///
    /// # Errors
    /// Those of [`Augment::new`], and changes to anything but images of bytes.
    pub(crate) fn of_set(spec: &AugmentSpec, set: &Dataset) -> Result<Option<Augment>, SettingError> {
        let fix = "random changes are made to images of bytes, and this data set has none: leave [train.augment] out";
        let (Values::Bytes(_), Shape::Map { height, width, .. }) = (&set.values, set.shape) else {
            SettingError::unless(spec.is_identity(), "train.augment", spec, fix)?;
            return Ok(None);
        };
        Ok(Some(Augment::new(spec, height, width)?).filter(|augment| !augment.is_identity()))
    }

    /// Whether every image stays unchanged.
    pub fn is_identity(&self) -> bool {
        self.spec.is_identity()
    }

    /// The working memory of [`apply`](Augment::apply), to be reused for every image.
    pub fn scratch(&self) -> Scratch {
        Scratch { pairs: vec![0; (self.height + 3) << stride_bits(self.width)] }
    }

    /// Overwrites `target` with a randomly changed `source`, both `[channels, height, width]`.
    ///
    /// The same draws apply to all channels. Contrast changes distances from the image's mean grey, as in torchvision:
    /// three channels count as red, green and blue; for any other number of channels, it is the mean of all of them.
    ///
    /// Always draws the same count of random numbers, whatever is switched on, so adding one kind of change to a
    /// description does not affect the draws of the others.
    ///
    /// # Panics
    /// If `source` and `target` differ in length or are not whole images, or `scratch` has the wrong size.
    pub fn apply(&self, source: &[u8], generator: &mut Generator, scratch: &mut Scratch, target: &mut [u8]) {
        let AugmentSpec { rotation_degrees, shift_pixels, scale, centre_crop, brightness, contrast, .. } = &self.spec;
        let mut within = |range: f64| generator.uniform_in(-range, range);
        let degrees = within(*rotation_degrees);
        let shift = [within(*shift_pixels), within(*shift_pixels)];
        let brightness_factor = 1.0 + within(*brightness);
        let contrast_factor = 1.0 + within(*contrast);
        let scale = generator.uniform_in(scale[0], scale[1]);
        let crop_draw = generator.uniform();
        let crop = centre_crop.as_ref().filter(|crop| crop_draw < crop.p).map(|crop| crop.size);

        let map = Affine::new(self.height, self.width, degrees, scale, shift, crop);
        assert_eq!(source.len(), target.len(), "values of source and target");
        let pixels = self.height * self.width;
        for (source, target) in source.chunks(pixels).zip(target.chunks_mut(pixels)) {
            map.sample(source, scratch, target);
        }
        if *brightness > 0.0 {
            blend(0, brightness_factor, target);
        }
        if *contrast > 0.0 {
            blend(mean_grey(target, pixels), contrast_factor, target);
        }
    }

    /// Refuses numbers for which the formulas below do not hold.
    fn check(&self) -> Result<(), SettingError> {
        let AugmentSpec { rotation_degrees, shift_pixels, scale, centre_crop, brightness, contrast, .. } = &self.spec;
        let (shortest, longest) = (self.height.min(self.width), self.height.max(self.width));

        let fix = "write an angle from 0 to 180: images turn by up to so many degrees to either side";
        let fits = (0.0..=180.0).contains(rotation_degrees);
        SettingError::unless(fits, "train.augment.rotation_degrees", rotation_degrees, fix)?;

        let fix = format!("write a number of pixels from 0 to {longest}, the longer side of the images");
        let fits = (0.0..=longest as f64).contains(shift_pixels);
        SettingError::unless(fits, "train.augment.shift_pixels", shift_pixels, fix)?;

        let [lo, hi] = *scale;
        let fix = "write the smaller factor first, both from 0.1 to 10: [0.9, 1.1]";
        SettingError::unless(0.1 <= lo && lo <= hi && hi <= 10.0, "train.augment.scale", scale, fix)?;

        // Points lie up to ½ + √2 (½ + 1) / 0.1 < 22 sides from the first pixel, and 15 binary digits hold 32,767.
        let fix = "random changes are made for images of at most 1024 pixels a side: leave [train.augment] out";
        let fits = self.is_identity() || (shortest >= 1 && longest <= 1024);
        SettingError::unless(fits, "input", [self.height, self.width], fix)?;

        if let Some(crop) = centre_crop {
            let fix = format!("write a size from 1 to {shortest}, the shorter side of the images");
            SettingError::unless(
                (1..=shortest).contains(&crop.size),
                "train.augment.centre_crop.size",
                crop.size,
                fix,
            )?;
            let fits = (0.0..=1.0).contains(&crop.p);
            SettingError::unless(fits, "train.augment.centre_crop.p", crop.p, "write a probability from 0 to 1")?;
        }
        for (key, range) in [("train.augment.brightness", brightness), ("train.augment.contrast", contrast)] {
            let fix = "write a number from 0 to 1: factors lie between 1 minus and 1 plus this";
            SettingError::unless((0.0..=1.0).contains(range), key, range, fix)?;
        }
        Ok(())
    }
}

/// Binary digits after the point in coordinates.
const FRACTION: u32 = 16;
/// 1 in fixed point.
const ONE: i32 = 1 << FRACTION;

/// A map from target to source pixels, in fixed point.
///
/// ```text
/// u = u₀ + u_x x + u_y y      (column in the source, plus 1 for the border)
/// v = v₀ + v_x x + v_y y      (row in the source, plus 1)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Affine {
    height: usize,
    width: usize,
    /// `[u₀, u_x, u_y]`.
    u: [i32; 3],
    /// `[v₀, v_x, v_y]`.
    v: [i32; 3],
}

impl Affine {
    /// The inverse of: take the centre crop and zoom it to full size, enlarge, rotate, shift by `[x, y]` pixels.
    ///
    /// ```text
    /// source - c = Z R(-θ) (target - c - shift) / scale
    /// ```
    ///
    /// `c = ((width - 1) / 2, (height - 1) / 2)`; Z is diagonal, crop / width and crop / height.
    fn new(height: usize, width: usize, degrees: f64, scale: f64, shift: [f64; 2], crop: Option<usize>) -> Affine {
        let angle = degrees.to_radians();
        let (sin, cos) = libm::sincos(angle);
        let [zoom_x, zoom_y] = [width, height].map(|size| crop.map_or(1.0, |crop| crop as f64 / size as f64));
        let [centre_x, centre_y] = [width, height].map(|size| (size as f64 - 1.0) / 2.0);
        let row = |along_x: f64, along_y: f64, centre: f64| {
            let origin = centre + 1.0 - along_x * (centre_x + shift[0]) - along_y * (centre_y + shift[1]);
            [origin, along_x, along_y].map(|x| libm::rint(x * f64::from(ONE)) as i32)
        };
        Affine {
            height,
            width,
            u: row(cos / scale * zoom_x, sin / scale * zoom_x, centre_x),
            v: row(-sin / scale * zoom_y, cos / scale * zoom_y, centre_y),
        }
    }

    /// Overwrites `target` with `source` as seen through the map.
    ///
    /// ```text
    /// for each target pixel: u, v rounded to 1/256 pixel, clamped to the zero border
    ///     top    = (1 - du) source[v][u]     + du source[v][u + 1]
    ///     bottom = (1 - du) source[v + 1][u] + du source[v + 1][u + 1]
    ///     target = (1 - dv) top + dv bottom, rounded
    /// ```
    ///
    /// Clamping moves a point beyond the border onto it, where all four neighbours are 0, so no special case is needed.
    /// Coordinates and weights are calculated in blocks of fixed length, which the compiler vectorises; only the
    /// loads in between are done one by one.
    fn sample(&self, source: &[u8], scratch: &mut Scratch, target: &mut [u8]) {
        /// Two blocks fit rows of up to 32 pixels with little waste.
        const BLOCK: usize = 16;
        /// Half of the last digit that the weights keep; adding it makes truncation round.
        const HALF: i32 = 1 << (FRACTION - 9);

        let Affine { height, width, u, v } = *self;
        assert_eq!(source.len(), height * width, "source pixels");
        assert_eq!(target.len(), height * width, "target pixels");
        if u == [ONE, ONE, 0] && v == [ONE, 0, ONE] {
            target.copy_from_slice(source);
            return;
        }
        let stride_bits = stride_bits(width);
        let pairs = &mut scratch.pairs[..];
        assert_eq!(pairs.len(), (height + 3) << stride_bits, "scratch of another image size");
        fill_pairs(source, width, pairs);

        let (last_u, last_v) = ((width as i32 + 1) << FRACTION, (height as i32 + 1) << FRACTION);
        let ahead_u: [i32; BLOCK] = std::array::from_fn(|i| u[1] * i as i32);
        let ahead_v: [i32; BLOCK] = std::array::from_fn(|i| v[1] * i as i32);
        let (mut corner, mut du, mut dv) = ([0; BLOCK], [0u16; BLOCK], [0u16; BLOCK]);
        let (mut upper, mut lower, mut mixed) = ([0u16; BLOCK], [0u16; BLOCK], [0u8; BLOCK]);
        for (y, row) in target.chunks_exact_mut(width).enumerate() {
            let mut at_u = u[0] + u[2] * y as i32 + HALF;
            let mut at_v = v[0] + v[2] * y as i32 + HALF;
            for pixels in row.chunks_mut(BLOCK) {
                for i in 0..BLOCK {
                    let u = (at_u + ahead_u[i]).clamp(0, last_u);
                    let v = (at_v + ahead_v[i]).clamp(0, last_v);
                    du[i] = (u >> (FRACTION - 8)) as u16 & 255;
                    dv[i] = (v >> (FRACTION - 8)) as u16 & 255;
                    corner[i] = ((v >> FRACTION) << stride_bits) + (u >> FRACTION);
                }
                for i in 0..BLOCK {
                    upper[i] = pairs[corner[i] as usize];
                    lower[i] = pairs[corner[i] as usize + (1 << stride_bits)];
                }
                for i in 0..BLOCK {
                    let top = ((upper[i] & 255) * (256 - du[i]) + (upper[i] >> 8) * du[i] + 128) >> 8;
                    let bottom = ((lower[i] & 255) * (256 - du[i]) + (lower[i] >> 8) * du[i] + 128) >> 8;
                    mixed[i] = ((top * (256 - dv[i]) + bottom * dv[i] + 128) >> 8) as u8;
                }
                pixels.copy_from_slice(&mixed[..pixels.len()]);
                at_u += u[1] * BLOCK as i32;
                at_v += v[1] * BLOCK as i32;
            }
        }
    }
}

/// The binary logarithm of the row length of [`Scratch`]: room for the image and a column of zeros on each side.
fn stride_bits(width: usize) -> u32 {
    (width + 2).next_power_of_two().trailing_zeros()
}

/// Overwrites the inside of [`Scratch`] with an image, `[height, width]`; the zeros around it stay.
fn fill_pairs(source: &[u8], width: usize, pairs: &mut [u16]) {
    let stride = 1 << stride_bits(width);
    for (row, line) in source.chunks_exact(width).zip(pairs[stride..].chunks_exact_mut(stride)) {
        line[0] = u16::from(row[0]) << 8;
        for ((pair, &pixel), &right) in line[1..].iter_mut().zip(row).zip(&row[1..]) {
            *pair = u16::from(pixel) | u16::from(right) << 8;
        }
        line[width] = u16::from(row[width - 1]);
    }
}

/// Multiplies distances from `anchor` in place.
///
/// ```text
/// x = clamp(anchor + factor (x - anchor))
/// ```
///
/// `factor`, from 0 to 2, is rounded to 1/4096, the result to a whole number; all numbers fit into 16 bits, with 3
/// binary digits after the point. With anchor 0 this is torchvision's `adjust_brightness`, with the rounded mean grey
/// of the image its `adjust_contrast`, except that torchvision truncates the result instead of rounding it.
fn blend(anchor: u8, factor: f64, image: &mut [u8]) {
    let anchor = i16::from(anchor);
    let factor = libm::rint(factor * 4096.0) as i16;
    for pixel in image {
        let distance = (i16::from(*pixel) - anchor) * 128;
        let scaled = ((i32::from(distance) * i32::from(factor)) >> 16) as i16;
        *pixel = ((anchor * 8 + scaled + 4) >> 3).clamp(0, 255) as u8;
    }
}

/// Shares of red, green and blue in the grey of a colour, in 1/10,000: those of ITU-R BT.601, as torchvision has them.
const GREY_SHARES: [u64; 3] = [2989, 5870, 1140];

/// The mean grey of an image whose channels have so many pixels, rounded.
fn mean_grey(image: &[u8], pixels: usize) -> u8 {
    let sum = |channel: &[u8]| channel.iter().map(|&pixel| u64::from(pixel)).sum::<u64>();
    let (sum, count) = if image.len() == 3 * pixels {
        let sums = image.chunks(pixels).map(sum);
        (sums.zip(GREY_SHARES).map(|(sum, share)| sum * share).sum(), 10_000 * pixels as u64)
    } else {
        (sum(image), image.len() as u64)
    };
    ((sum + count / 2) / count) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    /// `image` seen through a map.
    fn seen(map: Affine, image: &[u8]) -> Vec<u8> {
        let mut scratch = Augment::new(&AugmentSpec::default(), map.height, map.width).unwrap().scratch();
        let mut target = vec![99; image.len()];
        map.sample(image, &mut scratch, &mut target);
        target
    }

    /// A filled disc around a point, with a soft edge, in an image of 28 x 28.
    fn disc(centre_x: f64, centre_y: f64, radius: f64) -> Vec<u8> {
        let pixel = |i: usize| {
            let distance = libm::hypot((i % 28) as f64 - centre_x, (i / 28) as f64 - centre_y);
            ((radius + 0.5 - distance) * 255.0).clamp(0.0, 255.0) as u8
        };
        (0..28 * 28).map(pixel).collect()
    }

    fn total(image: &[u8]) -> f64 {
        image.iter().map(|&pixel| f64::from(pixel)).sum()
    }

    #[test]
    fn quarter_turns_move_pixels_exactly() {
        let image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        let turned = |degrees| seen(Affine::new(3, 3, degrees, 1.0, [0.0; 2], None), &image);
        assert_eq!(turned(90.0), [7, 4, 1, 8, 5, 2, 9, 6, 3]);
        assert_eq!(turned(180.0), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
        // Also about the centre of an even number of pixels, which lies between pixels.
        let quarter = Affine::new(2, 2, 90.0, 1.0, [0.0; 2], None);
        assert_eq!(seen(quarter, &[10, 20, 30, 40]), [30, 10, 40, 20]);
    }

    #[test]
    fn shifts_move_pixels_and_leave_zeros() {
        let image = [1, 2, 3, 4, 5, 6];
        let shifted = |x, y| seen(Affine::new(2, 3, 0.0, 1.0, [x, y], None), &image);
        assert_eq!(shifted(1.0, 0.0), [0, 1, 2, 0, 4, 5]);
        assert_eq!(shifted(-2.0, 1.0), [0, 0, 0, 3, 0, 0]);
        // Half a pixel: means of neighbours, rounded up from .5, half of the last pixel lost at the edge.
        assert_eq!(shifted(0.5, 0.0), [1, 2, 3, 2, 5, 6]);
    }

    #[test]
    fn a_scale_of_two_and_a_crop_of_half_the_size_double_a_disc() {
        let small = disc(13.5, 13.5, 4.0);
        let large = disc(13.5, 13.5, 8.0);
        for map in [Affine::new(28, 28, 0.0, 2.0, [0.0; 2], None), Affine::new(28, 28, 0.0, 1.0, [0.0; 2], Some(14))] {
            let enlarged = seen(map, &small);
            assert!((total(&enlarged) / total(&small) - 4.0).abs() < 0.1);
            // The enlarged edge is softer: at most half the range of greys.
            assert!(enlarged.iter().zip(&large).all(|(&a, &b)| a.abs_diff(b) < 128));
        }
    }

    #[test]
    fn small_rotations_keep_the_sum_of_the_pixels() {
        let image = disc(17.0, 11.0, 5.0);
        for degrees in [-15.0, -3.3, 0.7, 10.0] {
            let turned = seen(Affine::new(28, 28, degrees, 1.0, [0.0; 2], None), &image);
            assert!((total(&turned) / total(&image) - 1.0).abs() < 0.005, "{degrees}: {}", total(&turned));
        }
    }

    #[test]
    fn the_largest_images_and_ranges_stay_within_32_bits() {
        for degrees in [-135.0, 45.0, 180.0] {
            let map = Affine::new(1024, 1024, degrees, 0.1, [-1024.0, 1024.0], None);
            assert_eq!(total(&seen(map, &vec![255; 1024 * 1024])), 0.0);
        }
    }

    #[test]
    fn brightness_and_contrast_scale_distances_from_black_and_from_the_mean() {
        let mut image = [0, 50, 100, 250];
        blend(0, 1.2, &mut image);
        assert_eq!(image, [0, 60, 120, 255]);
        assert_eq!(mean_grey(&image, 4), 109);
        blend(109, 0.5, &mut image);
        assert_eq!(image, [55, 85, 115, 182]);
        blend(109, 2.0, &mut image);
        assert_eq!(image, [1, 61, 121, 255]);
        // 0.2989 100 + 0.587 200 + 0.114 50 = 152.99; of two channels, their mean.
        assert_eq!(mean_grey(&[100, 100, 200, 200, 50, 50], 2), 153);
        assert_eq!(mean_grey(&[100, 100, 200, 201], 2), 150);
    }

    #[test]
    fn all_channels_of_an_image_are_changed_alike() {
        let spec = AugmentSpec { rotation_degrees: 30.0, shift_pixels: 3.0, brightness: 0.5, ..AugmentSpec::default() };
        let augment = Augment::new(&spec, 28, 28).unwrap();
        let changed = |image: &[u8]| {
            let mut target = vec![0; image.len()];
            let mut generator = Stream::Augment { epoch: 1, sample: 2 }.generator(3);
            augment.apply(image, &mut generator, &mut augment.scratch(), &mut target);
            target
        };
        let planes = [disc(17.0, 11.0, 5.0), disc(6.0, 20.0, 3.0), disc(13.5, 13.5, 9.0)];
        let alone: Vec<Vec<u8>> = planes.iter().map(|plane| changed(plane)).collect();
        assert_eq!(changed(&planes.concat()), alone.concat());
        // About one grey: what is black in all channels stays so in all.
        let spec = AugmentSpec { contrast: 1.0, ..AugmentSpec::default() };
        let augment = Augment::new(&spec, 1, 2).unwrap();
        let mut target = [0; 6];
        let mut generator = Stream::Augment { epoch: 1, sample: 2 }.generator(3);
        augment.apply(&[10, 60, 10, 80, 10, 20], &mut generator, &mut augment.scratch(), &mut target);
        assert!(target[0] == target[2] && target[2] == target[4] && target != [10, 60, 10, 80, 10, 20], "{target:?}");
    }
}
