//! The formats of pictures, and what tells them.

use std::fmt;

/// A format of pictures, whether it can be read or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Can be read.
    Png,
    /// Can be read.
    Jpeg,
    /// PBM, PGM or PPM; can be read.
    Pnm,
    /// Cannot be read.
    Gif,
    /// Cannot be read.
    Bmp,
    /// Cannot be read.
    Tiff,
    /// Cannot be read.
    Webp,
    /// Cannot be read.
    Avif,
    /// Cannot be read.
    Heic,
}

impl Format {
    /// The format that begins with these bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Format> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
            [b'P', b'1'..=b'6', ..] => Some(Format::Pnm),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
            [b'B', b'M', ..] => Some(Format::Bmp),
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Some(Format::Tiff),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::Webp),
            [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => Some(Format::Avif),
            [_, _, _, _, b'f', b't', b'y', b'p', b'h', b'e' | b'i', ..]
            | [_, _, _, _, b'f', b't', b'y', b'p', b'm', b'i', b'f', b'1', ..] => Some(Format::Heic),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::Pnm => "PBM, PGM or PPM",
            Format::Gif => "GIF",
            Format::Bmp => "BMP",
            Format::Tiff => "TIFF",
            Format::Webp => "WebP",
            Format::Avif => "AVIF",
            Format::Heic => "HEIC",
        })
    }
}
