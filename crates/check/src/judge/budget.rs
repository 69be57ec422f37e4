//! How many mistakes are looked for in one file, so that none takes long, however wrong it is.

use crate::limits::{MAX_DIAGNOSES, MAX_DOUBLE_DIAGNOSES};

/// Cells beyond these are wrong without a reason.
pub(crate) struct Budget {
    pub(super) diagnoses: usize,
    /// Formulas in which two mistakes at once are looked for.
    pub(super) pairs: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { diagnoses: MAX_DIAGNOSES, pairs: MAX_DOUBLE_DIAGNOSES }
    }
}

impl Budget {
    /// A part of it, without looking for two mistakes at once: enough to count how many there are.
    pub(super) fn without_pairs(&mut self) -> Budget {
        let part = self.diagnoses / 4;
        self.diagnoses -= part;
        Budget { diagnoses: part, pairs: 0 }
    }
}
