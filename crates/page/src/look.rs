//! What tells one curve from another: colour, dash and marker, so that no one needs to see colours.

use crate::markup::{Point, circle, path};
use crate::palette::HUES;

/// How the curve of some number looks, in every chart and in every kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Of [`HUES`].
    pub hue: usize,
    /// Of solid, dashed, dotted, dash and dot, long dashes, long dash and two dots.
    pub dash: usize,
    /// Of circle, square, diamond, triangle, cross, plus.
    pub marker: usize,
}

/// Kinds of dashes, and of markers.
const KINDS: usize = 6;
/// As SVG has them, in pixels.
const DASHES: [&str; KINDS] = ["", "9 5", "2 4", "9 4 2 4", "16 5", "16 4 2 4 2 4"];

impl Look {
    /// Of curve number `n`, counted from 0. Where colours repeat, dashes and markers are others than before.
    pub fn new(n: usize) -> Look {
        let other = (n + n / HUES.len()) % KINDS;
        Look { hue: n % HUES.len(), dash: other, marker: other }
    }

    /// The class that gives its colour in SVG.
    pub fn class(self) -> String {
        format!("hue-{}", self.hue)
    }

    /// A line through runs of points, with nothing between the runs.
    pub fn curve(self, runs: &[Vec<Point>]) -> String {
        let run = |points: &Vec<Point>| {
            let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            format!("M{}", points.join("L"))
        };
        let line: String = runs.iter().filter(|points| points.len() > 1).map(run).collect();
        let dash = DASHES[self.dash];
        format!("<path class=\"line {}\" stroke-dasharray=\"{dash}\" d=\"{line}\"/>", self.class())
    }

    /// A marker around a point.
    pub fn mark(self, at: Point) -> String {
        let (x, y) = at;
        let class = format!("mark {}", self.class());
        match self.marker {
            0 => circle(&class, at),
            1 => path(&class, (x - 3.5, y - 3.5), "h7v7h-7z"),
            2 => path(&class, (x, y - 5.0), "l5 5l-5 5l-5 -5z"),
            3 => path(&class, (x, y - 5.0), "l4.5 8h-9z"),
            4 => path(&class, (x - 4.0, y - 4.0), "l8 8m0 -8l-8 8"),
            _ => path(&class, (x, y - 5.0), "v10m-5 -5h10"),
        }
    }

    /// The sign of a curve that goes on above a point.
    pub fn arrow(self, at: Point) -> String {
        path(&format!("mark {}", self.class()), (at.0, at.1 - 12.0), "l-5 8h10z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_curves_look_different_without_a_second_use_of_colour_and_marker_together() {
        let looks: Vec<(usize, usize)> = (0..30).map(Look::new).map(|look| (look.hue, look.marker)).collect();
        assert!((0..30).all(|n| !looks[..n].contains(&looks[n])), "{looks:?}");
    }
}
