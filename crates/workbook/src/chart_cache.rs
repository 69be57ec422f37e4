//! Fills the number caches of charts.
//!
//! A chart stores, beside each range, a copy of the range's values. rust_xlsxwriter copies constants only, so a chart
//! over formulas has an empty copy, and programs that trust the copy (previews, converters) draw nothing. This goes over
//! the finished file and writes into every chart the values that the cells carry. On the way it puts the parts of each
//! scatter series into the order that the format demands.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::Error;
use crate::sheet::{Value, Values};

/// The same workbook with complete chart caches; all other parts are copied as they are.
pub(crate) fn fill(xlsx: &[u8], values: &Values) -> Result<Vec<u8>, Error> {
    let mut from = ZipArchive::new(Cursor::new(xlsx))?;
    let mut to = ZipWriter::new(Cursor::new(Vec::with_capacity(xlsx.len())));
    // The writer's default time is the present if some crate of the build turns that on.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for index in 0..from.len() {
        let mut part = from.by_index(index)?;
        let name = part.name()?.into_owned();
        if name.starts_with("xl/charts/chart") {
            let mut xml = String::new();
            part.read_to_string(&mut xml)?;
            to.start_file(name, options)?;
            to.write_all(with_caches(&with_lines_before_markers(&xml), values).as_bytes())?;
        } else {
            to.raw_copy_file(part)?;
        }
    }
    Ok(to.finish()?.into_inner())
}

/// rust_xlsxwriter 0.102 writes a scatter series' marker before its line; the schema (ECMA-376, CT_ScatterSer) has them
/// the other way round, and Excel offers to repair files that differ from it.
fn with_lines_before_markers(xml: &str) -> String {
    const MARKER: &str = "<c:marker><c:symbol val=\"none\"/></c:marker>";
    const END: &str = "</c:spPr>";
    let wrong = format!("{MARKER}<c:spPr>");
    let mut pieces = xml.split(&wrong);
    let mut ordered = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (line, rest) = piece.split_once(END).unwrap_or((piece, ""));
        ordered.push_str(&format!("<c:spPr>{line}{END}{MARKER}{rest}"));
    }
    ordered
}

/// Replaces what follows each `<c:f>range</c:f>` within its `numRef` or `strRef` by a cache of the range's values.
fn with_caches(xml: &str, values: &Values) -> String {
    let mut filled = String::with_capacity(2 * xml.len());
    let mut rest = xml;
    while let Some(start) = rest.find("<c:numRef><c:f>").into_iter().chain(rest.find("<c:strRef><c:f>")).min() {
        let opening = "<c:numRef><c:f>".len();
        let number_ending = &rest[start + 3..start + 9];
        let closing = format!("</c:{number_ending}>");
        let Some(length) = rest[start..].find(&closing) else { break };
        let reference = &rest[start..start + length];
        let end = start + length + closing.len();
        let formula = reference[opening..].split("</c:f>").next().unwrap_or_default();
        filled.push_str(&rest[..start]);
        match range_values(formula, values) {
            Some(cells) => filled.push_str(&reference_with_cache(formula, &cells)),
            None => filled.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    filled.push_str(rest);
    filled
}

/// A range with its cache: of texts if the first cell is a text, otherwise of numbers.
fn reference_with_cache(formula: &str, cells: &[&Value]) -> String {
    let kind = if matches!(cells.first(), Some(Value::Text(_))) { "str" } else { "num" };
    let mut xml = format!("<c:{kind}Ref><c:f>{formula}</c:f><c:{kind}Cache>");
    if kind == "num" {
        xml.push_str("<c:formatCode>General</c:formatCode>");
    }
    xml.push_str(&format!("<c:ptCount val=\"{}\"/>", cells.len()));
    for (index, cell) in cells.iter().enumerate() {
        // A cell without a number, such as an overflow, has no point.
        if !matches!(cell, Value::Number(number) if !number.is_finite()) {
            let text = cell.stored().replace('&', "&amp;").replace('<', "&lt;");
            xml.push_str(&format!("<c:pt idx=\"{index}\"><c:v>{text}</c:v></c:pt>"));
        }
    }
    xml.push_str(&format!("</c:{kind}Cache></c:{kind}Ref>"));
    xml
}

/// The values of `Sheet!$A$1` or `'A sheet'!$A$1:$B$7`, row by row; `None` if one is unknown.
fn range_values<'a>(formula: &str, values: &'a Values) -> Option<Vec<&'a Value>> {
    let (sheet, range) = formula.rsplit_once('!')?;
    let cells = values.get(sheet.trim_matches('\''))?;
    let (first, last) = range.split_once(':').unwrap_or((range, range));
    let ((top, left), (bottom, right)) = (row_and_column(first)?, row_and_column(last)?);
    (top..=bottom).flat_map(|row| (left..=right).map(move |column| cells.get(&(row, column)))).collect()
}

/// `$B$7` is row 6, column 1.
fn row_and_column(cell: &str) -> Option<(u32, u16)> {
    let cell = cell.replace('$', "");
    let letters = cell.find(|c: char| c.is_ascii_digit())?;
    let column = cell[..letters].bytes().fold(0u16, |column, letter| 26 * column + u16::from(letter - b'A') + 1);
    let row: u32 = cell[letters..].parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}
