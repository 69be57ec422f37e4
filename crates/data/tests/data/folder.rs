//! Data sets from a folder: what is accepted, and what each kind of broken file is told.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use gradbook_data::idx::{self, Images};
use gradbook_data::load;
use proptest::prelude::*;
use tempfile::TempDir;

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

fn write_images(dir: &Path, name: &str, [count, height, width]: [usize; 3]) {
    let pixels = (0..count * height * width).map(|at| at as u8).collect();
    let images = Images { count, height, width, pixels };
    idx::write_images(File::create(dir.join(name)).unwrap(), &images).unwrap();
}

fn write_labels(dir: &Path, name: &str, labels: &[u8]) {
    idx::write_labels(File::create(dir.join(name)).unwrap(), labels).unwrap();
}

/// A sound data set: 3 training and 2 test images of 2 x 5 pixels, labels up to 4.
fn sound() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_images(dir.path(), TRAIN_IMAGES, [3, 2, 5]);
    write_labels(dir.path(), TRAIN_LABELS, &[4, 0, 1]);
    write_images(dir.path(), TEST_IMAGES, [2, 2, 5]);
    write_labels(dir.path(), TEST_LABELS, &[1, 0]);
    dir
}

/// Replaces a file by its gzip, of which only the first `keep` bytes are written.
fn gzip(dir: &Path, name: &str, keep: usize) {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(&fs::read(dir.join(name)).unwrap()).unwrap();
    let packed = packer.finish().unwrap();
    fs::write(dir.join(format!("{name}.gz")), &packed[..keep.min(packed.len())]).unwrap();
    fs::remove_file(dir.join(name)).unwrap();
}

/// Breaks a sound data set and asks that the error's text has all `parts`.
#[track_caller]
fn told(parts: &[&str], break_it: impl Fn(&Path)) {
    let dir = sound();
    break_it(dir.path());
    let error = load(dir.path()).unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(
        (height, width, train, test) in (1usize..8, 1usize..8).prop_flat_map(|(height, width)| {
            let sample = (any::<u8>(), proptest::collection::vec(any::<u8>(), height * width));
            let samples = || proptest::collection::vec(sample.clone(), 1..9);
            (Just(height), Just(width), samples(), samples())
        }),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let highest = train.iter().map(|sample| sample.0).max().unwrap();
        for (prefix, samples) in [("train", &train), ("t10k", &test)] {
            let pixels = samples.iter().flat_map(|sample| sample.1.clone()).collect();
            let images = Images { count: samples.len(), height, width, pixels };
            let labels: Vec<u8> = samples.iter().map(|sample| sample.0.min(highest)).collect();
            let file = |ending| File::create(dir.path().join(format!("{prefix}{ending}"))).unwrap();
            idx::write_images(file("-images-idx3-ubyte"), &images).unwrap();
            idx::write_labels(file("-labels-idx1-ubyte"), &labels).unwrap();
        }
        let read = load(dir.path()).unwrap();
        for (set, samples) in [(&read.train, &train), (&read.test, &test)] {
            prop_assert_eq!((set.len(), set.shape.dimensions()), (samples.len(), (1, height, width)));
            prop_assert_eq!(set.classes, usize::from(highest) + 1);
            for (at, (label, pixels)) in samples.iter().enumerate() {
                prop_assert_eq!((set.labels[at], set.image(at)), ((*label).min(highest), &pixels[..]));
            }
        }
    }
}

#[test]
fn gzip_and_the_spelling_with_a_dot_are_the_same_data_set() {
    let dir = sound();
    let plain = load(dir.path()).unwrap();
    gzip(dir.path(), TRAIN_IMAGES, usize::MAX);
    fs::rename(dir.path().join(TEST_IMAGES), dir.path().join("t10k-images.idx3-ubyte")).unwrap();
    gzip(dir.path(), TEST_LABELS, usize::MAX);
    let gz = format!("{TEST_LABELS}.gz");
    fs::rename(dir.path().join(gz), dir.path().join("t10k-labels.idx1-ubyte.gz")).unwrap();
    assert_eq!(load(dir.path()).unwrap(), plain);
}

#[test]
fn a_missing_file_is_told_with_the_names_looked_for() {
    told(&["t10k labels", TEST_LABELS, "t10k-labels.idx1-ubyte.gz", "dataset-fashion-mnist"], |dir| {
        fs::remove_file(dir.join(TEST_LABELS)).unwrap();
    });
}

#[test]
fn a_wrong_length_is_told_with_the_header_and_both_lengths() {
    let resize = |dir: &Path, name: &str, bytes| {
        File::options().write(true).open(dir.join(name)).unwrap().set_len(bytes).unwrap();
    };
    told(&[TRAIN_IMAGES, "45 bytes", "3 x 2 x 5", "46"], |dir| resize(dir, TRAIN_IMAGES, 45));
    told(&[TRAIN_IMAGES, "48 bytes", "3 x 2 x 5", "46"], |dir| resize(dir, TRAIN_IMAGES, 48));
    told(&[TEST_LABELS, "7 bytes", "header", "8"], |dir| resize(dir, TEST_LABELS, 7));
    told(&[TEST_LABELS, "0 bytes", "header", "8"], |dir| resize(dir, TEST_LABELS, 0));
    for (bytes, found) in [(45, "45 bytes"), (48, "more than 46 bytes")] {
        told(&["train-images-idx3-ubyte.gz", found, "3 x 2 x 5", "46"], |dir| {
            resize(dir, TRAIN_IMAGES, bytes);
            gzip(dir, TRAIN_IMAGES, usize::MAX);
        });
    }
}

#[test]
fn a_header_that_announces_terabytes_allocates_nothing() {
    let header = |dimensions: [u32; 3]| [[0, 0, 8, 3]].into_iter().chain(dimensions.map(u32::to_be_bytes)).flatten();
    let huge: Vec<u8> = header([u32::MAX, 1000, 1000]).collect();
    told(&[TRAIN_IMAGES, "16 bytes", "4294967295 x 1000 x 1000", "4294967295000016"], |dir| {
        fs::write(dir.join(TRAIN_IMAGES), &huge).unwrap();
    });
    told(&["train-images-idx3-ubyte.gz", "16 bytes", "4294967295 x 1000 x 1000", "4294967295000016"], |dir| {
        fs::write(dir.join(TRAIN_IMAGES), &huge).unwrap();
        gzip(dir, TRAIN_IMAGES, usize::MAX);
    });
    let overflowing: Vec<u8> = header([u32::MAX; 3]).collect();
    told(&[TRAIN_IMAGES, "4294967295 x 4294967295 x 4294967295"], |dir| {
        fs::write(dir.join(TRAIN_IMAGES), &overflowing).unwrap();
    });
}

#[test]
fn a_wrong_magic_number_is_told_with_both_numbers() {
    told(&[TRAIN_IMAGES, "magic number", "0x00000801", "0x00000803"], |dir| {
        fs::copy(dir.join(TRAIN_LABELS), dir.join(TRAIN_IMAGES)).unwrap();
    });
    told(&[TRAIN_IMAGES, "magic number", "0x1f8b", "0x00000803", "gzip"], |dir| {
        gzip(dir, TRAIN_IMAGES, usize::MAX);
        fs::rename(dir.join(format!("{TRAIN_IMAGES}.gz")), dir.join(TRAIN_IMAGES)).unwrap();
    });
}

#[test]
fn a_broken_gzip_stream_is_told() {
    // Cut inside the header of the stream, inside its data, and inside its checksum.
    for keep in [5, 30, 60] {
        told(&["train-images-idx3-ubyte.gz", "gzip stream broken"], |dir| gzip(dir, TRAIN_IMAGES, keep));
    }
    told(&["train-images-idx3-ubyte.gz", "gzip stream broken after 46 unpacked bytes"], |dir| {
        gzip(dir, TRAIN_IMAGES, usize::MAX);
        let path = dir.join(format!("{TRAIN_IMAGES}.gz"));
        let mut packed = fs::read(&path).unwrap();
        let checksum = packed.len() - 8;
        packed[checksum] ^= 1;
        fs::write(path, packed).unwrap();
    });
}

#[test]
fn files_that_disagree_are_told_with_both_values() {
    told(&[TRAIN_LABELS, "2 labels", TRAIN_IMAGES, "3 images"], |dir| write_labels(dir, TRAIN_LABELS, &[0, 1]));
    told(&[TEST_IMAGES, "2 x 4 pixels", TRAIN_IMAGES, "2 x 5"], |dir| write_images(dir, TEST_IMAGES, [2, 2, 4]));
    told(&[TEST_LABELS, "label 7 of image 1", TRAIN_LABELS, "up to 4"], |dir| write_labels(dir, TEST_LABELS, &[4, 7]));
}

#[test]
fn empty_files_are_told() {
    told(&[TEST_IMAGES, "count is 0", "0 x 2 x 5", "at least 1"], |dir| write_images(dir, TEST_IMAGES, [0, 2, 5]));
    told(&[TEST_IMAGES, "width is 0", "2 x 2 x 0", "at least 1"], |dir| write_images(dir, TEST_IMAGES, [2, 2, 0]));
}
