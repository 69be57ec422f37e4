//! What several seeds say about a recipe.

use serde::Serialize;

/// Accuracies of one recipe over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    /// Of the sample: divided by n - 1.
    pub(crate) standard_deviation: f64,
    pub(crate) minimum: f64,
    pub(crate) maximum: f64,
    /// The true mean is above this with a confidence of 95 %: `mean - t sd / √n`.
    pub(crate) lower_bound_95: f64,
}

impl Spread {
    /// Of at least two values.
    pub(crate) fn of(values: &[f64]) -> Option<Spread> {
        if values.len() < 2 {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let standard_deviation = (squares / (n - 1.0)).sqrt();
        let minimum = values.iter().copied().fold(f64::INFINITY, f64::min);
        let maximum = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let lower_bound_95 = mean - student_t_95(values.len() - 1) * standard_deviation / n.sqrt();
        Some(Spread { mean, standard_deviation, minimum, maximum, lower_bound_95 })
    }
}

/// The 95 % quantile of Student's t. Source: Fisher and Yates, "Statistical Tables", table III; beyond the table the
/// expansion about the normal quantile (Abramowitz and Stegun 26.7.5), which is exact to four digits there.
fn student_t_95(degrees: usize) -> f64 {
    const TABLE: [f64; 30] = [
        6.3138, 2.9200, 2.3534, 2.1318, 2.0150, 1.9432, 1.8946, 1.8595, 1.8331, 1.8125, 1.7959, 1.7823, 1.7709, 1.7613,
        1.7531, 1.7459, 1.7396, 1.7341, 1.7291, 1.7247, 1.7207, 1.7171, 1.7139, 1.7109, 1.7081, 1.7056, 1.7033, 1.7011,
        1.6991, 1.6973,
    ];
    if let Some(&t) = TABLE.get(degrees - 1) {
        return t;
    }
    let (z, n): (f64, f64) = (1.644_854, degrees as f64);
    z + (z.powi(3) + z) / (4.0 * n) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_four_values_agrees_with_calculation_by_hand() {
        // Mean 4; squares 9 + 1 + 1 + 9 = 20, over 3; t with 3 degrees is 2.3534.
        let spread = Spread::of(&[1.0, 3.0, 5.0, 7.0]).unwrap();
        let sd = (20.0f64 / 3.0).sqrt();
        assert_eq!((spread.mean, spread.standard_deviation, spread.minimum), (4.0, sd, 1.0));
        assert!((spread.lower_bound_95 - (4.0 - 2.3534 * sd / 2.0)).abs() < 1e-12);
        assert_eq!(Spread::of(&[1.0]), None);
    }

    #[test]
    fn quantiles_continue_beyond_the_table() {
        // Published: 1.6839 for 40 degrees, 1.6602 for 100.
        assert!((student_t_95(40) - 1.6839).abs() < 1e-4);
        assert!((student_t_95(100) - 1.6602).abs() < 1e-4);
    }
}
