//! MNIST inside the program: zstd frames made by `cargo xtask data`, unpacked in parallel and checked.

use gradbook_engine::data::Dataset;
use ruzstd::decoding::FrameDecoder;
use sha2::{Digest, Sha256};

use crate::originals::{Original, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};
use crate::{Error, dataset, idx, threads};

pub(crate) fn train() -> Result<Dataset, Error> {
    let images = unpack(
        &TRAIN_IMAGES,
        &[
            include_bytes!("../data/train-images-idx3-ubyte.0.zst"),
            include_bytes!("../data/train-images-idx3-ubyte.1.zst"),
            include_bytes!("../data/train-images-idx3-ubyte.2.zst"),
            include_bytes!("../data/train-images-idx3-ubyte.3.zst"),
        ],
    )?;
    let labels = unpack(&TRAIN_LABELS, &[include_bytes!("../data/train-labels-idx1-ubyte.0.zst")])?;
    parsed((&TRAIN_IMAGES, images), (&TRAIN_LABELS, labels))
}

pub(crate) fn test() -> Result<Dataset, Error> {
    let images = unpack(&TEST_IMAGES, &[include_bytes!("../data/t10k-images-idx3-ubyte.0.zst")])?;
    let labels = unpack(&TEST_LABELS, &[include_bytes!("../data/t10k-labels-idx1-ubyte.0.zst")])?;
    parsed((&TEST_IMAGES, images), (&TEST_LABELS, labels))
}

fn parsed(images: (&Original, Vec<u8>), labels: (&Original, Vec<u8>)) -> Result<Dataset, Error> {
    let (images_file, labels_file) = (images.0.name, labels.0.name);
    dataset(
        (images_file, idx::parse_images(images_file, images.1)?),
        (labels_file, idx::parse_labels(labels_file, labels.1)?),
    )
}

/// The original file, unpacked with one thread per piece.
fn unpack(original: &Original, pieces: &[&[u8]]) -> Result<Vec<u8>, Error> {
    assert_eq!(pieces.len(), original.pieces, "{}: pieces", original.name);
    let damaged = |found: String| Error::Damaged { name: original.name, found, needed: original.sha256 };

    let mut file = vec![0; original.bytes];
    let parts = file.chunks_mut(original.piece_bytes()).zip(pieces).collect();
    let decoded = threads::each(parts, |(part, piece)| decode(piece, part));
    decoded.into_iter().collect::<Result<(), String>>().map_err(damaged)?;

    let found: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    if found == original.sha256 { Ok(file) } else { Err(damaged(format!("SHA-256 {found}"))) }
}

/// Fills `part` from one zstd frame, or says what is wrong with the frame.
fn decode(piece: &[u8], part: &mut [u8]) -> Result<(), String> {
    match FrameDecoder::new().decode_all(piece, part) {
        Ok(bytes) if bytes == part.len() => Ok(()),
        Ok(bytes) => Err(format!("a piece of {bytes} bytes instead of {}", part.len())),
        Err(error) => Err(format!("a broken zstd frame ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_copy_is_an_error_that_names_the_file_and_both_hashes() {
        let packed = include_bytes!("../data/t10k-labels-idx1-ubyte.0.zst");
        let other_file = Original { name: "t10k-labels-idx1-ubyte", sha256: TRAIN_LABELS.sha256, ..TEST_LABELS };
        let error = unpack(&other_file, &[packed]).unwrap_err().to_string();
        for part in [TEST_LABELS.name, TEST_LABELS.sha256, TRAIN_LABELS.sha256] {
            assert!(error.contains(part), "{error}");
        }
        let cut_off = &packed[..packed.len() / 2];
        assert!(unpack(&TEST_LABELS, &[cut_off]).unwrap_err().to_string().contains(TEST_LABELS.name));
    }
}
