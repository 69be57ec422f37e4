//! IDX files in a folder: finding them by name, unpacking them, and never reading more than their header announces.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use gradbook_engine::data::Dataset;

use crate::idx::{self, Header, Kind};
use crate::{Error, dataset};

/// Largest unpacked size of a compressed file: 65,000 images of 256 x 256 pixels. A few megabytes of gzip can hold
/// that.
const LARGEST_UNPACKED: u64 = 1 << 32;

/// The paths of the two files of one split, for errors.
pub(crate) struct Files {
    pub(crate) images: String,
    pub(crate) labels: String,
}

/// The split whose files start with `prefix`: `train` or `t10k`.
pub(crate) fn read(dir: &Path, prefix: &str) -> Result<(Dataset, Files), Error> {
    // Both are looked for before either is read: a missing file is reported at once.
    let images_path = find(dir, prefix, Kind::Images)?;
    let labels_path = find(dir, prefix, Kind::Labels)?;
    let files = Files { images: images_path.display().to_string(), labels: labels_path.display().to_string() };
    let images = idx::parse_images(&files.images, read_file(&images_path, Kind::Images)?)?;
    let labels = idx::parse_labels(&files.labels, read_file(&labels_path, Kind::Labels)?)?;
    Ok((dataset((&files.images, images), (&files.labels, labels))?, files))
}

/// The first of the accepted spellings that exists.
fn find(dir: &Path, prefix: &str, kind: Kind) -> Result<PathBuf, Error> {
    let stem = format!("{prefix}-{}", kind.name());
    let names = match kind {
        Kind::Images => ["-idx3-ubyte", ".idx3-ubyte", "-idx3-ubyte.gz", ".idx3-ubyte.gz"],
        Kind::Labels => ["-idx1-ubyte", ".idx1-ubyte", "-idx1-ubyte.gz", ".idx1-ubyte.gz"],
    }
    .map(|ending| format!("{stem}{ending}"));
    names.iter().map(|name| dir.join(name)).find(|path| path.is_file()).ok_or_else(|| Error::Missing {
        dir: dir.into(),
        what: stem.replace('-', " "),
        names: names.join(", "),
    })
}

/// The unpacked bytes of one file, whose length is what its header says.
fn read_file(path: &Path, kind: Kind) -> Result<Vec<u8>, Error> {
    let name = path.display().to_string();
    let unreadable = |source| Error::Io { file: name.clone(), source };
    let file = File::open(path).map_err(unreadable)?;
    if path.extension().is_some_and(|ending| ending == "gz") {
        read_stream(&name, kind, Length::AtMost(LARGEST_UNPACKED), MultiGzDecoder::new(io::BufReader::new(file)))
    } else {
        let bytes = file.metadata().map_err(unreadable)?.len();
        read_stream(&name, kind, Length::Is(bytes), file)
    }
}

/// What is known about a stream's length before it is read.
#[derive(Clone, Copy)]
enum Length {
    /// The length of a plain file.
    Is(u64),
    /// The largest unpacked length of a gzip file; longer ones are refused.
    AtMost(u64),
}

/// Reads the header, then at most one byte more than it announces: that byte shows that the stream is too long, and
/// asking for it makes a gzip stream verify its checksum. Memory grows with what really arrives.
fn read_stream(name: &str, kind: Kind, length: Length, mut stream: impl Read) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let mut read_up_to = |limit: u64, content: &mut Vec<u8>| {
        let left = limit - content.len() as u64;
        stream.by_ref().take(left).read_to_end(content).map(drop).map_err(|source| match length {
            Length::Is(_) => Error::Io { file: name.into(), source },
            Length::AtMost(_) => Error::Gzip { file: name.into(), unpacked: content.len(), source },
        })
    };
    read_up_to(kind.header_bytes() as u64, &mut content)?;
    let header = Header::parse(name, kind, &content)?;
    if let Length::Is(bytes) = length
        && bytes != header.file_bytes
    {
        return Err(header.wrong_length(name, format!("{bytes} bytes")));
    }
    let largest = match length {
        Length::Is(bytes) | Length::AtMost(bytes) => bytes,
    };
    read_up_to(header.file_bytes.min(largest) + 1, &mut content)?;
    if content.len() as u64 > header.file_bytes {
        return Err(header.wrong_length(name, format!("more than {} bytes", header.file_bytes)));
    }
    if content.len() as u64 > largest {
        return Err(Error::Unpacked { file: name.into(), largest });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_packed_file_no_more_is_unpacked_than_the_limit() {
        let header = [[0, 0, 8, 3], 1000u32.to_be_bytes(), 1000u32.to_be_bytes(), 1000u32.to_be_bytes()].concat();
        // An endless stream, which a gzip bomb effectively is.
        let bomb = header.chain(io::repeat(0));
        let error = read_stream("images.gz", Kind::Images, Length::AtMost(5000), bomb).unwrap_err().to_string();
        assert!(error.contains("images.gz: unpacked, it is longer than 5000 bytes"), "{error}");
    }
}
