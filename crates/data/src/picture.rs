//! A picture of a digit, prepared as the images of MNIST were: white on black, its bounding box scaled to 20 x 20
//! pixels, its centre of mass in the centre of 28 x 28. Pixels in, pixels out; [`read`] and [`parse`] read files.
//!
//! Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits". Its digits were clean black and white;
//! digits in photographs have to be found first:
//!
//! 1. The background is a smooth surface through the border of the picture, which allows for uneven light.
//! 2. Ink is what differs from it, either darker or lighter, whichever is stronger.
//! 3. Otsu's threshold separates ink from background; what is connected to ink belongs to it, and specks do not.

mod file;
mod format;
mod grey;
mod ink;
mod jpeg;
mod limit;
mod orientation;
mod png;
mod pnm;

pub use file::{Content, Largest, parse, read};
pub use format::Format;
use ink::Ink;

/// A picture in grey levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
    /// `[height, width]`, 0 black to 255 white.
    pub pixels: Vec<u8>,
}

/// Longest side at which a digit is looked for; larger pictures are reduced to it first.
const LONGEST_SIDE: usize = 1000;

/// MNIST's digits take 20 of 28 pixels.
const BOX_SHARE: f64 = 20.0 / 28.0;

/// The digit in `picture` as an image of `height` x `width` pixels, 0 background to 255 ink: scaled by area averaging
/// so that its bounding box fits 20/28 of the height and of the width, with its centre of mass in the middle of pixel
/// (height / 2, width / 2), or as close to it as the box allows; the median of its strokes is 255.
///
/// In MNIST itself the centre of mass, measured on the 10,000 test images, is at 14.5 ± 0.5 pixels, which is the middle
/// of pixel 14; pixels of the strokes, half as bright as the brightest or brighter, have a median of 247.
///
/// `None` if nothing stands out from the background.
pub fn prepare(picture: &Picture, height: usize, width: usize) -> Option<Vec<u8>> {
    let reduction = (LONGEST_SIDE as f64 / picture.height.max(picture.width) as f64).min(1.0);
    let reduced = |side: usize| ((side as f64 * reduction).round() as usize).max(1);
    let [rows, columns] = [(picture.height, reduced(picture.height)), (picture.width, reduced(picture.width))]
        .map(|(side, count)| windows(count, 0.0, side as f64 / count as f64, side));
    let ink = Ink::find(&resample(&picture.pixels, &rows, &columns, picture.width), rows.len(), columns.len())?;

    let [(top, bottom), (left, right)] = ink.bounds;
    // Source pixels per pixel of the image.
    let pitch = f64::max((bottom - top) / (BOX_SHARE * height as f64), (right - left) / (BOX_SHARE * width as f64));
    let start = |count: usize, centre: f64, (low, high): (f64, f64)| {
        let start = centre - ((count / 2) as f64 + 0.5) * pitch;
        start.clamp(high - count as f64 * pitch, low)
    };
    let rows = windows(height, start(height, ink.centre[0], ink.bounds[0]), pitch, ink.height);
    let columns = windows(width, start(width, ink.centre[1], ink.bounds[1]), pitch, ink.width);
    let image = resample(&ink.values, &rows, &columns, ink.width);

    let brightest = image.iter().copied().fold(0.0, f32::max);
    let mut strokes: Vec<f32> = image.iter().copied().filter(|&value| value >= brightest / 2.0).collect();
    let middle = strokes.len() / 2;
    let (_, &mut white, _) = strokes.select_nth_unstable_by(middle, f32::total_cmp);
    // The conversion saturates at 255.
    Some(image.iter().map(|value| (255.0 * value / white).round() as u8).collect())
}

/// The source pixels that make up an output pixel: the first of them, and the weight of each. Weights add up to 1;
/// pixels beyond the source, which are 0, are left out.
struct Window {
    first: usize,
    weights: Vec<f32>,
}

/// Output pixel `i` of `count` covers `start + i pitch` to `start + (i + 1) pitch` of a row of `len` source pixels.
/// Shrinking (`pitch` of 1 or more) averages over that range; enlarging interpolates linearly at its centre.
fn windows(count: usize, start: f64, pitch: f64, len: usize) -> Vec<Window> {
    let window = |index: usize| {
        let (low, high) = (start + index as f64 * pitch, start + (index + 1) as f64 * pitch);
        let centre = (low + high) / 2.0;
        let (reach_low, reach_high) = if pitch < 1.0 { (centre - 1.0, centre + 1.0) } else { (low, high) };
        let first = (reach_low.floor().max(0.0) as usize).min(len);
        let end = (reach_high.ceil().max(0.0) as usize).min(len);
        let weight = |pixel: usize| {
            let pixel = pixel as f64;
            if pitch < 1.0 {
                // A triangle of width 2 around the centre, read at the pixel's centre.
                (1.0 - (pixel + 0.5 - centre).abs()).max(0.0) as f32
            } else {
                ((high.min(pixel + 1.0) - low.max(pixel)).max(0.0) / pitch) as f32
            }
        };
        Window { first, weights: (first..end).map(weight).collect() }
    };
    (0..count).map(window).collect()
}

/// Weighted means of `pixels` (`[any, width]`): `[rows, columns]`.
fn resample<T: Copy + Into<f32>>(pixels: &[T], rows: &[Window], columns: &[Window], width: usize) -> Vec<f32> {
    let mut image = Vec::with_capacity(rows.len() * columns.len());
    let mut sums = vec![0.0; width];
    for Window { first, weights } in rows {
        sums.fill(0.0);
        for (weight, row) in weights.iter().zip(pixels[first * width..].chunks(width)) {
            for (sum, &pixel) in sums.iter_mut().zip(row) {
                *sum += weight * pixel.into();
            }
        }
        image.extend(columns.iter().map(|Window { first, weights }| {
            weights.iter().zip(&sums[*first..]).map(|(weight, sum)| weight * sum).sum::<f32>()
        }));
    }
    image
}
