//! PBM, PGM and PPM, as text or bytes.
//!
//! ```text
//! P1 .. P3     black and white, grey, colours as decimal numbers
//! P4 .. P6     the same as bytes (bits, where there are two shades)
//! then         width, height and, but for P1 and P4, the largest value; whitespace, and comments from # to the line's end
//! then         after one whitespace, the values, row by row
//! ```
//!
//! Source: Netpbm's manual pages pbm(5), pgm(5), ppm(5).

use super::Picture;
use super::format::Format;
use super::grey::{Pixels, grey};
use super::limit::Limit;
use crate::Error;

pub(super) fn decode(bytes: &[u8], limit: Limit<'_>) -> Result<Picture, Error> {
    let damaged = || limit.damaged(Format::Pnm, None);
    let (kind, mut rest) = (bytes[1], &bytes[2..]);
    let is_text = kind <= b'3';
    let width = header_number(&mut rest).ok_or_else(damaged)?;
    let height = header_number(&mut rest).ok_or_else(damaged)?;
    let channels = if matches!(kind, b'3' | b'6') { 3 } else { 1 };
    let pixels = Pixels { width, height, channels };
    if matches!(kind, b'1' | b'4') {
        limit.check(width, height)?;
        let bits = if is_text { text_bits(rest, width * height) } else { packed_bits(rest, width, height) };
        return Ok(grey(&bits.ok_or_else(damaged)?, 255.0, pixels));
    }
    let largest = header_number(&mut rest).filter(|largest| (1..=65_535).contains(largest)).ok_or_else(damaged)?;
    limit.check(width, height)?;
    let count = width * height * channels;
    let values = if is_text { text_values(rest, count) } else { byte_values(rest, count, largest > 255) };
    let mut values = values.ok_or_else(damaged)?;
    // Of values beyond the largest, none is brighter than it.
    let full = if largest > 255 { 65_535.0 } else { 255.0 };
    if largest <= 255 && values.iter().any(|&value| value > 255) {
        return Err(damaged());
    }
    let factor = full / largest as f32;
    values.iter_mut().for_each(|value| *value = (f32::from(*value) * factor).round().min(full) as u16);
    Ok(grey(&values, full, pixels))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | b' ')
}

/// The next number of the header; `rest` is then behind the one whitespace that ends it.
fn header_number(rest: &mut &[u8]) -> Option<usize> {
    let mut number: Option<usize> = None;
    let mut is_comment = false;
    while let [byte, after @ ..] = *rest {
        *rest = after;
        is_comment = if is_comment { !matches!(byte, b'\r' | b'\n') } else { *byte == b'#' };
        match byte {
            _ if is_comment => {}
            b'0'..=b'9' => {
                let digit = usize::from(byte - b'0');
                number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                number = number.filter(|&number| u32::try_from(number).is_ok());
                number?;
            }
            byte if is_space(*byte) => {
                if number.is_some() {
                    break;
                }
            }
            _ => return None,
        }
    }
    number
}

fn text_values(text: &[u8], count: usize) -> Option<Vec<u16>> {
    let words = text.split(|&byte| is_space(byte)).filter(|word| !word.is_empty());
    let is_number = |word: &&[u8]| word.iter().all(u8::is_ascii_digit);
    let values = words.take(count).map(|word| {
        let word = Some(word).filter(is_number)?;
        str::from_utf8(word).ok()?.parse().ok()
    });
    values.collect::<Option<Vec<u16>>>().filter(|values| values.len() == count)
}

fn byte_values(bytes: &[u8], count: usize, are_words: bool) -> Option<Vec<u16>> {
    if are_words {
        let words = bytes.get(..2 * count)?.as_chunks().0;
        return Some(words.iter().map(|&word| u16::from_be_bytes(word)).collect());
    }
    Some(bytes.get(..count)?.iter().map(|&byte| u16::from(byte)).collect())
}

/// Digits, with whitespace between them or not; 1 is black.
fn text_bits(text: &[u8], count: usize) -> Option<Vec<u8>> {
    let digits = text.iter().filter(|&&byte| !is_space(byte)).take(count);
    let shades = digits.map(|byte| match byte {
        b'0' => Some(255),
        b'1' => Some(0),
        _ => None,
    });
    shades.collect::<Option<Vec<u8>>>().filter(|shades| shades.len() == count)
}

/// Eight a byte, the leftmost highest, rows beginning with a new byte; 1 is black.
fn packed_bits(bytes: &[u8], width: usize, height: usize) -> Option<Vec<u8>> {
    let row = width.div_ceil(8);
    let rows = bytes.get(..row * height)?.chunks(row);
    let shade = |row: &[u8], x: usize| if row[x / 8] >> (7 - x % 8) & 1 == 1 { 0 } else { 255 };
    Some(rows.flat_map(|row| (0..width).map(move |x| shade(row, x))).collect())
}

#[cfg(test)]
mod tests {
    use super::super::file::{Content, Largest, parse};
    use super::*;

    fn read(bytes: &[u8]) -> Result<Picture, String> {
        match parse("a.pnm", bytes.to_vec(), Largest { bytes: 1000, pixels: 100 }) {
            Ok(Content::One(picture)) => Ok(picture),
            Ok(Content::Idx(_)) => unreachable!("no IDX file"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_six_formats_hold_the_same_picture() {
        let black_and_white = Picture { width: 3, height: 2, pixels: vec![255, 0, 255, 0, 0, 255] };
        assert_eq!(read(b"P1\n# a comment\n3 2\n010\n1 1 0\n"), Ok(black_and_white.clone()));
        assert_eq!(read(&[b"P4 3 2\n".as_slice(), &[0b0101_1111, 0b1101_1111]].concat()), Ok(black_and_white));
        let grey = Picture { width: 2, height: 1, pixels: vec![51, 255] };
        assert_eq!(read(b"P2 2 1 # largest: \n 5 1 5"), Ok(grey.clone()));
        assert_eq!(read(b"P5 2 1 255\n\x33\xff"), Ok(grey.clone()));
        assert_eq!(read(b"P5 2 1 65535\n\x33\x33\xff\xff"), Ok(grey.clone()));
        assert_eq!(read(b"P3 2 1 10 2 2 2 10 10 10"), Ok(grey.clone()));
        assert_eq!(read(b"P6 2 1 255\n\x33\x33\x33\xff\xff\xff and more"), Ok(grey));
    }

    #[test]
    fn what_is_cut_off_or_no_number_is_damaged_and_what_is_large_is_refused() {
        for damaged in [
            b"P5 2 1 255\n\x33".as_slice(),
            b"P2 2 1 5 1",
            b"P2 2 1 0 0 0",
            b"P2 2 1 70000 0 0",
            b"P2 2 x 5 1 1",
            b"P2 2 1 255 1 256",
            b"P2 2 1 255 1 +2",
            b"P1 2 1 12",
            b"P4 9 1 \x00",
            b"P5 99999999999 1 255 ",
            b"P2",
        ] {
            let error = read(damaged).unwrap_err();
            assert!(error.contains("a.pnm: this PBM, PGM or PPM is damaged or cut off"), "{error}");
        }
        assert!(read(b"P5 20 20 255\n").unwrap_err().contains("20 x 20 pixels are more than 0.0001 million"));
        assert!(read(b"P5 0 20 255\n").unwrap_err().contains("a picture of 0 x 20 pixels has none"));
    }
}
