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
pub const HUES: [u32; 6] = [0x00_72_B2, 0xD5_5E_00, 0x00_9E_73, 0xCC_79_A7, 0xE6_9F_00, 0x56_B4_E9];
/// The same on dark paper, where the first would be hard to see.
const HUES_ON_DARK: [u32; 6] = [0x2A_93_D5, 0xD5_5E_00, 0x00_9E_73, 0xCC_79_A7, 0xE6_9F_00, 0x56_B4_E9];

/// Name, colour on light paper, colour on dark paper.
const COLOURS: [(&str, u32, u32); 16] = [
    ("paper", 0xFF_FF_FF, 0x14_18_1D),
    ("ink", 0x1B_20_26, 0xE6_EA_EF),
    ("grey", 0x55_5F_6B, 0xA7_B1_BD),
    // Headings and links.
    ("deep", 0x1F_3A_5F, 0xA9_CB_F5),
    ("line", 0xC9_D1_DA, 0x3B_46_53),
    ("grid", 0xD9_DF_E6, 0x30_3A_45),
    // Backgrounds: of heads, of results, of inputs.
    ("pale", 0xE9_EE_F4, 0x22_2A_33),
    ("result", 0xE4_F1_E1, 0x1D_32_24),
    ("input", 0xFF_F4_CC, 0x3A_33_14),
    // Verdicts: right, wrong, and neither.
    ("ok", 0x00_66_46, 0x3E_CF_9F),
    ("wrong", 0xA3_15_15, 0xFF_8F_87),
    ("kink", 0x7A_4B_00, 0xF0_BF_6B),
    // Backgrounds of mistakes, from rare to frequent.
    ("wrong-1", 0xFF_F0_DD, 0x3A_2A_16),
    ("wrong-2", 0xFF_D8_A8, 0x57_39_0F),
    ("wrong-3", 0xFF_B8_66, 0x7D_4D_07),
    ("wrong-4", 0xF5_9B_2B, 0xA8_64_00),
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
