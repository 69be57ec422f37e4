//! How cells look: few colours, each with one meaning.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet};

use crate::Error;

/// Six decimals; scientific where those would hide the digits.
const NUMBER: &str = "[>=0.0001]0.000000;[<=-0.0001]-0.000000;0.000E+00";
/// Eight decimals, for gradients: mistakes hide in the later ones.
const FINE_NUMBER: &str = "[>=0.00001]0.00000000;[<=-0.00001]-0.00000000;0.0000E+00";

/// Titles and the bars over sections.
pub(crate) const DEEP: Color = Color::RGB(0x1F_3A_5F);
const PALE: Color = Color::RGB(0xE3_EA_F2);
const PALE_ALTERNATE: Color = Color::RGB(0xF1_EE_E6);
const LINE: Color = Color::RGB(0xC9_D1_DA);
/// Cells that the reader may change.
const INPUT: Color = Color::RGB(0xFF_F4_CC);
/// The result that a derivation arrives at.
const RESULT: Color = Color::RGB(0xE4_F1_E1);
const GREY: Color = Color::RGB(0x55_5F_6B);

/// A sheet that is read like a page.
pub(crate) struct PageStyle {
    pub(crate) title: Format,
    pub(crate) lead: Format,
    /// What stands right of a value.
    pub(crate) about: Format,
    pub(crate) section: Format,
    /// Of the columns symbol, value, equation, with numbers, meaning.
    pub(crate) heads: [Format; 5],
    pub(crate) symbol: Format,
    pub(crate) formula: Format,
    pub(crate) value: Format,
    pub(crate) note: Format,
    pub(crate) result_symbol: Format,
    pub(crate) result_formula: Format,
    pub(crate) result_value: Format,
    pub(crate) result_note: Format,
    pub(crate) input: Format,
    pub(crate) verdict: Format,
}

impl PageStyle {
    pub(crate) fn new() -> PageStyle {
        let base = Format::new().set_font_size(12).set_align(FormatAlign::VerticalCenter);
        let lined = base.clone().set_border_bottom(FormatBorder::Thin).set_border_bottom_color(LINE);
        let head = lined.clone().set_bold().set_background_color(PALE);
        let text_head = head.clone().set_indent(1);
        let symbol = lined.clone().set_bold().set_font_color(DEEP);
        let formula = lined.clone().set_text_wrap().set_indent(1);
        let value = lined.clone().set_num_format(FINE_NUMBER).set_align(FormatAlign::Right);
        let note = lined.clone().set_text_wrap().set_font_color(GREY).set_indent(1);
        let result = |format: &Format| format.clone().set_background_color(RESULT);
        PageStyle {
            title: title(),
            lead: base.clone(),
            about: base.clone().set_indent(1),
            section: Format::new()
                .set_font_size(14)
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(DEEP)
                .set_align(FormatAlign::VerticalCenter),
            heads: [head.clone(), head.set_align(FormatAlign::Right), text_head.clone(), text_head.clone(), text_head],
            result_symbol: result(&symbol),
            result_formula: result(&formula),
            result_value: result(&value).set_bold(),
            result_note: result(&note),
            symbol,
            formula,
            value,
            note,
            input: base
                .clone()
                .set_background_color(INPUT)
                .set_border(FormatBorder::Thin)
                .set_border_color(LINE)
                .set_align(FormatAlign::Right),
            verdict: base.set_bold(),
        }
    }
}

/// A sheet with many columns of numbers.
pub(crate) struct TableStyle {
    pub(crate) title: Format,
    pub(crate) lead: Format,
    /// Headers of neighbouring groups of columns differ in shade.
    pub(crate) heads: [Format; 2],
    /// The header of a column of names.
    pub(crate) name_head: Format,
    /// The header of a column of verdicts.
    pub(crate) verdict_head: Format,
    pub(crate) name: Format,
    pub(crate) value: Format,
    pub(crate) gradient: Format,
    pub(crate) result: Format,
    pub(crate) count: Format,
    pub(crate) input: Format,
    pub(crate) verdict: Format,
}

impl TableStyle {
    pub(crate) fn new() -> TableStyle {
        let base = Format::new().set_font_size(10);
        let head = base
            .clone()
            .set_bold()
            .set_align(FormatAlign::Right)
            .set_align(FormatAlign::VerticalCenter)
            .set_text_wrap()
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(DEEP);
        let value = base.clone().set_num_format(NUMBER);
        TableStyle {
            title: title(),
            lead: Format::new().set_font_size(12),
            name_head: head.clone().set_background_color(PALE).set_align(FormatAlign::Left),
            verdict_head: head.clone().set_background_color(PALE).set_align(FormatAlign::Center),
            heads: [head.clone().set_background_color(PALE), head.set_background_color(PALE_ALTERNATE)],
            name: base.clone().set_bold().set_font_color(DEEP),
            gradient: base.clone().set_num_format(FINE_NUMBER),
            result: value.clone().set_background_color(RESULT),
            value,
            count: base.clone(),
            input: base.clone().set_background_color(INPUT).set_border(FormatBorder::Thin).set_border_color(LINE),
            verdict: base.set_bold().set_align(FormatAlign::Center),
        }
    }
}

fn title() -> Format {
    Format::new().set_font_size(18).set_bold().set_font_color(DEEP).set_align(FormatAlign::VerticalCenter)
}

/// The colours of agreement and of disagreement, for conditional formats.
pub(crate) fn verdicts() -> [Format; 2] {
    let good = Format::new().set_background_color(0xC6_EF_CE).set_font_color(0x00_61_00);
    let bad = Format::new().set_background_color(0xFF_C7_CE).set_font_color(0x9C_00_06);
    [good, bad]
}

/// A4 across, the sheet's name and page numbers below. The caller adds a scale (with page breaks) or a fit to pages.
pub(crate) fn print_setup(worksheet: &mut Worksheet) -> &mut Worksheet {
    worksheet
        .set_paper_size(9)
        .set_landscape()
        .set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3)
        .set_footer("&L&A&RPage &P of &N")
}

/// Excel marks columns whose first row is calculated differently from the others; here that is meant.
pub(crate) fn accept_first_rows(worksheet: &mut Worksheet, rows: u32, columns: u16) -> Result<(), Error> {
    worksheet.ignore_error_range(0, 0, rows, columns, rust_xlsxwriter::IgnoreError::FormulaDiffers)?;
    Ok(())
}
