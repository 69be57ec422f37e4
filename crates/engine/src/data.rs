//! Images in memory, one byte a pixel.

/// Labelled images of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// `[samples, height, width]`, 0 black to 255 white.
    pub images: Vec<u8>,
    /// One class number per image, each below `classes`.
    pub labels: Vec<u8>,
    pub height: usize,
    pub width: usize,
    pub classes: usize,
}

impl Dataset {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of one image, row by row.
    pub fn image(&self, sample: usize) -> &[u8] {
        let pixels = self.height * self.width;
        &self.images[sample * pixels..][..pixels]
    }

    /// Splits off the last `count` images: (the others, the last ones).
    pub fn split_last(&self, count: usize) -> (Dataset, Dataset) {
        let at = self.len() - count;
        let (images, last_images) = self.images.split_at(at * self.height * self.width);
        let (labels, last_labels) = self.labels.split_at(at);
        let part = |images: &[u8], labels: &[u8]| Dataset { images: images.to_vec(), labels: labels.to_vec(), ..*self };
        (part(images, labels), part(last_images, last_labels))
    }
}
