//! The size that a picture may have, and the errors of its decoders.

use super::format::Format;
use crate::Error;

/// How many pixels a picture may have, and what errors call its file.
#[derive(Clone, Copy)]
pub(super) struct Limit<'f> {
    pub(super) file: &'f str,
    pub(super) max_pixels: u64,
}

impl Limit<'_> {
    /// Looks at the size before anything is allocated for it.
    pub(super) fn check(&self, width: usize, height: usize) -> Result<(), Error> {
        let file = self.file.to_owned();
        match (width as u64).saturating_mul(height as u64) {
            0 => Err(Error::NoPixels { file, width, height }),
            pixels if pixels > self.max_pixels => {
                Err(Error::ManyPixels { file, width, height, largest: self.max_pixels })
            }
            _ => Ok(()),
        }
    }

    /// The error of a picture that ends too early or contradicts itself.
    pub(super) fn damaged(
        &self,
        format: Format,
        source: impl Into<Option<Box<dyn std::error::Error + Send + Sync>>>,
    ) -> Error {
        Error::Picture { file: self.file.to_owned(), format, source: source.into() }
    }
}
