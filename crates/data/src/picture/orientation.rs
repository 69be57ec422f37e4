//! How a camera was held: the EXIF tag 274.

use super::Picture;

/// From 1 to 8; 1 is upright.
///
/// Source: Exif 2.3, section 4.6.4, tag 274: where row 0 and column 0 of the stored picture are when it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Orientation(u16);

impl Default for Orientation {
    fn default() -> Orientation {
        Orientation(1)
    }
}

impl Orientation {
    /// That in EXIF data, which begin with a TIFF header. Without it, or in damaged data, a picture is as it is.
    pub(super) fn of_exif(exif: &[u8]) -> Orientation {
        tag(exif).filter(|orientation| (1..=8).contains(orientation)).map_or(Orientation::default(), Orientation)
    }

    /// The picture as it is looked at.
    pub(super) fn apply(self, picture: Picture) -> Picture {
        let Picture { height, width, pixels } = &picture;
        let (last_row, last_column) = (height - 1, width - 1);
        let is_turned = self.0 > 4;
        let (new_height, new_width) = if is_turned { (*width, *height) } else { (*height, *width) };
        // Row and column of the stored picture.
        let source = |row: usize, column: usize| match self.0 {
            2 => (row, last_column - column),
            3 => (last_row - row, last_column - column),
            4 => (last_row - row, column),
            5 => (column, row),
            6 => (last_row - column, row),
            7 => (last_row - column, last_column - row),
            8 => (column, last_column - row),
            _ => (row, column),
        };
        if self == Orientation::default() {
            return picture;
        }
        let place = |at: usize| {
            let (row, column) = source(at / new_width, at % new_width);
            pixels[row * width + column]
        };
        Picture { height: new_height, width: new_width, pixels: (0..pixels.len()).map(place).collect() }
    }
}

/// The value of the tag in the first directory.
fn tag(exif: &[u8]) -> Option<u16> {
    let is_little = match exif.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = exif.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = long(4)? as usize;
    for entry in 0..usize::from(short(directory)?) {
        let at = directory.checked_add(2 + 12 * entry)?;
        // Tag, type (a short), how many.
        if (short(at)?, short(at + 2)?, long(at + 4)?) == (0x112, 3, 1) {
            return short(at + 8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EXIF data with two tags, the second of them the orientation.
    fn exif(orientation: u8) -> Vec<u8> {
        let make = [0, 1, 0, 2, 0, 0, 0, 4, b'a', b'b', b'c', 0];
        let tag = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
        [b"MM\0*\0\0\0\x08\0\x02".as_slice(), &make, &tag].concat()
    }

    /// Each row: what the eight orientations make of the picture a b c / d e f.
    #[test]
    fn pictures_are_turned_and_mirrored_as_they_were_taken() {
        let picture = Picture { height: 2, width: 3, pixels: b"abcdef".to_vec() };
        let looked_at = ["abcdef", "cbafed", "fedcba", "defabc", "adbecf", "daebfc", "fcebda", "cfbead"];
        for (number, expected) in (1..).zip(looked_at) {
            let turned = Orientation::of_exif(&exif(number)).apply(picture.clone());
            assert_eq!(str::from_utf8(&turned.pixels), Ok(expected), "orientation {number}");
            assert_eq!(turned.height, if number > 4 { 3 } else { 2 });
        }
        for damaged in [&exif(9)[..], &exif(6)[..20], b"II*\0\xff\xff\xff\xff", b""] {
            assert_eq!(Orientation::of_exif(damaged), Orientation::default());
        }
    }
}
