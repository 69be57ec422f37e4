//! Numbers as readers see them.

/// A whole number with its thousands apart: `13,642`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// With a sign, and a minus as wide as a plus.
pub(crate) fn signed(number: f64, decimals: usize) -> String {
    format!("{number:+.decimals$}").replace('-', "−")
}

/// With as many decimals as a value of that size needs.
pub(crate) fn seconds(number: f64) -> String {
    let decimals = if number < 10.0 {
        2
    } else if number < 100.0 {
        1
    } else {
        0
    };
    format!("{number:.decimals$}")
}

/// For programs: up to six decimals, without the few bits that sums leave behind.
pub(crate) fn exact(number: f64) -> String {
    ((number * 1e6).round() / 1e6).to_string()
}

/// A fraction as `99.43 %`.
pub(crate) fn percent(fraction: f64) -> String {
    format!("{:.2} %", 100.0 * fraction)
}

/// A tick of an axis: `0.02`, `150`; very small and large ones as `1e-7`.
pub(crate) fn tick(number: f64) -> String {
    // Sums of decimal steps are a few bits off.
    let rounded: f64 = format!("{number:.9e}").parse().unwrap_or(number);
    let plain = rounded == 0.0 || (1e-4..1e6).contains(&rounded.abs());
    if plain { rounded.to_string().replace('-', "−") } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!([7, 999, 13_642, 1_000_000].map(grouped), ["7", "999", "13,642", "1,000,000"]);
        assert_eq!([0.1214, -0.05].map(|number| signed(number, 3)), ["+0.121", "−0.050"]);
        assert_eq!([3.0 * 0.1, 99.55, 1e-9, 2e7].map(tick), ["0.3", "99.55", "1e-9", "2e7"]);
    }
}
