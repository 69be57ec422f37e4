//! What is said of a setting that cannot work.

/// A number of the description that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value}: {fix}")]
pub struct SettingError {
    /// Where it stands in the description, as in `train.schedule.pct_start`.
    pub key: &'static str,
    /// What was written there.
    pub value: String,
    /// What to write instead.
    pub fix: String,
}

impl SettingError {
    /// `Ok` if `fits`; otherwise the error that names the key, the value and the way out.
    pub(crate) fn unless(
        fits: bool,
        key: &'static str,
        value: impl std::fmt::Debug,
        fix: impl Into<String>,
    ) -> Result<(), SettingError> {
        if fits { Ok(()) } else { Err(SettingError { key, value: format!("{value:?}"), fix: fix.into() }) }
    }
}
