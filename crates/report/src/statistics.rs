//! What several seeds say about a recipe: spreads, and intervals after Student and Welch.
//!
//! Values are accuracies of independent trainings, in any unit; the results have the same unit.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Accuracies of one recipe over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Of all values.
    pub mean: f64,
    /// Of the sample: divided by n - 1.
    pub standard_deviation: f64,
    /// The smallest value.
    pub minimum: f64,
    /// The largest value.
    pub maximum: f64,
    /// The true mean is above this with a confidence of 95 %: `mean - t sd / √n`.
    pub lower_bound_95: f64,
}

impl Spread {
    /// Of at least two values.
    pub fn of(values: &[f64]) -> Option<Spread> {
        let Moments { n, mean, variance } = Moments::of(values)?;
        Some(Spread {
            mean,
            standard_deviation: variance.sqrt(),
            minimum: values.iter().copied().fold(f64::INFINITY, f64::min),
            maximum: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            lower_bound_95: mean - student_t_quantile(0.95, n - 1.0) * (variance / n).sqrt(),
        })
    }
}

/// Holds the true value with a confidence of 95 %, two-sided: `centre ± half_width`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub centre: f64,
    /// How far the true value may be from it.
    pub half_width: f64,
}

impl Interval {
    /// The smallest value that it contains.
    pub fn low(&self) -> f64 {
        self.centre - self.half_width
    }

    /// The largest value that it contains.
    pub fn high(&self) -> f64 {
        self.centre + self.half_width
    }

    /// Whether 0 lies outside: then the true value is told apart from it.
    pub fn excludes_zero(&self) -> bool {
        self.centre.abs() > self.half_width
    }
}

/// Where the mean of all seeds is, from at least two of them: `mean ± t sd / √n`, t with n - 1 degrees of freedom.
/// Source: Student (1908), "The probable error of a mean".
pub fn mean_interval(values: &[f64]) -> Option<Interval> {
    let Moments { n, mean, variance } = Moments::of(values)?;
    Some(Interval { centre: mean, half_width: student_t_quantile(0.975, n - 1.0) * (variance / n).sqrt() })
}

/// The mean of `values` minus that of `before`, whose variances may differ.
///
/// ```text
/// d = mean - mean'      ± t √(e + e')      e = sd² / n
/// degrees of freedom of t:  (e + e')² / (e² / (n - 1) + e'² / (n' - 1))
/// ```
///
/// Needs two values each, and some spread: where all values of both sides are equal, no interval can be told.
/// Source: Welch (1947), "The generalization of 'Student's' problem when several different population variances are
/// involved"; degrees of freedom: Satterthwaite (1946), eq. 17.
pub fn difference(values: &[f64], before: &[f64]) -> Option<Interval> {
    let (new, old) = (Moments::of(values)?, Moments::of(before)?);
    let (e, f) = (new.variance / new.n, old.variance / old.n);
    if e + f == 0.0 {
        return None;
    }
    let degrees = (e + f).powi(2) / (e.powi(2) / (new.n - 1.0) + f.powi(2) / (old.n - 1.0));
    Some(Interval { centre: new.mean - old.mean, half_width: student_t_quantile(0.975, degrees) * (e + f).sqrt() })
}

/// The t below which Student's distribution lies with this `probability`; `degrees` of freedom may be a fraction.
///
/// # Panics
///
/// If `degrees` is not positive or `probability` is not between 0 and 1.
pub fn student_t_quantile(probability: f64, degrees: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees).expect("degrees of freedom are positive").inverse_cdf(probability)
}

/// The middle value, or the mean of the middle two; of at least one value.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

struct Moments {
    n: f64,
    mean: f64,
    /// Of the sample: divided by n - 1.
    variance: f64,
}

impl Moments {
    /// Of at least two values.
    fn of(values: &[f64]) -> Option<Moments> {
        if values.len() < 2 {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Moments { n, mean, variance: squares / (n - 1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_four_values_agrees_with_calculation_by_hand() {
        // Mean 4; squares 9 + 1 + 1 + 9 = 20, over 3; t with 3 degrees is 2.353363435, two-sided 3.182446305.
        let values = [1.0, 3.0, 5.0, 7.0];
        let spread = Spread::of(&values).unwrap();
        let sd = (20.0f64 / 3.0).sqrt();
        assert_eq!((spread.mean, spread.standard_deviation), (4.0, sd));
        assert_eq!((spread.minimum, spread.maximum), (1.0, 7.0));
        assert!((spread.lower_bound_95 - (4.0 - 2.353_363_435 * sd / 2.0)).abs() < 1e-8);
        let interval = mean_interval(&values).unwrap();
        assert!((interval.half_width - 3.182_446_305 * sd / 2.0).abs() < 1e-8);
        assert_eq!(Spread::of(&[1.0]), None);
        assert_eq!(mean_interval(&[1.0]), None);
    }

    #[test]
    fn quantiles_of_student_are_the_published_ones() {
        // Fisher and Yates, "Statistical Tables", table III; NIST/SEMATECH e-Handbook, 1.3.6.7.2.
        let published = [
            (1.0, 6.3138, 12.7062),
            (2.0, 2.9200, 4.3027),
            (3.0, 2.3534, 3.1824),
            (4.0, 2.1318, 2.7764),
            (9.0, 1.8331, 2.2622),
            (30.0, 1.6973, 2.0423),
            (100.0, 1.6602, 1.9840),
        ];
        for (degrees, one_sided, two_sided) in published {
            assert!((student_t_quantile(0.95, degrees) - one_sided).abs() < 1e-4, "{degrees}");
            assert!((student_t_quantile(0.975, degrees) - two_sided).abs() < 1e-4, "{degrees}");
        }
    }

    #[test]
    fn difference_of_means_agrees_with_calculation_by_hand() {
        // Means 4 and 3; e = (20/3)/4 = 5/3 and e' = 2/2 = 1; degrees (8/3)² / ((5/3)²/3 + 1) = 48/13. For these, t is
        // 2.870117 by Simpson's rule on the density.
        let interval = difference(&[1.0, 3.0, 5.0, 7.0], &[2.0, 4.0]).unwrap();
        assert_eq!(interval.centre, 1.0);
        assert!((interval.half_width - 2.870_117 * (8.0f64 / 3.0).sqrt()).abs() < 1e-6);
        assert!(!interval.excludes_zero());
        assert_eq!(difference(&[1.0, 2.0], &[1.0]), None);
        assert_eq!(difference(&[1.0, 1.0], &[2.0, 2.0]), None);
    }
}
