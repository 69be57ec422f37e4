//! Small pictures inside of a page: PNG files as `data:` addresses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use png::{BitDepth, ColorType, Encoder};

/// Colours of -1, -2/3, -1/3, 0, 1/3, 2/3 and 1: from blue over white to orange, which colour-blind people tell apart;
/// both ends are dark, so that they differ from 0 in grey, too.
/// Source: Cynthia Brewer's schemes RdBu (its blue half) and PuOr (its orange half), colorbrewer2.org.
const DIVERGING: [[f64; 3]; 7] = [
    [5.0, 48.0, 97.0],
    [67.0, 147.0, 195.0],
    [209.0, 229.0, 240.0],
    [255.0, 255.0, 255.0],
    [254.0, 224.0, 182.0],
    [224.0, 130.0, 20.0],
    [127.0, 59.0, 8.0],
];

/// Grey pixels, `[height, width]`, 0 black to 255 white.
pub(crate) fn grey(pixels: &[u8], height: usize, width: usize) -> String {
    address(ColorType::Grayscale, pixels, height, width)
}

/// Real numbers, `[height, width]`, from -`largest` to `largest` on a scale from blue over white to orange; what is not
/// finite is black.
pub(crate) fn diverging(values: &[f64], largest: f64, height: usize, width: usize) -> String {
    let pixels: Vec<u8> = values.iter().flat_map(|&value| colour(value, largest)).collect();
    address(ColorType::Rgb, &pixels, height, width)
}

fn colour(value: f64, largest: f64) -> [u8; 3] {
    if !value.is_finite() {
        return [0; 3];
    }
    let share = if largest > 0.0 { (value / largest).clamp(-1.0, 1.0) } else { 0.0 };
    let place = 3.0 * (share + 1.0);
    let below = (place.floor() as usize).min(DIVERGING.len() - 2);
    let (from, to) = (DIVERGING[below], DIVERGING[below + 1]);
    std::array::from_fn(|c| (from[c] + (to[c] - from[c]) * (place - below as f64)).round() as u8)
}

/// # Panics
/// If the pixels are not those of such a picture.
fn address(colours: ColorType, pixels: &[u8], height: usize, width: usize) -> String {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(colours);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a picture has pixels");
    writer.write_image_data(pixels).expect("as many bytes as the picture has");
    writer.finish().expect("memory takes all bytes");
    format!("data:image/png;base64,{}", STANDARD.encode(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_white_at_zero_and_ends_in_blue_and_orange() {
        let colours = [-2.0, -1.0, 0.0, 0.5, 1.0].map(|value| colour(value, 1.0));
        assert_eq!(colours, [[5, 48, 97], [5, 48, 97], [255; 3], [239, 177, 101], [127, 59, 8]]);
        assert_eq!((colour(f64::NAN, 1.0), colour(0.0, 0.0)), ([0; 3], [255; 3]));
    }
}
