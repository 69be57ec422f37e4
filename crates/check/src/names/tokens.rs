//! A header as words, numbers and signs, without the typographic variants of its letters.

use unicode_normalization::UnicodeNormalization;

use super::vocabulary::in_english;

/// A part of a header.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Number(String),
    Slash,
    /// `+` or `'` behind a name.
    New,
    /// `[3]` at the end of a name that has its number already.
    Sample(usize),
}

/// Lower case and English, without accents and the typographic variants of letters and digits.
pub(super) fn canonical(text: &str) -> String {
    let mut plain = String::new();
    // The capital is a change, the small letter one of the signs of a derivative.
    let text = text.replace(['Δ', '∆'], " delta ").replace('Σ', " sum ");
    for letter in text.nfkc().flat_map(char::to_lowercase) {
        match letter {
            '∂' | 'δ' | 'ð' | 'ә' | 'ə' => plain.push('d'),
            'η' | 'ɳ' | 'ƞ' | 'ŋ' => plain.push_str("eta"),
            'α' => plain.push_str("alpha"),
            'θ' => plain.push_str("theta"),
            'σ' | 'ς' | 'φ' | 'ϕ' => plain.push_str("sigma"),
            '∇' => plain.push_str("grad"),
            '∑' => plain.push_str("sum"),
            'ŷ' => plain.push_str("yhat"),
            '÷' | '∕' | '⁄' => plain.push('/'),
            '′' | '’' | '‘' | '`' => plain.push('\''),
            '⁺' => plain.push('+'),
            '→' => plain.push_str(" to "),
            letter => plain.push(letter),
        }
    }
    let without_accents: String = plain.nfd().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).collect();
    in_english(&without_accents)
}

/// `None` if there is something in it that no name has.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let plain = canonical(text);
    let plain = plain.trim();
    // `E#`, `iteration #`: a number of the step.
    if plain.ends_with('#') {
        return Some(vec![Token::Word("step".to_owned())]);
    }
    let plain = plain.trim_end_matches([':', '=', ' ']);
    let mut tokens = Vec::new();
    let mut rest = plain;
    while let Some(letter) = rest.chars().next() {
        let run = |is: fn(char) -> bool| rest.find(|letter| !is(letter)).unwrap_or(rest.len());
        let length = match letter {
            'a'..='z' => {
                let end = run(|letter| letter.is_ascii_lowercase());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
            '0'..='9' => {
                let end = run(|letter| letter.is_ascii_digit());
                tokens.push(Token::Number(rest[..end].to_owned()));
                end
            }
            // `h1[2]`, but not `w[1][2]`.
            '[' if matches!(tokens.last(), Some(Token::Number(_)))
                && !plain[..plain.len() - rest.len()].ends_with(']')
                && rest.find(']') == Some(rest.len() - 1) =>
            {
                match rest[1..rest.len() - 1].parse::<usize>() {
                    Ok(number) if number > 0 => tokens.push(Token::Sample(number - 1)),
                    _ => return None,
                }
                rest.len()
            }
            '/' => {
                tokens.push(Token::Slash);
                1
            }
            '+' | '\'' => {
                tokens.push(Token::New);
                1
            }
            ' ' | '_' | '.' | '-' | '(' | ')' | '{' | '}' | '[' | ']' | ',' | '^' | '|' | '\n' | '\r' | '\t' | '#' => {
                letter.len_utf8()
            }
            _ => return None,
        };
        rest = &rest[length..];
    }
    Some(tokens)
}
