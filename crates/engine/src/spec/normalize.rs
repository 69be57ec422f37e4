//! How values are normalised: by one number for all channels, or a list of one per channel.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::setting::SettingError;

/// Inputs become `(pixel / 255 - mean) / std`, those of floats `(value - mean) / std`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalizeSpec {
    /// What is subtracted.
    pub mean: PerChannel,
    /// What the difference is divided by.
    pub std: PerChannel,
}

impl Default for NormalizeSpec {
    /// Mean and standard deviation of the MNIST training images.
    fn default() -> Self {
        NormalizeSpec { mean: PerChannel::All(0.1307), std: PerChannel::All(0.3081) }
    }
}

/// A number of the description that may differ from channel to channel; of vectors, from feature to feature.
#[derive(Clone, PartialEq)]
pub enum PerChannel {
    /// Written as a number.
    All(f64),
    /// Written as a list.
    Each(Vec<f64>),
}

impl PerChannel {
    /// The number of one channel.
    ///
    /// # Panics
    /// If the list is shorter.
    pub fn of(&self, channel: usize) -> f64 {
        match self {
            PerChannel::All(number) => *number,
            PerChannel::Each(numbers) => numbers[channel],
        }
    }

    /// What is written: one number or a list.
    pub fn numbers(&self) -> &[f64] {
        match self {
            PerChannel::All(number) => std::slice::from_ref(number),
            PerChannel::Each(numbers) => numbers,
        }
    }

    /// Whether it holds for so many channels.
    fn fits(&self, channels: usize) -> bool {
        matches!(self, PerChannel::All(_)) || self.numbers().len() == channels
    }
}

impl NormalizeSpec {
    /// Whether no channel differs from the others.
    pub(crate) fn is_one_for_all(&self) -> bool {
        matches!((&self.mean, &self.std), (PerChannel::All(_), PerChannel::All(_)))
    }

    /// Numbers that can be subtracted and divided by.
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let fits = self.mean.numbers().iter().all(|mean| mean.is_finite());
        SettingError::unless(fits, "train.normalize.mean", &self.mean, "write a finite number")?;
        let fits = self.std.numbers().iter().all(|&std| std.is_finite() && std >= 1e-6);
        let fix = "write a number of at least 1e-6; MNIST's is 0.3081";
        SettingError::unless(fits, "train.normalize.std", &self.std, fix)
    }

    /// Lists, if they are lists, of as many numbers as there are channels.
    pub(crate) fn check_channels(&self, channels: usize) -> Result<(), SettingError> {
        for (key, numbers) in [("train.normalize.mean", &self.mean), ("train.normalize.std", &self.std)] {
            let fix = format!("write one number, or a list of {channels}: one per channel");
            SettingError::unless(numbers.fits(channels), key, numbers, fix)?;
        }
        Ok(())
    }
}

/// As it is written: `0.5` or `[0.5, 0.4]`.
impl fmt::Debug for PerChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PerChannel::All(number) => number.fmt(f),
            PerChannel::Each(numbers) => numbers.fmt(f),
        }
    }
}

impl Serialize for PerChannel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PerChannel::All(number) => number.serialize(serializer),
            PerChannel::Each(numbers) => numbers.serialize(serializer),
        }
    }
}

/// By a visitor, so that a mistake is reported where it stands and not as "no variant matches".
impl<'de> Deserialize<'de> for PerChannel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PerChannel, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = PerChannel;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a list of numbers, one per channel")
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<PerChannel, E> {
                Ok(PerChannel::All(number))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<PerChannel, E> {
                Ok(PerChannel::All(number as f64))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<PerChannel, E> {
                Ok(PerChannel::All(number as f64))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PerChannel, A::Error> {
                let mut numbers = Vec::new();
                while let Some(number) = list.next_element()? {
                    numbers.push(number);
                }
                Ok(PerChannel::Each(numbers))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_are_written_as_they_were_read() {
        for text in ["mean = 0.1307\nstd = 0.3081\n", "mean = [0.5, 0.25]\nstd = 1.0\n"] {
            let spec: NormalizeSpec = toml::from_str(text).unwrap();
            assert_eq!(toml::to_string(&spec).unwrap(), text);
        }
        let spec: NormalizeSpec = toml::from_str("mean = 0\nstd = [1, 2]").unwrap();
        assert_eq!((spec.mean.of(1), spec.std.of(1)), (0.0, 2.0));
        let error = toml::from_str::<NormalizeSpec>("mean = \"a\"\nstd = 1").unwrap_err().to_string();
        assert!(error.contains("expected a number, or a list of numbers, one per channel"), "{error}");
    }
}
