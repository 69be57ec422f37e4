//! Pictures in files: PNG, JPEG, PBM, PGM, PPM and IDX, each also packed by gzip. What a file is, its content says.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::format::Format;
use super::limit::Limit;
use super::{Picture, jpeg, png, pnm};
use crate::Error;
use crate::idx::{self, Images};

/// What is too large to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Largest {
    /// Bytes of a file, packed or not.
    pub bytes: u64,
    /// Pixels of a picture.
    pub pixels: u64,
}

impl Default for Largest {
    /// The training images of MNIST are 47 MB; no camera's usual setting gives more pixels.
    fn default() -> Largest {
        Largest { bytes: 1 << 30, pixels: 64_000_000 }
    }
}

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One picture.
    One(Picture),
    /// The images of an IDX file.
    Idx(Images),
}

/// Reads a file of a usual size.
///
/// # Errors
/// If it cannot be read, is of another kind, damaged, or too large; if it is a pipe or device, which might never end.
pub fn read(path: &Path) -> Result<Content, Error> {
    let file = path.display().to_string();
    let largest = Largest::default();
    let unreadable = |source| Error::Io { file: file.clone(), source };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Error::NoFile { file });
    }
    let mut bytes = Vec::new();
    let mut stream = File::open(path).map_err(unreadable)?.take(largest.bytes + 1);
    stream.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > largest.bytes {
        return Err(Error::Long { file, largest: largest.bytes });
    }
    parse(&file, bytes, largest)
}

/// Reads the bytes of a file, which `file` names in errors.
///
/// # Errors
/// If it is of another kind, damaged, or too large.
pub fn parse(file: &str, mut bytes: Vec<u8>, largest: Largest) -> Result<Content, Error> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        bytes = unpack(file, &bytes, largest.bytes)?;
    }
    match bytes.as_slice() {
        [] => Err(Error::Empty { file: file.into() }),
        // The other kinds of values, and other dimensions, are answered there.
        [0, 0, 8..=14, 1..=9, ..] => Ok(Content::Idx(idx::parse_images(file, bytes)?)),
        _ => Ok(Content::One(decode(file, &bytes, largest.pixels)?)),
    }
}

fn unpack(file: &str, packed: &[u8], largest: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let result = MultiGzDecoder::new(packed).take(largest + 1).read_to_end(&mut bytes);
    result.map_err(|source| Error::Gzip { file: file.into(), unpacked: bytes.len(), source })?;
    if bytes.len() as u64 > largest {
        return Err(Error::UnpackedPicture { file: file.into(), largest });
    }
    Ok(bytes)
}

/// A picture, turned as its EXIF data say, on white where it is transparent, in grey by its luma.
fn decode(file: &str, bytes: &[u8], max_pixels: u64) -> Result<Picture, Error> {
    let limit = Limit { file, max_pixels };
    match Format::of(bytes) {
        Some(Format::Png) => png::decode(bytes, limit),
        Some(Format::Jpeg) => jpeg::decode(bytes, limit),
        Some(Format::Pnm) => pnm::decode(bytes, limit),
        Some(format) => Err(Error::OtherFormat { file: file.into(), format }),
        None => Err(Error::NoPicture { file: file.into() }),
    }
}
