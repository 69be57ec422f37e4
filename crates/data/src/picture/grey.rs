//! From the samples of a file to grey.

use super::Picture;

/// The size of a picture, and what a pixel consists of.
#[derive(Clone, Copy)]
pub(super) struct Pixels {
    pub(super) width: usize,
    pub(super) height: usize,
    /// 1 grey, 2 grey and alpha, 3 red, green and blue, 4 those and alpha.
    pub(super) channels: usize,
}

/// Shares of red, green and blue in the luma of Rec. 709, whose colours are sRGB's: the lightness of its primaries beside
/// its white, D65, which the recommendation rounds to 0.2126, 0.7152 and 0.0722.
const LUMA: [f32; 3] = [0.212_647_84, 0.715_179_2, 0.072_173_04];

/// The luma of the stored values, on white where the picture is transparent. `samples` are `[height, width, channels]`,
/// from 0 to `T`'s largest value.
pub(super) fn grey<T: Copy + Into<f32>>(samples: &[T], largest: f32, pixels: Pixels) -> Picture {
    let Pixels { width, height, channels } = pixels;
    assert_eq!(samples.len(), width * height * channels, "samples of {width} x {height} pixels");
    let scaled = |sample: T| sample.into() * (1.0 / largest);
    let byte = |value: f32| (value * 255.0).round() as u8;
    let luma =
        |colour: &[T]| byte(colour.iter().zip(LUMA).fold(0.0, |sum, (&sample, share)| sum + scaled(sample) * share));
    let pixels = match channels {
        1 => samples.iter().map(|&sample| byte(scaled(sample))).collect(),
        2 => samples.chunks_exact(2).map(|pixel| on_white(byte(scaled(pixel[0])), byte(scaled(pixel[1])))).collect(),
        3 => samples.chunks_exact(3).map(luma).collect(),
        _ => samples.chunks_exact(4).map(|pixel| on_white(luma(&pixel[..3]), byte(scaled(pixel[3])))).collect(),
    };
    Picture { height, width, pixels }
}

/// Luma is linear, so it may be composited in place of the colours.
fn on_white(luma: u8, alpha: u8) -> u8 {
    let (luma, alpha) = (u32::from(luma), u32::from(alpha));
    ((luma * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_their_luma_and_what_is_transparent_white() {
        let pixels = |channels| Pixels { width: 2, height: 1, channels };
        let bytes = |samples: &[u8], channels| grey(samples, 255.0, pixels(channels)).pixels;
        assert_eq!(bytes(&[0, 200], 1), [0, 200]);
        assert_eq!(bytes(&[100, 255, 100, 0], 2), [100, 255]);
        // 0.2126 255 = 54.2, 0.7152 255 = 182.4.
        assert_eq!(bytes(&[255, 0, 0, 0, 255, 0], 3), [54, 182]);
        // Half of the red and half of white.
        assert_eq!(bytes(&[255, 0, 0, 128, 9, 9, 9, 0], 4), [154, 255]);
        let words = grey(&[65_535u16, 0, 0, 0, 65_535, 0], 65_535.0, pixels(3));
        assert_eq!(words.pixels, [54, 182]);
    }
}
