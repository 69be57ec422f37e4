//! PNG, decoded by the crate `png`.

use std::io::Cursor;

use png::{BitDepth, Decoder, Limits, Transformations};

use super::Picture;
use super::format::Format;
use super::grey::{Pixels, grey};
use super::limit::Limit;
use super::orientation::Orientation;
use crate::Error;

/// Memory of the decoder beside the picture: RGBA in 16 bits each, and as much again.
const BYTES_PER_PIXEL: u64 = 16;

pub(super) fn decode(bytes: &[u8], limit: Limit<'_>) -> Result<Picture, Error> {
    let damaged = |error: png::DecodingError| limit.damaged(Format::Png, Some(error.into()));
    let bytes_of_decoder = usize::try_from(BYTES_PER_PIXEL.saturating_mul(limit.max_pixels)).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: bytes_of_decoder });
    // Neither words nor colour management: both may be packed, and large.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes and fewer than 8 bits become bytes.
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    limit.check(width, height)?;
    let orientation = reader.info().exif_metadata.as_deref().map_or(Orientation::default(), Orientation::of_exif);

    let (colours, depth) = reader.output_color_type();
    let size = reader.output_buffer_size().ok_or_else(|| limit.damaged(Format::Png, None))?;
    let mut samples = vec![0; size];
    reader.next_frame(&mut samples).map_err(damaged)?;
    let pixels = Pixels { width, height, channels: colours.samples() };
    let picture = if depth == BitDepth::Sixteen {
        let words: Vec<u16> = samples.as_chunks().0.iter().map(|&word| u16::from_be_bytes(word)).collect();
        grey(&words, 65_535.0, pixels)
    } else {
        grey(&samples, 255.0, pixels)
    };
    Ok(orientation.apply(picture))
}
