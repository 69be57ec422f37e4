//! Texts in drawings, which do not wrap by themselves: how wide they are about, cut or broken to a width.

/// The width of a letter; most fonts' letters are narrower on average.
const LETTER: f64 = 7.8;
/// Letters of East Asian scripts are square.
const SQUARE: f64 = 14.0;

/// An estimate, in pixels, for letters of 14 pixels.
pub fn text_width(text: &str) -> f64 {
    text.chars().map(letter_width).sum()
}

fn letter_width(letter: char) -> f64 {
    if letter >= '\u{2e80}' { SQUARE } else { LETTER }
}

/// Cut at the end where it is wider than so many pixels.
pub fn shortened(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let mut used = LETTER;
    let fits = |letter: &char| {
        used += letter_width(*letter);
        used <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// In lines of at most so many pixels, broken between words.
pub fn wrapped(text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(line) + LETTER + text_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(shortened(word, width)),
        }
    }
    lines
}
