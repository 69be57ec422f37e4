//! Numbers for people: so many significant digits, powers of ten where zeros would hide them, never `-0`.

/// Digits of numbers inside formulas.
pub(super) const IN_FORMULA: usize = 6;
/// Digits of a quantity's own value: a slip that hides behind six shows in nine.
pub(super) const OF_VALUE: usize = 9;

/// A rounded number.
#[derive(Debug, PartialEq)]
pub(super) struct Rounded {
    pub(super) negative: bool,
    /// Without sign.
    pub(super) digits: String,
    /// The power of ten that multiplies the digits, if it is written.
    pub(super) exponent: Option<i32>,
}

/// `x` to so many significant digits, without zeros at the end.
pub(super) fn rounded(x: f64, significant: usize) -> Rounded {
    if x == 0.0 || !x.is_finite() {
        let digits = if x == 0.0 { "0" } else { "not a finite number" };
        return Rounded { negative: false, digits: digits.to_owned(), exponent: None };
    }
    let size = x.abs();
    let scientific = format!("{size:.*e}", significant - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("Rust's notation");
    let exponent: i32 = exponent.parse().expect("Rust's notation");
    let trimmed = |digits: &str| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    let negative = x < 0.0;
    if (-4..significant as i32).contains(&exponent) {
        let decimals = (significant as i32 - 1 - exponent) as usize;
        return Rounded { negative, digits: trimmed(&format!("{size:.decimals$}")), exponent: None };
    }
    Rounded { negative, digits: trimmed(mantissa), exponent: Some(exponent) }
}

/// As text: `−0.25`, `1.5E-12`.
pub(super) fn text(x: f64, significant: usize) -> String {
    let Rounded { negative, digits, exponent } = rounded(x, significant);
    let sign = if negative { "−" } else { "" };
    let exponent = exponent.map_or(String::new(), |e| format!("E{}", e.to_string().replace('-', "−")));
    format!("{sign}{digits}{exponent}")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn numbers_are_written_to_significant_digits_without_zeros_at_the_end() {
        let cases = [
            (-0.0, "0"),
            (0.5, "0.5"),
            (-0.25, "−0.25"),
            (0.012_880_818_649, "0.0128808"),
            (1_234.567_8, "1234.57"),
            (-0.000_043_21, "−4.321E−5"),
            (0.999_999_99, "1"),
            (3.0e22, "3E22"),
            (120_000.0, "120000"),
        ];
        for (number, written) in cases {
            assert_eq!(text(number, 6), written);
        }
    }
}
