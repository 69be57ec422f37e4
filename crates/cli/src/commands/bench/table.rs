//! The table of layers, for a person.

use gradbook_run::words::plural;

use super::layers::{LayerTimes, Profile};
use super::report;
use crate::output;

/// The table's columns: number, layer, output, three pairs of time and speed, two times.
const COLUMNS: usize = 11;

/// Blanks before each column.
const GAPS: [usize; COLUMNS] = [0, 1, 2, 2, 1, 2, 1, 2, 1, 2, 2];

/// Prints the table, with the times that belong to no layer.
///
/// # Errors
/// If standard output cannot be written.
pub(super) fn print(profile: &Profile, layers: &[LayerTimes]) -> anyhow::Result<()> {
    let us = |us: f64| if us == 0.0 { String::new() } else { format!("{us:.1}") };
    let gflops = |gflops: Option<f64>| gflops.map_or(String::new(), |gflops| format!("{gflops:.0}"));
    let sum = |part: fn(&LayerTimes) -> f64| us(layers.iter().map(part).sum());
    let shared_row = |name: &str, time: f64| {
        let mut row: [String; COLUMNS] = std::array::from_fn(|_| String::new());
        (row[1], row[9], row[10]) = (name.to_owned(), us(time), us(time));
        row
    };
    let others = profile.assembly_us + profile.loss_us + profile.between_phases_us;
    let mut rows = vec![
        ["", "layer", "output", "µs", "GF/s", "µs", "GF/s", "µs", "GF/s", "µs", "µs"].map(str::to_owned),
        shared_row("batch assembly", profile.assembly_us),
    ];
    rows.extend(layers.iter().enumerate().map(|(index, row)| {
        [
            index.to_string(),
            row.layer.clone(),
            row.shape.clone(),
            us(row.forward_us),
            gflops(row.forward_gflops),
            us(row.input_gradient_us),
            gflops(row.input_gradient_gflops),
            us(row.weight_gradient_us),
            gflops(row.weight_gradient_gflops),
            us(row.other_us),
            us(row.total_us),
        ]
    }));
    rows.push(shared_row("loss", profile.loss_us));
    rows.push(shared_row("between phases", profile.between_phases_us));
    let mut total = shared_row("total", profile.total_us);
    total[3] = sum(|layer| layer.forward_us);
    total[5] = sum(|layer| layer.input_gradient_us);
    total[7] = sum(|layer| layer.weight_gradient_us);
    total[9] = us(layers.iter().map(|layer| layer.other_us).sum::<f64>() + others);
    rows.push(total);

    output::data(&format!(
        "\nMicroseconds per image on one thread, medians of {}. GF/s: GFLOP/s as direct convolutions.\n",
        plural(profile.steps, "step")
    ))?;
    aligned(&rows).iter().try_for_each(|line| output::data(line))?;
    output::data(&format!(
        "\nRows without times are done together with the row above them. Other: an output that was not\n\
         kept, calculated again. Between phases: packing weights, adding up what the samples found, the\n\
         optimizer. Reading the clock takes {} of the total.",
        report::share(profile.clock_share)
    ))
}

/// Aligned cells, below a line that names the pairs of columns.
fn aligned(rows: &[[String; COLUMNS]]) -> Vec<String> {
    let width = |column: usize| {
        // Room for the titles.
        let least = [0, 0, 0, 6, 0, 6, 0, 6, 0, 5, 5][column];
        rows.iter().map(|row| row[column].chars().count()).fold(least, usize::max)
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let end = |column: usize| (0..=column).map(|column| GAPS[column] + widths[column]).sum::<usize>();

    let mut head = String::new();
    for (title, column) in [("forward", 4), ("input grad", 6), ("weight grad", 8), ("other", 9), ("total", 10)] {
        let room = end(column) - head.len();
        head += &format!("{title:>room$}");
    }
    let mut lines = vec![head];
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let (gap, width) = (" ".repeat(GAPS[column]), widths[column]);
            line += &match column {
                1 | 2 => format!("{gap}{cell:<width$}"),
                _ => format!("{gap}{cell:>width$}"),
            };
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}
