//! Pictures in files: PNG, JPEG, PBM, PGM, PPM and IDX, each also packed by gzip. What a file is, its content says.

use std::io::{Cursor, Read};
use std::path::Path;

use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;
use gradbook_data::idx::{self, Images};
use gradbook_run::files;
use gradbook_run::words::thousands;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::Picture;

/// What is too large to be read.
#[derive(Clone, Copy)]
pub(crate) struct Largest {
    /// Of a file, packed or not.
    pub(crate) bytes: u64,
    /// Of a picture.
    pub(crate) pixels: u64,
}

/// The training images of MNIST are 47 MB; no camera's usual setting gives more pixels.
const LARGEST: Largest = Largest { bytes: 1 << 30, pixels: 64_000_000 };

/// Of the memory for reading a picture: RGBA in 16 bits each, and as much again.
const DECODER_BYTES_PER_PIXEL: u64 = 16;

const READABLE: &str = "PNG, JPEG, PBM, PGM, PPM and IDX images can be read; convert it to PNG";

/// The content of a file.
pub(crate) enum Content {
    One(Picture),
    Idx(Images),
}

/// Reads a file.
///
/// # Errors
/// If it cannot be read, is of another kind, damaged, or too large.
pub(crate) fn read(path: &Path) -> anyhow::Result<Content> {
    parse(&path.display().to_string(), files::read(path, LARGEST.bytes)?, LARGEST)
}

/// Reads the bytes of a file, which `file` names in errors.
///
/// # Errors
/// If it is of another kind, damaged, or too large.
pub(crate) fn parse(file: &str, mut bytes: Vec<u8>, largest: Largest) -> anyhow::Result<Content> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        bytes = unpack(file, &bytes, largest.bytes)?;
    }
    match bytes.as_slice() {
        [] => bail!("{file}: the file is empty; copy or save it again"),
        // The other kinds of values, and other dimensions, are answered there.
        [0, 0, 8..=14, 1..=9, ..] => Ok(Content::Idx(idx::parse_images(file, bytes)?)),
        _ => Ok(Content::One(decode(file, &bytes, largest.pixels)?)),
    }
}

fn unpack(file: &str, packed: &[u8], max_bytes: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let result = MultiGzDecoder::new(packed).take(max_bytes + 1).read_to_end(&mut bytes);
    result.with_context(|| {
        let unpacked = thousands(bytes.len());
        format!("{file}: gzip stream broken after {unpacked} unpacked bytes; copy or download the file again")
    })?;
    if bytes.len() as u64 > max_bytes {
        bail!("{file}: unpacked, it is longer than {max_bytes} bytes, so it is not what is expected here");
    }
    Ok(bytes)
}

/// A picture, turned as its EXIF data say, on white where it is transparent, in grey by its luma.
fn decode(file: &str, bytes: &[u8], max_pixels: u64) -> anyhow::Result<Picture> {
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Pnm)) => format,
        Ok(other) => bail!("{file}: this is a picture in the format {other:?}; {READABLE}"),
        Err(_) => bail!("{file}: its first bytes are not those of a picture; {READABLE}"),
    };
    let damaged = || format!("{file}: this {} is damaged or cut off; copy or save it again", name(format));
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().with_context(damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        bail!("{file}: a picture of {width} x {height} pixels has none; save it again");
    }
    if pixels > max_pixels {
        bail!(
            "{file}: {width} x {height} pixels are more than {} million; make it smaller, or cut out the digit",
            max_pixels as f64 / 1e6
        );
    }
    if format == ImageFormat::Jpeg && !has_end(bytes) {
        bail!(damaged());
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODER_BYTES_PER_PIXEL * max_pixels);
    decoder.set_limits(limits).with_context(damaged)?;
    // Without such data, or with damaged ones, a picture is as it is.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).with_context(damaged)?;
    image.apply_orientation(orientation);
    Ok(grey(image))
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        _ => "PBM, PGM or PPM",
    }
}

/// Luma of Rec. 709, which is of the same colours as sRGB, of the stored values: 0.2126 R + 0.7152 G + 0.0722 B.
fn grey(image: DynamicImage) -> Picture {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let pixels = if image.color().has_alpha() {
        // Luma is linear, so it may be composited in place of the colours.
        let on_white = |&[luma, alpha]: &[u8; 2]| {
            let (luma, alpha) = (u32::from(luma), u32::from(alpha));
            ((luma * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        image.into_luma_alpha8().as_raw().as_chunks().0.iter().map(on_white).collect()
    } else {
        image.into_luma8().into_raw()
    };
    Picture { height, width, pixels }
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
