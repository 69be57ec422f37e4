//! Loss curves.

use rust_xlsxwriter::{
    Chart, ChartFont, ChartFormat, ChartLegendPosition, ChartLine, ChartLineDashType, ChartMarker, ChartRange,
    ChartType, Color,
};

use crate::sheet::Place;
use crate::style::DEEP;

/// One curve: a range of losses, one cell an update.
pub(crate) struct Curve {
    /// The cell with its name.
    pub(crate) name: Place,
    pub(crate) first: Place,
    pub(crate) last: Place,
}

/// Colours that people who see colours differently can tell apart (Okabe and Ito, 2008); dashes for the rest.
const COLOURS: [u32; 6] = [0x00_72_B2, 0xD5_5E_00, 0x00_9E_73, 0xCC_79_A7, 0xE6_9F_00, 0x56_B4_E9];
const DASHES: [ChartLineDashType; 6] = [
    ChartLineDashType::Solid,
    ChartLineDashType::Dash,
    ChartLineDashType::SquareDot,
    ChartLineDashType::DashDot,
    ChartLineDashType::LongDash,
    ChartLineDashType::Solid,
];

/// Losses over the number of updates; the caller adds the title. `counts` is the range of the numbers 0, 1, 2, ...
pub(crate) fn loss_chart(counts: &ChartRange, updates: usize, curves: &[Curve]) -> Chart {
    let mut chart = Chart::new(ChartType::ScatterStraight);
    for (n, curve) in curves.iter().enumerate() {
        let mut line = ChartLine::new();
        line.set_color(Color::RGB(COLOURS[n % COLOURS.len()])).set_width(2).set_dash_type(DASHES[n % DASHES.len()]);
        chart
            .add_series()
            .set_name(&curve.name.range())
            .set_categories(counts)
            .set_values(&curve.first.range_to(&curve.last))
            .set_marker(ChartMarker::new().set_none())
            .set_format(ChartFormat::new().set_line(&line));
    }
    let mut pale = ChartLine::new();
    pale.set_color(Color::RGB(0xD9_DD_E2)).set_width(0.75);
    let axis_font = || {
        let mut font = ChartFont::new();
        font.set_size(11).unset_bold();
        font
    };
    let mut title_font = ChartFont::new();
    title_font.set_size(14).set_bold().set_color(DEEP);

    chart.title().set_font(&title_font);
    let x = chart.x_axis();
    x.set_name("number of updates").set_name_font(&axis_font()).set_min(0).set_max(updates as f64);
    x.set_major_gridlines(false).set_num_format("0");
    let y = chart.y_axis();
    y.set_name("total loss E_tot").set_name_font(&axis_font()).set_min(0).set_major_gridlines_line(&pale);
    y.set_num_format("General");
    if curves.len() == 1 {
        chart.legend().set_hidden();
    } else {
        chart.legend().set_position(ChartLegendPosition::Right).set_font(&axis_font());
    }
    chart
}
