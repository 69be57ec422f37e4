//! What can be wrong with a data set or a picture: where, what, and what to do.

use std::io;
use std::path::PathBuf;

use crate::picture::Format;

const READABLE: &str = "PNG, JPEG, PBM, PGM, PPM and IDX images can be read; convert it to PNG";

/// Why a data set or a picture could not be read. Every text names the file, the field and both values.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each variant says what it and its fields are")]
pub enum Error {
    #[error(
        "no {what} in {dir}: looked for {names}. Give the folder that holds the four IDX files: MNIST itself is built \
         in; Fashion-MNIST is Debian's package dataset-fashion-mnist, in /usr/share/datasets/fashion-mnist",
        dir = .dir.display()
    )]
    Missing { dir: PathBuf, what: String, names: String },

    #[error("{file}: cannot be read: {source}")]
    Io { file: String, source: io::Error },

    #[error("{file}: gzip stream broken after {unpacked} unpacked bytes: {source}; copy or download the file again")]
    Gzip { file: String, unpacked: usize, source: io::Error },

    #[error(
        "{file}: unpacked, it is longer than {largest} bytes; if it is a data set, unpack it and give it without .gz"
    )]
    Unpacked { file: String, largest: u64 },

    #[error("{file}: magic number {found:#010x}, but IDX {what} (unsigned bytes) start with {needed:#010x}; {hint}")]
    Magic { file: String, what: &'static str, found: u32, needed: u32, hint: &'static str },

    #[error("{file}: {found}, but {why} {needed}; copy or download the file again")]
    Length { file: String, found: String, why: String, needed: u64 },

    #[error("{file}: its header ({header}) needs more bytes than a file can have; copy or download the file again")]
    TooLarge { file: String, header: String },

    #[error("{file}: {field} is 0 in its header ({header}), but must be at least 1; a data set needs images")]
    Zero { file: String, field: &'static str, header: String },

    #[error("{labels_file}: {labels} labels, but {images_file} has {images} images; both must come from one data set")]
    Count { labels_file: String, labels: usize, images_file: String, images: usize },

    #[error(
        "{test_file}: images of {} x {} pixels, but those in {train_file} have {} x {}; both must come from one data set",
        .test_size[0], .test_size[1], .train_size[0], .train_size[1]
    )]
    ImageSize { train_file: String, train_size: [usize; 2], test_file: String, test_size: [usize; 2] },

    #[error(
        "{file}: label {label} of image {image} (counted from 0), but the labels in {train_file} go up to {highest}; \
         both must come from one data set"
    )]
    UnknownLabel { file: String, image: usize, label: u8, train_file: String, highest: usize },

    #[error("{file}: this is no regular file but a folder, a pipe or a device; give a file")]
    NoFile { file: String },

    #[error("{file}: longer than {largest} bytes, so it is not what is expected here")]
    Long { file: String, largest: u64 },

    #[error("{file}: unpacked, it is longer than {largest} bytes, so it is not what is expected here")]
    UnpackedPicture { file: String, largest: u64 },

    #[error("{file}: the file is empty; copy or save it again")]
    Empty { file: String },

    #[error("{file}: this is a picture in the format {format}; {READABLE}")]
    OtherFormat { file: String, format: Format },

    #[error("{file}: its first bytes are not those of a picture; {READABLE}")]
    NoPicture { file: String },

    #[error("{file}: this {format} is damaged or cut off; copy or save it again")]
    Picture { file: String, format: Format, source: Option<Box<dyn std::error::Error + Send + Sync>> },

    #[error("{file}: a picture of {width} x {height} pixels has none; save it again")]
    NoPixels { file: String, width: usize, height: usize },

    #[error(
        "{file}: {width} x {height} pixels are more than {} million; make it smaller, or cut out the digit",
        *.largest as f64 / 1e6
    )]
    ManyPixels { file: String, width: usize, height: usize, largest: u64 },

    #[error("the built-in copy of {name} is damaged: {found}, but the original has SHA-256 {needed}; build it again")]
    Damaged { name: &'static str, found: String, needed: &'static str },
}
