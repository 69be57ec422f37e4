//! Numbers as readers see them.

/// A whole number with a comma between its thousands: `13,642`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// A count and what is counted: `1 epoch`, `20 epochs`.
pub fn plural(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// A fraction as `99.43 %`.
pub fn percent(fraction: f64) -> String {
    format!("{:.2} %", 100.0 * fraction)
}

/// With a sign, and a minus as wide as a plus.
pub fn signed(number: f64, decimals: usize) -> String {
    format!("{number:+.decimals$}").replace('-', MINUS)
}

/// Seconds with two decimals below 10, one below 100 and none above.
pub fn seconds(number: f64) -> String {
    let decimals = if number < 10.0 {
        2
    } else if number < 100.0 {
        1
    } else {
        0
    };
    format!("{number:.decimals$}")
}

/// The nearest number with that many significant digits; `digits` is at least 1.
pub fn significant(number: f64, digits: usize) -> f64 {
    format!("{number:.*e}", digits - 1).parse().unwrap_or(number)
}

/// For terminals and files: at most that many significant digits, as `0.0005` or `5e-4`, whichever is usual for the size.
pub fn rounded(number: f64, digits: usize) -> String {
    let number = significant(number, digits);
    if number == 0.0 || (1e-3..1e6).contains(&number.abs()) { number.to_string() } else { format!("{number:e}") }
}

/// For pages: at most that many significant digits, as `−0.25` or `1.5E−12`, never `-0`.
pub fn written(number: f64, digits: usize) -> String {
    let Written { negative, digits, exponent } = Written::new(number, digits);
    let sign = if negative { MINUS } else { "" };
    let exponent = exponent.map_or(String::new(), |exponent| format!("E{}", exponent.to_string().replace('-', MINUS)));
    format!("{sign}{digits}{exponent}")
}

const MINUS: &str = "−";

/// The parts of a number on a page, for those that set them in another way than [`written`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Whether a minus comes first.
    pub negative: bool,
    /// Digits and decimal point, without sign and without zeros at the end.
    pub digits: String,
    /// The power of ten that multiplies the digits, if zeros would hide them otherwise.
    pub exponent: Option<i32>,
}

impl Written {
    /// `number` to that many significant digits, at least 1.
    pub fn new(number: f64, digits: usize) -> Written {
        if number == 0.0 || !number.is_finite() {
            let digits = if number == 0.0 { "0" } else { "not a finite number" };
            return Written { negative: false, digits: digits.to_owned(), exponent: None };
        }
        let size = number.abs();
        let scientific = format!("{size:.*e}", digits - 1);
        let (mantissa, exponent) = scientific.split_once('e').expect("Rust's notation");
        let exponent: i32 = exponent.parse().expect("Rust's notation");
        let negative = number < 0.0;
        if (-4..digits as i32).contains(&exponent) {
            let decimals = (digits as i32 - 1 - exponent) as usize;
            return Written { negative, digits: without_zeros(&format!("{size:.decimals$}")), exponent: None };
        }
        Written { negative, digits: without_zeros(mantissa), exponent: Some(exponent) }
    }
}

/// Without the zeros that end a fraction.
fn without_zeros(digits: &str) -> String {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_fractions_are_written_as_people_read_them() {
        assert_eq!([7, 999, 13_642, 1_000_000].map(thousands), ["7", "999", "13,642", "1,000,000"]);
        assert_eq!([1, 0, 2000].map(|n| plural(n, "step")), ["1 step", "0 steps", "2,000 steps"]);
        assert_eq!([0.1214, -0.05].map(|number| signed(number, 3)), ["+0.121", "−0.050"]);
        assert_eq!([9.994, 12.34, 123.4].map(seconds), ["9.99", "12.3", "123"]);
        assert_eq!(percent(0.9943), "99.43 %");
    }

    #[test]
    fn terminals_get_the_notation_that_is_usual_for_the_size() {
        assert_eq!([0.187_511, 2.999_99e-5, 1e30].map(|x| rounded(x, 3)), ["0.188", "3e-5", "1e30"]);
        assert_eq!([0.1, 15.0, 5e-4, 100.0 * 0.07, 1e-8].map(|x| rounded(x, 12)), ["0.1", "15", "5e-4", "7", "1e-8"]);
    }

    #[test]
    fn pages_get_significant_digits_without_zeros_at_the_end() {
        let cases = [
            (-0.0, "0"),
            (0.5, "0.5"),
            (-0.25, "−0.25"),
            (0.012_880_818_649, "0.0128808"),
            (1_234.567_8, "1234.57"),
            (-0.000_043_21, "−4.321E−5"),
            (0.999_999_99, "1"),
            (3.0 * 0.1, "0.3"),
            (3.0e22, "3E22"),
            (120_000.0, "120000"),
        ];
        for (number, text) in cases {
            assert_eq!(written(number, 6), text);
        }
    }
}
