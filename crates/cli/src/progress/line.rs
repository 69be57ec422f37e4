//! The line with the bar, with as many parts as fit the terminal's width.

use std::time::Duration;

use indicatif::HumanDuration;

/// Cells of the bar.
const CELLS: usize = 12;

/// `name`, the bar of what is done (from 0 to 1), the remaining time, if known, and `numbers`: of these parts, the most
/// important first, as many as fit completely into `width` columns.
pub(super) fn line(name: &str, done: f32, left: Duration, numbers: &[String], width: usize) -> String {
    let mut parts = vec![name.to_owned(), format!(" [{}]", bar(done))];
    if !left.is_zero() {
        parts.push(format!(" {:#} left", HumanDuration(left)));
    }
    parts.extend(numbers.iter().map(|number| format!("  {number}")));
    let mut line = String::new();
    for part in parts {
        // All of it is ASCII, one column per byte.
        if line.len() + part.len() > width {
            break;
        }
        line += &part;
    }
    line
}

fn bar(done: f32) -> String {
    let full = (done * CELLS as f32) as usize;
    let tip = if done > 0.0 && full < CELLS { ">" } else { "" };
    format!("{:CELLS$}", "=".repeat(full) + tip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_width_no_part_is_cut() {
        let numbers = ["loss 0.4544  95.51 %", "20,000 images/s", "rate 0.185"].map(str::to_owned);
        let parts = [
            "epoch 2/3",
            "epoch 2/3 [====>       ]",
            "epoch 2/3 [====>       ] 12s left",
            "epoch 2/3 [====>       ] 12s left  loss 0.4544  95.51 %",
            "epoch 2/3 [====>       ] 12s left  loss 0.4544  95.51 %  20,000 images/s",
            "epoch 2/3 [====>       ] 12s left  loss 0.4544  95.51 %  20,000 images/s  rate 0.185",
        ];
        for width in 20..=200 {
            let shown = line("epoch 2/3", 0.4, Duration::from_secs(12), &numbers, width);
            let widest = parts.iter().rfind(|parts| parts.len() <= width).unwrap();
            assert_eq!(shown, *widest, "{width} columns");
        }
    }

    #[test]
    fn the_first_bar_is_empty_and_the_last_one_full() {
        let line = |done| line("epoch 1/3", done, Duration::ZERO, &[], 40);
        assert_eq!(line(0.0), "epoch 1/3 [            ]");
        assert_eq!(line(1e-3), "epoch 1/3 [>           ]");
        assert_eq!(line(1.0), "epoch 1/3 [============]");
    }
}
