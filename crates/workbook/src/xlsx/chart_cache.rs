//! Fills the number caches of charts.
//!
//! A chart stores, beside each range, a copy of the range's values. rust_xlsxwriter copies constants only, so a chart
//! over formulas has an empty copy, and programs that trust the copy (previews, converters) draw nothing. This module
//! goes over the finished file and writes the cells' values into every chart. It also puts the parts of each
//! scatter series into the order that the format demands.

use std::collections::HashMap;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::cell::{Place, Value};
use super::sheet::Sheet;
use crate::error::Error;

/// The values of every range that a chart shows, by the range as charts write it.
#[derive(Default)]
pub(crate) struct Caches {
    ranges: HashMap<String, Vec<Value>>,
}

impl Caches {
    pub(crate) fn add(&mut self, sheet: &Sheet, first: Place, last: Place, values: Vec<Value>) {
        self.ranges.insert(Caches::key(sheet.name_of(first.sheet), &sheet.range(first, last)), values);
    }

    /// `Sheet!$A$1` and `'Sheet'!$A$1:$A$1` are the same.
    fn key(sheet: &str, range: &str) -> String {
        let cells = range.rsplit('!').next().unwrap_or(range);
        let cells = match cells.split_once(':') {
            Some((first, last)) if first == last => first,
            _ => cells,
        };
        format!("{sheet}!{cells}")
    }

    /// The values of a range as a chart writes it.
    fn get(&self, formula: &str) -> Option<&[Value]> {
        let (sheet, _) = formula.rsplit_once('!')?;
        self.ranges.get(&Caches::key(sheet.trim_matches('\''), formula)).map(Vec::as_slice)
    }
}

/// The same workbook with complete chart caches; all other parts are copied unchanged.
pub(crate) fn fill(xlsx: &[u8], caches: &Caches) -> Result<Vec<u8>, Error> {
    let mut from = ZipArchive::new(Cursor::new(xlsx))?;
    let mut to = ZipWriter::new(Cursor::new(Vec::with_capacity(xlsx.len())));
    // The writer's default time is the current time if any crate in the build turns that on.
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
            to.write_all(with_caches(&with_lines_before_markers(&xml), caches).as_bytes())?;
        } else {
            to.raw_copy_file(part)?;
        }
    }
    Ok(to.finish()?.into_inner())
}

/// rust_xlsxwriter 0.102 writes a scatter series' marker before its line. The schema (ECMA-376, CT_ScatterSer) has the
/// opposite order, and Excel offers to repair files that deviate from it.
fn with_lines_before_markers(xml: &str) -> String {
    const MARKER: [&str; 2] = ["<c:marker>", "</c:marker>"];
    const LINE: [&str; 2] = ["<c:spPr>", "</c:spPr>"];
    let mut ordered = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some(start) = rest.find(MARKER[0]) {
        let Some(length) = rest[start..].find(MARKER[1]) else { break };
        let end = start + length + MARKER[1].len();
        let line = match rest[end..].find(LINE[1]) {
            Some(length) if rest[end..].starts_with(LINE[0]) => length + LINE[1].len(),
            _ => 0,
        };
        ordered.push_str(&rest[..start]);
        ordered.push_str(&rest[end..end + line]);
        ordered.push_str(&rest[start..end]);
        rest = &rest[end + line..];
    }
    ordered.push_str(rest);
    ordered
}

/// Replaces what follows each `<c:f>range</c:f>` within its `numRef` or `strRef` with a cache of the range's values.
fn with_caches(xml: &str, caches: &Caches) -> String {
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
        match caches.get(formula) {
            Some(cells) => filled.push_str(&reference_with_cache(formula, cells)),
            None => filled.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    filled.push_str(rest);
    filled
}

/// A range with its cache: of texts if the first cell is a text, otherwise of numbers.
fn reference_with_cache(formula: &str, cells: &[Value]) -> String {
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
