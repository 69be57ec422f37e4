//! The IDX format of MNIST's files: a magic number, the length of each dimension, then the values, one byte each.
//!
//! ```text
//! bytes 0-3    0, 0, 8 (unsigned bytes), number of dimensions
//! then         each dimension as a big-endian u32: count, and for images height and width
//! then         the values, last dimension fastest
//! ```
//!
//! Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats". Only
//! unsigned bytes are supported as values. Nothing here opens a file.

use std::io::{self, Write};

use crate::Error;

/// The content of an image file; `count`, `height` and `width` are at least 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Number of images.
    pub count: usize,
    /// Of each image, in pixels.
    pub height: usize,
    /// Of each image, in pixels.
    pub width: usize,
    /// `[count, height, width]`, 0 black to 255 white.
    pub pixels: Vec<u8>,
}

/// Reads the bytes of a whole image file; `file` names it in errors.
///
/// # Errors
/// If the magic number is not the one for images, a dimension is 0, or the length is not what the header says.
pub fn parse_images(file: &str, bytes: Vec<u8>) -> Result<Images, Error> {
    let ([count, height, width], pixels) = parse(file, Kind::Images, bytes)?;
    Ok(Images { count, height, width, pixels })
}

/// Reads the bytes of a whole label file: at least one label. `file` names it in errors.
///
/// # Errors
/// Those of [`parse_images`].
pub fn parse_labels(file: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let ([_count], labels) = parse(file, Kind::Labels, bytes)?;
    Ok(labels)
}

/// Writes an image file.
///
/// # Errors
/// Those of `to`; nothing else can go wrong.
///
/// # Panics
/// If there are not `count x height x width` pixels, or a dimension does not fit the format's 32 bits.
pub fn write_images(mut to: impl Write, images: &Images) -> io::Result<()> {
    let dimensions = [images.count, images.height, images.width];
    assert_eq!(images.pixels.len(), dimensions.iter().product::<usize>(), "pixels of {dimensions:?}");
    write_header(&mut to, Kind::Images, &dimensions)?;
    to.write_all(&images.pixels)
}

/// Writes a label file.
///
/// # Errors
/// Those of `to`; nothing else can go wrong.
///
/// # Panics
/// If the number of labels does not fit the format's 32 bits.
pub fn write_labels(mut to: impl Write, labels: &[u8]) -> io::Result<()> {
    write_header(&mut to, Kind::Labels, &[labels.len()])?;
    to.write_all(labels)
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Images,
    Labels,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Images => "images",
            Kind::Labels => "labels",
        }
    }

    /// What the dimensions are, in the file's order.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Kind::Images => &["count", "height", "width"],
            Kind::Labels => &["count"],
        }
    }

    fn magic(self) -> u32 {
        0x0000_0800 + self.fields().len() as u32
    }

    /// Length of magic number and dimensions.
    pub(crate) fn header_bytes(self) -> usize {
        4 + 4 * self.fields().len()
    }
}

/// The dimensions, and the length of the whole file that they imply.
pub(crate) struct Header {
    dimensions: Vec<usize>,
    pub(crate) file_bytes: u64,
}

impl Header {
    /// Reads the start of a file: looks at no more than `kind.header_bytes()` bytes, and allocates nothing of the
    /// file's size.
    pub(crate) fn parse(file: &str, kind: Kind, start: &[u8]) -> Result<Header, Error> {
        let word = |at: usize| start.get(4 * at..4 * at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
        if let Some(found) = word(0)
            && found != kind.magic()
        {
            let hint = match found >> 16 {
                0x1f8b => "it is a gzip file: give its name the ending .gz",
                _ => "the file is of another kind, or damaged",
            };
            return Err(Error::Magic { file: file.into(), what: kind.name(), found, needed: kind.magic(), hint });
        }
        if start.len() < kind.header_bytes() {
            return Err(Error::Length {
                file: file.into(),
                found: format!("{} bytes", start.len()),
                why: format!("the header of IDX {} alone needs", kind.name()),
                needed: kind.header_bytes() as u64,
            });
        }
        let words: Vec<u32> = (1..=kind.fields().len()).filter_map(word).collect();
        if let Some(zero) = words.iter().position(|&length| length == 0) {
            return Err(Error::Zero { file: file.into(), field: kind.fields()[zero], header: product(&words) });
        }
        let file_bytes = words
            .iter()
            .try_fold(1u64, |bytes, &length| bytes.checked_mul(length.into()))
            .and_then(|bytes| bytes.checked_add(kind.header_bytes() as u64))
            // Files and allocations end at the highest signed number.
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .ok_or_else(|| Error::TooLarge { file: file.into(), header: product(&words) })?;
        Ok(Header { dimensions: words.into_iter().map(|length| length as usize).collect(), file_bytes })
    }

    /// The error of a file whose length, described by `found`, is not `file_bytes`.
    pub(crate) fn wrong_length(&self, file: &str, found: String) -> Error {
        let why = format!("its header ({}) needs", product(&self.dimensions));
        Error::Length { file: file.into(), found, why, needed: self.file_bytes }
    }
}

/// The dimensions as a person writes them: `60000 x 28 x 28`.
fn product<T: ToString>(dimensions: &[T]) -> String {
    dimensions.iter().map(T::to_string).collect::<Vec<_>>().join(" x ")
}

/// The dimensions and the values.
fn parse<const N: usize>(file: &str, kind: Kind, mut bytes: Vec<u8>) -> Result<([usize; N], Vec<u8>), Error> {
    let header = Header::parse(file, kind, &bytes)?;
    if bytes.len() as u64 != header.file_bytes {
        return Err(header.wrong_length(file, format!("{} bytes", bytes.len())));
    }
    bytes.drain(..kind.header_bytes());
    Ok((header.dimensions.try_into().expect("a kind has N fields"), bytes))
}

fn write_header(to: &mut impl Write, kind: Kind, dimensions: &[usize]) -> io::Result<()> {
    to.write_all(&kind.magic().to_be_bytes())?;
    dimensions.iter().try_for_each(|&length| {
        let length = u32::try_from(length).expect("an IDX dimension has 32 bits");
        to.write_all(&length.to_be_bytes())
    })
}
