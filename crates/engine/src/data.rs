//! Samples in memory: images, or vectors of features, with their labels.

use crate::shape::Shape;
use crate::spec::NormalizeSpec;

/// Labelled samples of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Sample by sample: `[samples, channels, height, width]` of images, `[samples, features]` of vectors.
    pub values: Values,
    /// One class number per sample, each below `classes`.
    pub labels: Vec<u8>,
    /// The shape of one sample.
    pub shape: Shape,
    /// How many classes the labels may name.
    pub classes: usize,
}

/// The values of a data set, all of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Pixels: 0 black to 255 white. A network sees them divided by 255, then normalised.
    Bytes(Vec<u8>),
    /// Any finite numbers. A network sees them normalised.
    Floats(Vec<f32>),
}

impl Dataset {
    /// Images with one channel: `images` is `[samples, height, width]`.
    pub fn grey(images: Vec<u8>, labels: Vec<u8>, [height, width]: [usize; 2], classes: usize) -> Dataset {
        Dataset { values: Values::Bytes(images), labels, shape: Shape::Map { channels: 1, height, width }, classes }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// All values, if they are bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.values {
            Values::Bytes(bytes) => Some(bytes),
            Values::Floats(_) => None,
        }
    }

    /// The pixels of one image: channel by channel, row by row.
    ///
    /// # Panics
    /// If there is no such image, or the values are not bytes.
    pub fn image(&self, sample: usize) -> &[u8] {
        let bytes = self.bytes().expect("an image of bytes");
        &bytes[sample * self.shape.len()..][..self.shape.len()]
    }

    /// The network's input for one sample, as the f64 reference takes it: `(value - mean) / std`, bytes divided by 255
    /// first. `[channels, height, width]` or `[features]`.
    ///
    /// # Panics
    /// If there is no such sample, or `normalize` lists fewer numbers than there are channels.
    pub fn input(&self, sample: usize, normalize: &NormalizeSpec) -> Vec<f64> {
        let len = self.shape.len();
        let plane = len / self.shape.dimensions().0;
        let range = sample * len..(sample + 1) * len;
        let normalized = |(at, value): (usize, f64)| {
            let channel = at / plane;
            (value - normalize.mean.of(channel)) / normalize.std.of(channel)
        };
        match &self.values {
            Values::Bytes(bytes) => {
                bytes[range].iter().map(|&byte| f64::from(byte) / 255.0).enumerate().map(normalized).collect()
            }
            Values::Floats(floats) => floats[range].iter().map(|&x| f64::from(x)).enumerate().map(normalized).collect(),
        }
    }

    /// Splits off the last `count` samples: (the others, the last ones).
    ///
    /// # Panics
    /// If there are fewer.
    pub fn split_last(&self, count: usize) -> (Dataset, Dataset) {
        let at = self.len() - count;
        let (values, last_values) = self.values.split_at(at * self.shape.len());
        let (labels, last_labels) = self.labels.split_at(at);
        let part = |values: Values, labels: &[u8]| Dataset { values, labels: labels.to_vec(), ..*self };
        (part(values, labels), part(last_values, last_labels))
    }

    /// No samples, of this set's shape and classes.
    pub fn without_samples(&self) -> Dataset {
        Dataset { values: self.values.split_at(0).0, labels: Vec::new(), ..*self }
    }
}

impl Values {
    /// Copies of the values before `at` and of the others.
    fn split_at(&self, at: usize) -> (Values, Values) {
        match self {
            Values::Bytes(all) => (Values::Bytes(all[..at].to_vec()), Values::Bytes(all[at..].to_vec())),
            Values::Floats(all) => (Values::Floats(all[..at].to_vec()), Values::Floats(all[at..].to_vec())),
        }
    }
}
