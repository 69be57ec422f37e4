//! An image drawn with characters: white on black, as a network sees it.

use std::fmt::Write;

/// What the reader's terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shades {
    /// 26 greys as terminal colours, two pixels per character.
    Colours,
    /// Five greys, two characters per pixel.
    Unicode,
    /// Ten greys, two characters per pixel.
    Ascii,
}

impl Shades {
    /// For a terminal or not, as the environment says: `NO_COLOR` (no-color.org), `TERM`, and the locale, whose names
    /// contain UTF-8 where Unicode can be shown.
    pub(crate) fn of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Shades {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default().to_lowercase();
        let is_unicode = cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8");
        let has_colours = variable("NO_COLOR").is_none() && variable("TERM").is_some_and(|term| term != "dumb");
        match (is_unicode, is_terminal && has_colours) {
            (true, true) => Shades::Colours,
            (true, false) => Shades::Unicode,
            (false, _) => Shades::Ascii,
        }
    }

    /// The image (`[any, width]`, 0 black to 255 white) as lines, without a final line end.
    pub(crate) fn draw(self, image: &[u8], width: usize) -> String {
        let rows: Vec<&[u8]> = image.chunks(width).collect();
        let lines: Vec<String> = match self {
            Shades::Colours => rows.chunks(2).map(half_blocks).collect(),
            Shades::Unicode => rows.iter().map(|row| characters(row, &[' ', '░', '▒', '▓', '█'])).collect(),
            Shades::Ascii => {
                rows.iter().map(|row| characters(row, &[' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'])).collect()
            }
        };
        lines.join("\n")
    }
}

/// One or two rows: the upper one is the foreground colour of the upper-half-block character.
fn half_blocks(rows: &[&[u8]]) -> String {
    let mut line = String::new();
    for column in 0..rows[0].len() {
        let lower = rows.get(1).map_or(0, |row| row[column]);
        // Writing to a string cannot fail.
        let _ = write!(line, "\x1b[38;5;{};48;5;{}m▀", colour(rows[0][column]), colour(lower));
    }
    line + "\x1b[0m"
}

/// The grey's number among 256 colours: 232 to 255 are 8 to 238 in steps of 10; 16 is black, 231 white.
fn colour(pixel: u8) -> u8 {
    match pixel {
        0..=3 => 16,
        247..=255 => 231,
        _ => 232 + (pixel.saturating_sub(3) / 10).min(23),
    }
}

fn characters(row: &[u8], shades: &[char]) -> String {
    row.iter().flat_map(|&pixel| [shades[usize::from(pixel) * (shades.len() - 1) / 255]; 2]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_suit_who_reads_them() {
        let of = |is_terminal: bool, variables: &[(&str, &str)]| {
            let find =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
            Shades::of(is_terminal, find)
        };
        let usual = [("LANG", "de_DE.UTF-8"), ("TERM", "xterm")];
        assert_eq!(of(true, &usual), Shades::Colours);
        assert_eq!(of(false, &usual), Shades::Unicode);
        assert_eq!(of(true, &[usual[0], usual[1], ("NO_COLOR", "1")]), Shades::Unicode);
        assert_eq!(of(true, &[usual[0], ("TERM", "dumb")]), Shades::Unicode);
        if !cfg!(windows) {
            assert_eq!(of(true, &[usual[0], usual[1], ("LC_ALL", "C")]), Shades::Ascii);
        }
    }

    #[test]
    fn drawings_have_every_pixel() {
        let image = [0, 255, 128, 0, 0, 255];
        assert_eq!(Shades::Ascii.draw(&image, 2), "  @@\n==  \n  @@");
        assert_eq!(Shades::Unicode.draw(&image, 2), "  ██\n▒▒  \n  ██");
        let lines = Shades::Colours.draw(&image, 2);
        assert_eq!(lines.lines().count(), 2);
        assert!(lines.starts_with("\x1b[38;5;16;48;5;244m▀\x1b[38;5;231;48;5;16m▀\x1b[0m\n"), "{lines:?}");
    }
}
