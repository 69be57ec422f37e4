//! Which alternations count: those during which the machine kept its speed.
//!
//! gradbook measures the processor's peak before and after each of its timings. Other users of a shared machine, or
//! heat, lower it for seconds to minutes, so the two programs of a pair may run at different machine speeds.

use serde_json::Value;

use super::record::{Alternation, Comparison};
use super::statistics::Spread;

/// The share of the peak that may be lost within an alternation, or between the run's best time and an alternation.
const TOLERANCE: f64 = 0.05;

/// Sets `steady` of every alternation.
///
/// An alternation is steady if gradbook's two peaks differ by at most 5 %, and neither is more than 5 % below the best
/// peak: the highest that any comparison has as the median over its alternations. Peaks of different thread counts,
/// precisions or instruction sets are not compared. Where gradbook prints no peaks, nothing can be judged, and the
/// alternation counts.
pub(crate) fn judge(comparisons: &mut [Comparison]) {
    let medians: Vec<Option<(String, f64)>> = comparisons.iter().map(median_peak).collect();
    for comparison in comparisons {
        for Alternation { ours, steady, .. } in &mut comparison.alternations {
            let conditions = conditions(ours);
            let same = medians.iter().flatten().filter(|(of, _)| *of == conditions);
            let best = same.map(|(_, peak)| *peak).fold(0.0, f64::max);
            *steady = peaks(ours).is_none_or(|peaks| is_steady(peaks, best));
        }
    }
}

fn is_steady([before, after]: [f64; 2], best: f64) -> bool {
    let (low, high) = (before.min(after), before.max(after));
    low >= (1.0 - TOLERANCE) * high && low >= (1.0 - TOLERANCE) * best
}

/// Under which conditions a comparison's peaks were measured, and their median.
fn median_peak(comparison: &Comparison) -> Option<(String, f64)> {
    let first = comparison.alternations.first()?;
    let all = comparison.alternations.iter().filter_map(|alternation| peaks(&alternation.ours)).flatten();
    Some((conditions(&first.ours), Spread::of(all)?.median))
}

/// GFLOP/s before and after a timing, if gradbook prints them.
pub(crate) fn peaks(ours: &Value) -> Option<[f64; 2]> {
    Some([ours["peak_gflops_before"].as_f64()?, ours["peak_gflops_after"].as_f64()?])
}

fn conditions(ours: &Value) -> String {
    format!("{} {} {}", ours["threads"], ours["precision"], ours["isa"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::Subject;
    use serde_json::json;

    fn comparison(threads: usize, peaks: &[[f64; 2]]) -> Comparison {
        let alternation = |&[before, after]: &[f64; 2]| Alternation {
            ours: json!({ "threads": threads, "peak_gflops_before": before, "peak_gflops_after": after }),
            theirs: Value::Null,
            steady: false,
        };
        Comparison {
            subject: Subject::Training,
            network: "classic".into(),
            precision: "f32".into(),
            our_command: String::new(),
            their_command: String::new(),
            unavailable: None,
            alternations: peaks.iter().map(alternation).collect(),
        }
    }

    fn judged(comparisons: &mut [Comparison]) -> Vec<Vec<bool>> {
        judge(comparisons);
        comparisons.iter().map(|it| it.alternations.iter().map(|alternation| alternation.steady).collect()).collect()
    }

    #[test]
    fn an_alternation_counts_if_its_peaks_agree_within_5_percent() {
        let mut one = [comparison(2, &[[100.0, 100.0], [100.0, 94.0], [96.0, 100.0], [100.0, 100.0]])];
        assert_eq!(judged(&mut one), [[true, false, true, true]]);
    }

    #[test]
    fn an_alternation_on_a_slow_machine_does_not_count_whichever_comparison_saw_the_fast_one() {
        let mut two = [comparison(2, &[[90.0, 90.0], [91.0, 91.0]]), comparison(2, &[[100.0, 100.0], [96.0, 97.0]])];
        assert_eq!(judged(&mut two), [[false, false], [true, true]]);
        let mut threads = [comparison(1, &[[50.0, 50.0]]), comparison(2, &[[100.0, 100.0]])];
        assert_eq!(judged(&mut threads), [[true], [true]]);
    }

    #[test]
    fn one_fast_outlier_does_not_discard_the_others() {
        let mut one = [comparison(2, &[[100.0, 100.0], [120.0, 120.0], [100.0, 100.0]])];
        assert_eq!(judged(&mut one), [[true, true, true]]);
    }
}
