//! Loss curves.

use rust_xlsxwriter::{
    Chart, ChartAxisCrossing, ChartAxisLabelPosition, ChartFont, ChartFormat, ChartLegendPosition, ChartLine,
    ChartLineDashType, ChartMarker, ChartMarkerType, ChartSolidFill, ChartType, Color,
};

use super::cell::{Place, Value};
use super::chart_cache::Caches;
use super::sheet::Sheet;
use super::style::DEEP;
use gradbook_lesson::{COLOURS, again};

/// Numbers in a column, one per update.
pub(crate) struct Series<'v> {
    pub(crate) first: Place,
    pub(crate) last: Place,
    pub(crate) values: &'v [f64],
}

/// One curve: losses, and the cell with its name.
pub(crate) struct Curve<'v> {
    pub(crate) name: Place,
    pub(crate) name_text: String,
    pub(crate) losses: Series<'v>,
    /// Curves keep their colour, dash and marker from chart to chart.
    pub(crate) look: usize,
}

/// How the losses are drawn.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
}

/// Dashes and markers, for readers who cannot tell the colours apart and for printers.
const DASHES: [ChartLineDashType; 6] = [
    ChartLineDashType::Solid,
    ChartLineDashType::Dash,
    ChartLineDashType::SquareDot,
    ChartLineDashType::DashDot,
    ChartLineDashType::LongDash,
    ChartLineDashType::LongDashDotDot,
];
const MARKERS: [ChartMarkerType; 6] = [
    ChartMarkerType::Circle,
    ChartMarkerType::Square,
    ChartMarkerType::Diamond,
    ChartMarkerType::Triangle,
    ChartMarkerType::X,
    ChartMarkerType::PlusSign,
];

/// With more points than this, markers would merge into a band.
const MAX_MARKED_POINTS: usize = 150;

/// Losses over the number of updates. `counts` are the numbers 0, 1, 2, ...
pub(crate) fn loss_chart(
    sheet: &Sheet,
    caches: &mut Caches,
    title: (&str, Option<Place>),
    counts: &Series,
    curves: &[Curve],
    scale: Scale,
) -> Chart {
    let mut chart = Chart::new(ChartType::ScatterStraight);
    let updates = counts.values.len() - 1;
    for curve in curves {
        let colour = Color::RGB(COLOURS[curve.look % COLOURS.len()]);
        let again = again(curve.look);
        let mut line = ChartLine::new();
        line.set_color(colour).set_width(2).set_dash_type(DASHES[again % DASHES.len()]);
        let mut marker = ChartMarker::new();
        if counts.values.len() > MAX_MARKED_POINTS {
            marker.set_none();
        } else {
            let mut fill = ChartFormat::new();
            let mut thin = ChartLine::new();
            thin.set_color(colour).set_width(0.75);
            fill.set_solid_fill(ChartSolidFill::new().set_color(colour)).set_line(&thin);
            marker.set_type(MARKERS[again % MARKERS.len()]).set_size(4).set_format(&mut fill);
        }
        chart
            .add_series()
            .set_name(&sheet.chart_range(curve.name, curve.name))
            .set_categories(&sheet.chart_range(counts.first, counts.last))
            .set_values(&sheet.chart_range(curve.losses.first, curve.losses.last))
            .set_marker(&marker)
            .set_format(ChartFormat::new().set_line(&line));
        caches.add(sheet, curve.name, curve.name, vec![Value::Text(curve.name_text.clone())]);
        for series in [counts, &curve.losses] {
            let values = series.values.iter().copied().map(Value::Number).collect();
            caches.add(sheet, series.first, series.last, values);
        }
    }
    match title {
        (text, None) => chart.title().set_name(text),
        (text, Some(cell)) => {
            caches.add(sheet, cell, cell, vec![Value::Text(text.to_owned())]);
            chart.title().set_name(&sheet.chart_range(cell, cell))
        }
    };
    dress(&mut chart, updates, curves.len(), scale);
    chart
}

fn dress(chart: &mut Chart, updates: usize, curves: usize, scale: Scale) {
    let mut pale = ChartLine::new();
    pale.set_color(Color::RGB(0xD9_DD_E2)).set_width(0.75);
    let axis_font = || {
        let mut font = ChartFont::new();
        font.set_size(12).unset_bold();
        font
    };
    let mut title_font = ChartFont::new();
    title_font.set_size(14).set_bold().set_color(DEEP);
    chart.title().set_font(&title_font);
    let x = chart.x_axis();
    x.set_name("number of updates").set_name_font(&axis_font()).set_font(&axis_font()).set_min(0);
    x.set_max(updates as f64).set_major_gridlines(false).set_num_format("0");
    x.set_label_position(ChartAxisLabelPosition::Low);
    let y = chart.y_axis();
    y.set_name_font(&axis_font()).set_font(&axis_font()).set_major_gridlines_line(&pale);
    match scale {
        Scale::Linear => y.set_name("total loss E_tot").set_min(0).set_num_format("General"),
        Scale::Logarithmic => {
            // The horizontal axis would otherwise cross at 1, above all curves.
            y.set_crossing(ChartAxisCrossing::Min);
            y.set_name("total loss E_tot, logarithmic").set_log_base(10).set_num_format("0E+00")
        }
    };
    if curves == 1 {
        chart.legend().set_hidden();
    } else {
        chart.legend().set_position(ChartLegendPosition::Right).set_font(&axis_font());
    }
}
