//! Axes: which pixel a value has, and where the ticks are.

use crate::number::{thousands, written};

/// Digits of a tick; on a logarithmic axis, powers of ten from 1E5 on are written as such.
const DIGITS: usize = 6;
const LOGARITHMIC_DIGITS: usize = 5;
/// Steps between ticks, at most, of a logarithmic axis over many powers of ten.
const STEPS: i32 = 9;
/// A logarithmic axis of accuracies ends here, in percent of errors: half an image of MNIST's 10,000.
const SMALLEST_ERROR: f64 = 0.005;
/// Where the largest error is more than this times the smallest, accuracies are drawn logarithmic in the error: 90, 99
/// and 99.9 % are then equally far apart.
const WIDE: f64 = 4.0;

/// The coordinate in which an axis is even.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    Linear,
    /// `log x`
    Logarithmic,
    /// `-log (100 - x)`, x in percent
    Error,
}

/// Values between two ticks, on the pixels between two ends.
///
/// Each kind of axis is made from the values that it must hold, at least one, and the pixels of its low and its high end.
#[derive(Clone, Debug)]
pub struct Axis {
    scale: Scale,
    /// Coordinates of both ends.
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
    /// Pixels of both ends.
    from: f64,
    to: f64,
}

impl Axis {
    /// Of counts from 0 to `last`, such as epochs.
    pub fn counts(last: usize, from: f64, to: f64) -> Axis {
        let steps = (0..).flat_map(|power| [1, 2, 5].map(|n| n * 10_usize.pow(power)));
        let step = steps.into_iter().find(|step| last / step <= 10).unwrap_or(last);
        let ticks = (0..=last).step_by(step).map(|n| (n as f64, thousands(n))).collect();
        Axis { scale: Scale::Linear, low: 0.0, high: last as f64, ticks, from, to }
    }

    /// Of numbers of parameters: logarithmic.
    pub fn parameters(values: &[f64], from: f64, to: f64) -> Axis {
        Axis::new(Scale::Logarithmic, &logarithmic_ticks(values), |value| thousands(value as usize), (from, to))
    }

    /// Logarithmic; values that are not positive lie on the low end.
    pub fn logarithmic(values: &[f64], from: f64, to: f64) -> Axis {
        let text = |value| written(value, LOGARITHMIC_DIGITS);
        let mut axis = Axis::new(Scale::Logarithmic, &logarithmic_ticks(values), text, (from, to));
        let (low, high) = positive_ends(values);
        let (low, high) = (low.log10().floor(), high.log10().ceil());
        // Where ticks are several powers of ten apart, there may be much room before the next one.
        if high - low > f64::from(STEPS) {
            (axis.low, axis.high) = (low, high);
            axis.ticks.retain(|(value, _)| (low..=high).contains(&value.log10()));
        }
        axis
    }

    /// Linear, from 0.
    pub fn from_zero(values: &[f64], from: f64, to: f64) -> Axis {
        let ticks = linear_ticks(&[values, &[0.0]].concat());
        Axis::new(Scale::Linear, &ticks, |value| written(value, DIGITS), (from, to))
    }

    /// Of accuracies in percent: linear, or logarithmic in the error where they are far apart.
    pub fn accuracies(values: &[f64], from: f64, to: f64) -> Axis {
        let errors: Vec<f64> = values.iter().map(|value| (100.0 - value).max(SMALLEST_ERROR)).collect();
        let (smallest, largest) = ends(&errors);
        let (scale, mut ticks) = match largest <= WIDE * smallest {
            true => (Scale::Linear, linear_ticks(values)),
            false => (Scale::Error, logarithmic_ticks(&errors).iter().rev().map(|error| 100.0 - error).collect()),
        };
        ticks.retain(|&tick| tick < 100.0 + 1e-9);
        Axis::new(scale, &ticks, |value| written(value, DIGITS), (from, to))
    }

    /// From the first to the last tick.
    fn new(scale: Scale, ticks: &[f64], text: impl Fn(f64) -> String, (from, to): (f64, f64)) -> Axis {
        let coordinate = |tick: Option<&f64>| tick.map_or(0.0, |&value| scale.coordinate(value));
        let (low, high) = (coordinate(ticks.first()), coordinate(ticks.last()));
        Axis { scale, low, high, ticks: ticks.iter().map(|&value| (value, text(value))).collect(), from, to }
    }

    /// Values and their texts, from the low end to the high one.
    pub fn ticks(&self) -> &[(f64, String)] {
        &self.ticks
    }

    /// Where a value lies; what is outside lies on the nearer end.
    pub fn pixel(&self, value: f64) -> f64 {
        self.at(self.scale.coordinate(value).clamp(self.low, self.high))
    }

    /// Where a value lies; what is above the axis lies beyond its high end.
    pub fn pixel_or_beyond(&self, value: f64) -> f64 {
        match self.scale {
            // No error at all has no place but the end.
            Scale::Error => self.pixel(value),
            Scale::Linear | Scale::Logarithmic => self.at(self.scale.coordinate(value).max(self.low)),
        }
    }

    fn at(&self, coordinate: f64) -> f64 {
        self.from + (self.to - self.from) * (coordinate - self.low) / (self.high - self.low)
    }

    /// Whether a value lies on the axis.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&self.scale.coordinate(value))
    }

    /// To be said in the axis' name.
    pub fn words(&self) -> &'static str {
        match self.scale {
            Scale::Linear => "",
            Scale::Logarithmic => ", logarithmic",
            Scale::Error => ", logarithmic in the error",
        }
    }
}

impl Scale {
    fn coordinate(self, value: f64) -> f64 {
        match self {
            Scale::Linear => value,
            Scale::Logarithmic => value.max(f64::MIN_POSITIVE).log10(),
            Scale::Error => -(100.0 - value).max(f64::MIN_POSITIVE).log10(),
        }
    }
}

/// About five steps of 1, 2 or 5 times a power of ten, around all values.
fn linear_ticks(values: &[f64]) -> Vec<f64> {
    let (low, high) = ends(values);
    // Equal values get an axis too.
    let raw = (high - low).max(1e-3 * high.abs()).max(1e-9) / 5.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|&step| step >= raw).unwrap_or(raw);
    let (mut first, mut last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
    if first >= last {
        (first, last) = (first - 1.0, first + 1.0);
    }
    (0..=(last - first) as usize).map(|n| (first + n as f64) * step).collect()
}

/// Powers of ten around all positive values, with steps between where they are few.
fn logarithmic_ticks(values: &[f64]) -> Vec<f64> {
    let (low, high) = positive_ends(values);
    let decades = (high / low).log10();
    let steps: &[f64] = match decades {
        _ if decades > 3.0 => &[1.0],
        _ if decades > 1.0 => &[1.0, 2.0, 5.0],
        _ => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
    };
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let every = [1, 2, 5, 10, 20].into_iter().find(|every| (last - first) / every <= STEPS).unwrap_or(50);
    let powers = (first - every..=last + every).filter(|power| power.rem_euclid(every) == 0);
    let all: Vec<f64> = powers.flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power))).collect();
    // Rounding must not add a tick beyond a value that is one.
    let start = all.partition_point(|&tick| tick <= low * (1.0 + 1e-9)).saturating_sub(1);
    let end = all.partition_point(|&tick| tick < high * (1.0 - 1e-9)).max(start + 1);
    all[start..=end.min(all.len() - 1)].to_vec()
}

/// The smallest and the largest value that a logarithmic axis has a place for.
fn positive_ends(values: &[f64]) -> (f64, f64) {
    let positive: Vec<f64> = values.iter().copied().filter(|&value| value > 0.0).collect();
    if positive.is_empty() { (0.1, 1.0) } else { ends(&positive) }
}

/// The smallest and the largest of at least one value.
fn ends(values: &[f64]) -> (f64, f64) {
    let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
    values.iter().fold((low, high), |(low, high), &value| (low.min(value), high.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks().iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_enclose_the_values_with_round_numbers() {
        assert_eq!(texts(&Axis::logarithmic(&[0.021, 0.4], 0.0, 1.0)), ["0.02", "0.05", "0.1", "0.2", "0.5"]);
        assert_eq!(texts(&Axis::parameters(&[9_000.0, 20_000.0], 0.0, 1.0)), ["7,000", "10,000", "15,000", "20,000"]);
        assert_eq!(
            texts(&Axis::accuracies(&[99.41, 99.62], 0.0, 1.0)),
            ["99.4", "99.45", "99.5", "99.55", "99.6", "99.65"]
        );
        assert_eq!(texts(&Axis::accuracies(&[90.5, 99.6], 0.0, 1.0)), ["90", "95", "98", "99", "99.5", "99.8"]);
    }

    #[test]
    fn twenty_powers_of_ten_have_a_tick_every_five_and_no_empty_ends() {
        let axis = Axis::logarithmic(&[0.03, 3e20], 0.0, 23.0);
        assert_eq!(texts(&axis), ["1", "1E5", "1E10", "1E15", "1E20"]);
        assert!((axis.pixel(1e20) - 22.0).abs() < 1e-9 && axis.contains(0.01) && !axis.contains(1e22));
    }

    #[test]
    fn all_correct_and_equal_accuracies_have_a_place() {
        for values in [vec![100.0], vec![99.5, 99.5], vec![99.98, 100.0]] {
            let axis = Axis::accuracies(&values, 0.0, 1.0);
            assert!(values.iter().all(|&value| axis.contains(value)), "{values:?}");
        }
        // On a logarithmic axis there is no place for an error of 0 but its end.
        let axis = Axis::accuracies(&[10.0, 100.0], 0.0, 1.0);
        assert!(axis.contains(10.0) && axis.pixel(10.0) < axis.pixel(100.0) && axis.pixel(100.0) == 1.0);
    }
}
