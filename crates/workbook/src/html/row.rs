//! A formula from left to right, and where its line may break.
//!
//! No browser breaks a formula that is too wide, so a long one is written as several, each beginning with an operator,
//! between which lines break like words.

/// Formulas up to this width stay whole: they fit beside a symbol on a phone.
pub(super) const WHOLE: usize = 26;

/// Space beside an operator.
const SPACE: &str = "0.22em";

/// A formula from left to right, in pieces between which a line may break.
#[derive(Default)]
pub(super) struct Row {
    pub(super) pieces: Vec<Piece>,
}

#[derive(Default)]
pub(super) struct Piece {
    /// What it begins with.
    pub(super) operator: Option<&'static str>,
    pub(super) markup: String,
    pub(super) width: usize,
    /// Whether a product is continued here rather than a sum.
    in_product: bool,
}

impl Row {
    pub(super) fn push(&mut self, markup: &str, width: usize) {
        if self.pieces.is_empty() {
            self.pieces.push(Piece::default());
        }
        let piece = self.pieces.last_mut().expect("the one just pushed");
        piece.markup.push_str(markup);
        piece.width += width;
    }

    /// An operator, before which a line may break.
    pub(super) fn operator(&mut self, sign: &'static str, in_product: bool) {
        self.pieces.push(Piece { operator: Some(sign), markup: String::new(), width: 3, in_product });
    }

    pub(super) fn width(&self) -> usize {
        self.pieces.iter().map(|piece| piece.width).sum()
    }

    /// All of it in one, where nothing may break.
    pub(super) fn whole(self) -> (String, usize) {
        let width = self.width();
        (
            format!("<mrow>{}</mrow>", self.pieces.into_iter().map(|piece| piece.written(SPACE)).collect::<String>()),
            width,
        )
    }

    /// Breaks sums first, and a product only if it is too wide by itself.
    pub(super) fn formulas(self) -> String {
        let mut formulas: Vec<(String, usize)> = Vec::new();
        let breaks = self.width() > WHOLE;
        let mut widths = vec![0];
        for (n, piece) in self.pieces.iter().enumerate() {
            if n > 0 && !piece.in_product {
                widths.push(0);
            }
            *widths.last_mut().expect("starts with one") += piece.width;
        }
        let mut term = 0;
        for (n, piece) in self.pieces.into_iter().enumerate() {
            if n > 0 && !piece.in_product {
                term += 1;
            }
            let starts = breaks && (!piece.in_product || widths[term] > WHOLE);
            match formulas.last_mut() {
                Some((markup, width)) if !starts || *width + piece.width <= WHOLE / 2 => {
                    markup.push_str(&piece.written(SPACE));
                    *width += piece.width;
                }
                _ => formulas.push((piece.written("0"), piece.width)),
            }
        }
        let formulas: Vec<String> = formulas.into_iter().map(|(markup, _)| math(&markup)).collect();
        formulas.join(" ")
    }
}

impl Piece {
    fn written(&self, space_before: &str) -> String {
        self.operator.map_or(String::new(), |sign| operator(sign, space_before)) + &self.markup
    }
}

pub(super) fn math(markup: &str) -> String {
    format!("<math displaystyle=\"true\">{markup}</math>")
}

pub(super) fn operator(sign: &str, space_before: &str) -> String {
    format!("<mo form=\"infix\" lspace=\"{space_before}\" rspace=\"{SPACE}\">{sign}</mo>")
}
