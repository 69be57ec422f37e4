//! Labelled images: MNIST, which is built in, and any other data set in MNIST's four IDX files; and pictures of single
//! digits, prepared as MNIST was.
//!
//! ```
//! let test = gradbook_data::mnist_test()?;
//! let counts = (0..10).map(|class| test.labels.iter().filter(|&&label| label == class).count());
//! assert_eq!(counts.collect::<Vec<_>>(), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
//! assert_eq!(test.image(0).len(), 28 * 28);
//! # Ok::<(), gradbook_data::Error>(())
//! ```
//!
//! Not here: augmentation, shuffling and normalisation. They belong to assembling a batch, which the engine does.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod embedded;
mod error;
mod folder;
pub mod idx;
mod originals;
pub mod picture;
mod threads;

use std::path::Path;

use gradbook_engine::data::Dataset;

pub use error::Error;

/// Training images and test images of one size, with the same classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Splits {
    /// To train on.
    pub train: Dataset,
    /// To evaluate on, and never to train on.
    pub test: Dataset,
}

/// MNIST: 60,000 training and 10,000 test images of 28 x 28 pixels, 10 classes.
///
/// Unpacks the copy inside the program on several threads and compares every file with the SHA-256 of the original.
///
/// # Errors
/// [`Error::Damaged`] if the copy is not the original, which only a broken build can cause.
pub fn mnist() -> Result<Splits, Error> {
    let splits: [fn() -> Result<Dataset, Error>; 2] = [embedded::train, embedded::test];
    let mut splits = threads::each(splits.to_vec(), |split| split()).into_iter();
    let mut next = || splits.next().expect("two splits");
    Ok(Splits { train: next()?, test: next()? })
}

/// The test images of [`mnist`] alone, for evaluation: a seventh of the work.
///
/// # Errors
/// Those of [`mnist`].
pub fn mnist_test() -> Result<Dataset, Error> {
    embedded::test()
}

/// The data set in a folder of four IDX files, such as Fashion-MNIST.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each also with `.` for the dash before `idx` and each also with `.gz`; an unpacked file
/// is preferred. Sizes and counts come from the files. The number of classes is the highest training label plus one.
///
/// # Errors
/// A file is missing, is no IDX file, is cut off or too long, or disagrees with the other three. The text names the
/// file, what was found and what was needed.
pub fn load(dir: &Path) -> Result<Splits, Error> {
    let (train, train_files) = folder::read(dir, "train")?;
    let (mut test, test_files) = folder::read(dir, "t10k")?;
    if train.shape != test.shape {
        let [train_size, test_size] = [&train, &test].map(|set| {
            let (_, height, width) = set.shape.dimensions();
            [height, width]
        });
        let (train_file, test_file) = (train_files.images, test_files.images);
        return Err(Error::ImageSize { train_file, train_size, test_file, test_size });
    }
    if let Some(image) = test.labels.iter().position(|&label| usize::from(label) >= train.classes) {
        return Err(Error::UnknownLabel {
            file: test_files.labels,
            image,
            label: test.labels[image],
            train_file: train_files.labels,
            highest: train.classes - 1,
        });
    }
    test.classes = train.classes;
    Ok(Splits { train, test })
}

/// Images and their labels as one data set; classes are counted up to the highest label present.
fn dataset(
    (images_file, images): (&str, idx::Images),
    (labels_file, labels): (&str, Vec<u8>),
) -> Result<Dataset, Error> {
    let idx::Images { count, height, width, pixels } = images;
    if labels.len() != count {
        return Err(Error::Count {
            labels_file: labels_file.into(),
            labels: labels.len(),
            images_file: images_file.into(),
            images: count,
        });
    }
    let classes = labels.iter().max().map_or(0, |&highest| usize::from(highest) + 1);
    Ok(Dataset::grey(pixels, labels, [height, width], classes))
}
