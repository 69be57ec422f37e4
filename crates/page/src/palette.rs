//! The colours of pages and drawings, each for light and for dark paper.
//!
//! Style sheets say `var(--ink)`. [`variables`] gives these names their meaning on a page, by the reader's choice of light or
//! dark; [`literal`] puts the colours themselves in place, for drawings in files of their own, because many programs that
//! read SVG know no variables.

/// What a page or a drawing is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// Screens by default, and all that is printed.
    Light,
    /// Screens of readers who prefer dark ones.
    Dark,
}

/// Colours of curves that people who see colours differently can tell apart, as `0xRRGGBB`, on light paper.
/// Source: Okabe and Ito (2008), without yellow and black.
pub const HUES: [u32; 6] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9];
/// The same on dark paper, where the first would be hard to see.
const HUES_ON_DARK: [u32; 6] = [0x2A93D5, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9];

/// Name, colour on light paper, colour on dark paper.
const COLOURS: [(&str, u32, u32); 16] = [
    ("paper", 0xFFFFFF, 0x14181D),
    ("ink", 0x1B2026, 0xE6EAEF),
    ("grey", 0x555F6B, 0xA7B1BD),
    // Headings and links.
    ("deep", 0x1F3A5F, 0xA9CBF5),
    ("line", 0xC9D1DA, 0x3B4653),
    ("grid", 0xD9DFE6, 0x303A45),
    // Backgrounds: of heads, of results, of inputs.
    ("pale", 0xE9EEF4, 0x222A33),
    ("result", 0xE4F1E1, 0x1D3224),
    ("input", 0xFFF4CC, 0x3A3314),
    // Verdicts: right, wrong, and neither.
    ("ok", 0x006646, 0x3ECF9F),
    ("wrong", 0xA31515, 0xFF8F87),
    ("kink", 0x7A4B00, 0xF0BF6B),
    // Backgrounds of mistakes, from rare to frequent.
    ("wrong-1", 0xFFF0DD, 0x3A2A16),
    ("wrong-2", 0xFFD8A8, 0x57390F),
    ("wrong-3", 0xFFB866, 0x7D4D07),
    ("wrong-4", 0xF59B2B, 0xA86400),
];

/// Style rules that define all names for a page.
pub fn variables() -> String {
    let all = |paper| colours().map(|(name, colour)| format!(" --{name}: {};", colour(paper))).collect::<String>();
    format!(
        ":root {{ color-scheme: light dark;{} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{{} }} }}\n",
        all(Paper::Light),
        all(Paper::Dark)
    )
}

/// Style rules with the colours themselves in place of their names.
pub fn literal(style: &str, paper: Paper) -> String {
    colours().fold(style.to_owned(), |style, (name, colour)| style.replace(&format!("var(--{name})"), &colour(paper)))
}

fn colours() -> impl Iterator<Item = (String, impl Fn(Paper) -> String)> {
    let hues = HUES.iter().zip(HUES_ON_DARK).enumerate().map(|(n, (light, dark))| (format!("hue-{n}"), *light, dark));
    let all = COLOURS.iter().map(|(name, light, dark)| ((*name).to_owned(), *light, *dark)).chain(hues);
    all.map(|(name, light, dark)| {
        let colour = move |paper| match paper {
            Paper::Light => format!("#{light:06x}"),
            Paper::Dark => format!("#{dark:06x}"),
        };
        (name, colour)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_the_same_as_a_variable_and_in_a_file() {
        let rule = ".a { color: var(--wrong); fill: var(--wrong-1); stroke: var(--hue-0); }";
        assert_eq!(literal(rule, Paper::Dark), ".a { color: #ff8f87; fill: #3a2a16; stroke: #2a93d5; }");
        let variables = variables();
        for name in ["--wrong: #a31515;", "--wrong: #ff8f87;", "--hue-0: #0072b2;", "--hue-0: #2a93d5;"] {
            assert!(variables.contains(name), "{name}");
        }
    }
}
