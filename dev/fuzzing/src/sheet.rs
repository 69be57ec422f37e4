//! Workbooks that are little else than one sheet, so that what a fuzzer changes is read and not refused as damaged.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const SHEETS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// A workbook with that XML as its only sheet.
pub(crate) fn workbook(sheet: &[u8]) -> Vec<u8> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", SHEETS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    for (name, content) in parts {
        file.start_file(name, SimpleFileOptions::default()).expect("in memory");
        file.write_all(content).expect("in memory");
    }
    file.finish().expect("in memory").into_inner()
}

/// The XML of a sheet whose rows are lines and whose cells are separated by `|`: names, numbers, formulas with `=`.
pub(crate) fn cells(text: &str) -> String {
    let mut xml = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#.to_owned();
    for line in text.lines() {
        xml += "<row>";
        for cell in line.split('|') {
            let escaped = cell.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            xml += &match cell.strip_prefix('=') {
                _ if cell.is_empty() => "<c/>".to_owned(),
                Some(_) => format!("<c><f>{}</f></c>", &escaped[1..]),
                None if cell.parse::<f64>().is_ok() => format!("<c><v>{cell}</v></c>"),
                None => format!("<c t=\"inlineStr\"><is><t>{escaped}</t></is></c>"),
            };
        }
        xml += "</row>";
    }
    xml + "</sheetData></worksheet>"
}
