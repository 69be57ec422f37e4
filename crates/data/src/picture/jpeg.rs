//! JPEG, decoded by the crate `zune-jpeg`.

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::Picture;
use super::format::Format;
use super::grey::{Pixels, grey};
use super::limit::Limit;
use super::orientation::Orientation;
use crate::Error;

pub(super) fn decode(bytes: &[u8], limit: Limit<'_>) -> Result<Picture, Error> {
    let damaged = |error: DecodeErrors| limit.damaged(Format::Jpeg, Some(error.into()));
    let options = DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| limit.damaged(Format::Jpeg, None))?;
    limit.check(width, height)?;
    if !has_end(bytes) {
        return Err(limit.damaged(Format::Jpeg, None));
    }
    let orientation = decoder.exif().map_or(Orientation::default(), |exif| Orientation::of_exif(exif));
    let (colours, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let samples = decoder.decode().map_err(damaged)?;
    let pixels = Pixels { width, height, channels };
    if samples.len() != width * height * channels {
        return Err(limit.damaged(Format::Jpeg, None));
    }
    Ok(orientation.apply(grey(&samples, 255.0, pixels)))
}

/// Whether the end of a JPEG file is there; the decoder would fill in grey what is missing.
///
/// The segments before the first scan have lengths, and can contain a small picture with an end of its own; behind it,
/// the end's marker stands nowhere else.
fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            // Start of a scan.
            0xda => return bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]),
            // A byte to fill up.
            0xff => at += 1,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    false
}
