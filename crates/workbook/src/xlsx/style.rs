//! The look of cells: few colours, each with one meaning.

use rust_xlsxwriter::{
    Color, ConditionalFormatCell, ConditionalFormatCellRule, ConditionalFormatFormula, Format, FormatAlign,
    FormatBorder, IgnoreError, Worksheet,
};

use crate::error::Error;
use gradbook_lesson::{Key, Lesson};

/// Six decimals; scientific where those would hide the digits.
const NUMBER: &str = "[>=0.0001]0.000000;[<=-0.0001]-0.000000;0.000E+00";
/// Eight decimals, for gradients: mistakes hide in the later ones.
const FINE_NUMBER: &str = "[>=0.00001]0.00000000;[<=-0.00001]-0.00000000;0.0000E+00";
/// For sizes of differences, which are never negative and often 0.
const SIZE: &str = "[=0]0;[<0.0001]0.000E+00;0.000000";

/// For losses, which are never negative: readable even after divergence.
const LOSS: &str = "[>=1000000]0.000E+00;[<0.0001]0.000E+00;0.000000";
/// For networks whose loss can diverge: 1E+20 with six decimals would fill the column with hashes.
const LARGE_NUMBER: &str = "General";

/// The formats of plain numbers and of gradients.
fn number_formats(lesson: &Lesson) -> [&'static str; 2] {
    if lesson.theory.network.can_diverge() { [LARGE_NUMBER; 2] } else { [NUMBER, FINE_NUMBER] }
}

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

/// The text size, in points, of sheets that explain: readable on a projector.
const PAGE_SIZE: f64 = 14.0;

/// Formats of a sheet that is read like a page.
pub(crate) struct PageStyle {
    pub(crate) title: Format,
    pub(crate) lead: Format,
    pub(crate) section: Format,
    pub(crate) head: Format,
    pub(crate) number_head: Format,
    pub(crate) symbol: Format,
    pub(crate) formula: Format,
    pub(crate) value: Format,
    /// A given value, with all its digits.
    pub(crate) given: Format,
    pub(crate) note: Format,
    pub(crate) result_symbol: Format,
    pub(crate) result_formula: Format,
    pub(crate) result_value: Format,
    pub(crate) result_note: Format,
    pub(crate) input: Format,
    pub(crate) count_input: Format,
    pub(crate) value_count: Format,
    pub(crate) text_input: Format,
    pub(crate) verdict: Format,
    /// The source of an edge, on the line that all of a layer's edges start from; the name of its weight.
    pub(crate) edge: Format,
    pub(crate) edge_name: Format,
    pub(crate) arrow: Format,
    number: &'static str,
}

impl PageStyle {
    pub(crate) fn new(lesson: &Lesson) -> PageStyle {
        let [number, fine_number] = number_formats(lesson);
        let base = Format::new().set_font_size(PAGE_SIZE).set_align(FormatAlign::VerticalCenter);
        let lined = base.clone().set_border_bottom(FormatBorder::Thin).set_border_bottom_color(LINE);
        let head = lined.clone().set_bold().set_background_color(PALE).set_indent(1);
        let symbol = lined.clone().set_bold().set_font_color(DEEP);
        let formula = lined.clone().set_text_wrap().set_indent(1);
        let value = lined.clone().set_num_format(fine_number).set_align(FormatAlign::Right);
        let given = lined.clone().set_align(FormatAlign::Right);
        let note = lined.clone().set_text_wrap().set_font_color(GREY).set_indent(1);
        let result = |format: &Format| format.clone().set_background_color(RESULT);
        let input = input().set_font_size(PAGE_SIZE).set_align(FormatAlign::VerticalCenter);
        PageStyle {
            title: title(),
            lead: base.clone(),
            section: base.clone().set_bold().set_font_color(Color::White).set_background_color(DEEP),
            number_head: head.clone().set_indent(0).set_align(FormatAlign::Right),
            head,
            result_symbol: result(&symbol),
            result_formula: result(&formula),
            result_value: result(&value).set_bold(),
            result_note: result(&note),
            symbol,
            formula,
            value,
            given,
            note,
            value_count: lined.set_num_format("0").set_align(FormatAlign::Left),
            count_input: input.clone().set_num_format("0").set_align(FormatAlign::Center).set_bold(),
            text_input: input.clone().set_align(FormatAlign::Left),
            input: input.set_align(FormatAlign::Right),
            verdict: base.clone().set_bold(),
            edge: base
                .clone()
                .set_align(FormatAlign::Right)
                .set_font_color(GREY)
                .set_border_left(FormatBorder::Medium)
                .set_border_left_color(GREY),
            edge_name: base.clone().set_align(FormatAlign::Right).set_font_color(GREY),
            number,
            arrow: base.set_align(FormatAlign::Center).set_font_color(GREY),
        }
    }

    /// A cell of a box around several cells: `edges` says on which sides it meets the box's border.
    pub(crate) fn boxed(&self, edges: BoxEdges, content: Content) -> Format {
        let mut format = Format::new().set_font_size(PAGE_SIZE).set_background_color(PALE);
        format = format.set_align(FormatAlign::VerticalCenter);
        format = match content {
            Content::Name => format.set_bold().set_font_color(DEEP),
            Content::Given => format.set_align(FormatAlign::Right),
            Content::Value => format.set_align(FormatAlign::Right).set_num_format(self.number),
        };
        let border = FormatBorder::Medium;
        if edges.top {
            format = format.set_border_top(border).set_border_top_color(DEEP);
        }
        if edges.bottom {
            format = format.set_border_bottom(border).set_border_bottom_color(DEEP);
        }
        if edges.left {
            format = format.set_border_left(border).set_border_left_color(DEEP);
        }
        if edges.right {
            format = format.set_border_right(border).set_border_right_color(DEEP);
        }
        format
    }
}

/// The content of a cell of a box.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Name,
    /// A given number.
    Given,
    /// A calculated number.
    Value,
}

/// The sides on which a cell meets the border of its box.
#[derive(Clone, Copy)]
pub(crate) struct BoxEdges {
    pub(crate) top: bool,
    pub(crate) bottom: bool,
    pub(crate) left: bool,
    pub(crate) right: bool,
}

/// Formats of a sheet with many columns of numbers.
pub(crate) struct TableStyle {
    pub(crate) title: Format,
    pub(crate) lead: Format,
    /// Headers of neighbouring groups of columns differ in shade.
    pub(crate) heads: [Format; 2],
    /// The header of a column of names.
    pub(crate) name_head: Format,
    /// The header of a column of words.
    pub(crate) words_head: Format,
    /// The header of a column of verdicts.
    pub(crate) verdict_head: Format,
    pub(crate) name: Format,
    pub(crate) value: Format,
    pub(crate) given: Format,
    pub(crate) size: Format,
    pub(crate) gradient: Format,
    /// A loss where it is what the table is about, and elsewhere.
    pub(crate) result: Format,
    pub(crate) loss: Format,
    pub(crate) count: Format,
    /// A count that may be words.
    pub(crate) count_right: Format,
    pub(crate) input: Format,
    pub(crate) verdict: Format,
    pub(crate) words: Format,
}

impl TableStyle {
    /// The height of a row of [`TableStyle::page`], in points; not every program finds it by itself.
    pub(crate) const ROW: f64 = 20.0;

    /// The style of long tables.
    pub(crate) fn new(lesson: &Lesson) -> TableStyle {
        TableStyle::sized(lesson, 11.0)
    }

    /// The style of tables that explain.
    pub(crate) fn page(lesson: &Lesson) -> TableStyle {
        TableStyle::sized(lesson, PAGE_SIZE)
    }

    fn sized(lesson: &Lesson, size: f64) -> TableStyle {
        let [number, fine_number] = number_formats(lesson);
        let base = Format::new().set_font_size(size);
        let head = base
            .clone()
            .set_bold()
            .set_align(FormatAlign::Right)
            .set_align(FormatAlign::VerticalCenter)
            .set_text_wrap()
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(DEEP);
        let value = base.clone().set_num_format(number);
        TableStyle {
            title: title(),
            lead: Format::new().set_font_size(PAGE_SIZE),
            name_head: head.clone().set_background_color(PALE).set_align(FormatAlign::Left),
            words_head: head.clone().set_background_color(PALE).set_align(FormatAlign::Left).set_indent(1),
            verdict_head: head.clone().set_background_color(PALE).set_align(FormatAlign::Center),
            heads: [head.clone().set_background_color(PALE), head.set_background_color(PALE_ALTERNATE)],
            name: base.clone().set_bold().set_font_color(DEEP),
            given: base.clone(),
            size: base.clone().set_num_format(SIZE),
            gradient: base.clone().set_num_format(fine_number),
            result: base.clone().set_num_format(LOSS).set_background_color(RESULT),
            loss: base.clone().set_num_format(LOSS),
            value,
            count: base.clone(),
            count_right: base.clone().set_align(FormatAlign::Right),
            input: input().set_font_size(size),
            verdict: base.clone().set_bold().set_align(FormatAlign::Center),
            words: base.set_indent(1),
        }
    }

    /// How a table shows a quantity.
    pub(crate) fn of(&self, key: Key) -> &Format {
        match key {
            Key::Loss => &self.result,
            Key::X(..) | Key::T(..) => &self.given,
            Key::G(_) | Key::Dz(..) | Key::M(_) | Key::V(_) => &self.gradient,
            _ => &self.value,
        }
    }

    /// The least width of its column, in characters.
    pub(crate) fn width_of(&self, key: Key) -> f64 {
        if matches!(key, Key::G(_) | Key::Dz(..) | Key::M(_) | Key::V(_)) { 12.4 } else { 10.4 }
    }
}

fn title() -> Format {
    Format::new().set_font_size(20).set_bold().set_font_color(DEEP).set_align(FormatAlign::VerticalCenter)
}

/// Inputs stay open where a workbook is protected.
fn input() -> Format {
    Format::new().set_background_color(INPUT).set_border(FormatBorder::Thin).set_border_color(GREY).set_unlocked()
}

/// Colours a range by what a formula says about its first cell: good, bad, or neither. Words say the same.
pub(crate) fn colour(
    worksheet: &mut Worksheet,
    range: (u32, u16, u32, u16),
    good: &str,
    bad: &str,
) -> Result<(), Error> {
    // Blue and orange, which colour-blind readers can tell apart.
    let formats = [
        Format::new().set_background_color(0xD6_E9_F8).set_font_color(0x00_3F_73),
        Format::new().set_background_color(0xFF_D9_B3).set_font_color(0x8A_2A_00),
    ];
    let (top, left, bottom, right) = range;
    for (rule, format) in [good, bad].into_iter().zip(formats) {
        let rule = ConditionalFormatFormula::new().set_rule(format!("={rule}").as_str()).set_format(format);
        worksheet.add_conditional_format(top, left, bottom, right, &rule)?;
    }
    Ok(())
}

/// The cells of an exercise.
pub(crate) struct ExerciseStyle {
    /// Where an answer is written.
    pub(crate) blank: Format,
    /// Where learners may write whatever they like.
    pub(crate) working: Format,
    pub(crate) verdict: Format,
    pub(crate) score: Format,
    /// A number of the network, which may be changed but need not.
    pub(crate) given: Format,
}

impl ExerciseStyle {
    pub(crate) fn new() -> ExerciseStyle {
        let base = Format::new().set_font_size(PAGE_SIZE).set_align(FormatAlign::VerticalCenter);
        let centred = base.clone().set_bold().set_align(FormatAlign::Center);
        let plain = input().set_font_size(PAGE_SIZE).set_align(FormatAlign::VerticalCenter);
        let dotted = base.set_border(FormatBorder::Dotted).set_border_color(LINE).set_unlocked();
        ExerciseStyle {
            blank: plain.clone().set_align(FormatAlign::Right).set_bold(),
            working: dotted.set_font_color(GREY),
            verdict: centred.clone().set_border(FormatBorder::Thin).set_border_color(LINE),
            score: centred.set_font_size(PAGE_SIZE + 2.0).set_border(FormatBorder::Thin).set_border_color(LINE),
            given: plain.set_align(FormatAlign::Right).set_background_color(Color::White).set_border_color(LINE),
        }
    }
}

/// Colours verdicts, words that say the same: green, red, grey. Each rule is a formula about the first cell of the
/// range.
pub(crate) fn colour_answers(
    worksheet: &mut Worksheet,
    range: (u32, u16, u32, u16),
    right: &str,
    wrong: &str,
    empty: &str,
) -> Result<(), Error> {
    let colours = [(0xC9_E8_CB, 0x0B_52_1C), (0xF9_CF_CC, 0x8F_12_12), (0xEC_EE_F0, 0x55_5F_6B)];
    let (top, left, bottom, last) = range;
    for (rule, (back, front)) in [right, wrong, empty].into_iter().zip(colours) {
        let format = Format::new().set_background_color(Color::RGB(back)).set_font_color(Color::RGB(front));
        let rule = ConditionalFormatFormula::new().set_rule(format!("={rule}").as_str()).set_format(format);
        worksheet.add_conditional_format(top, left, bottom, last, &rule)?;
    }
    Ok(())
}

/// Shows an exact 0 as 0, which formats for small numbers cannot.
pub(crate) fn plain_zeros(worksheet: &mut Worksheet, range: (u32, u16, u32, u16)) -> Result<(), Error> {
    let rule = ConditionalFormatCellRule::EqualTo(0);
    let rule = ConditionalFormatCell::new().set_rule(rule).set_format(Format::new().set_num_format("0"));
    let (top, left, bottom, right) = range;
    worksheet.add_conditional_format(top, left, bottom, right, &rule)?;
    Ok(())
}

/// A4 landscape, with the sheet's name and page numbers at the bottom. The caller fits it to pages.
pub(crate) fn print_setup(worksheet: &mut Worksheet) -> &mut Worksheet {
    worksheet
        .set_paper_size(9)
        .set_landscape()
        .set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3)
        .set_footer("&L&A&RPage &P of &N")
}

/// Excel marks columns whose first row is calculated differently from the others; here that is intended.
pub(crate) fn accept_first_rows(worksheet: &mut Worksheet, rows: u32, columns: u16) -> Result<(), Error> {
    worksheet.ignore_error_range(0, 0, rows, columns, IgnoreError::FormulaDiffers)?;
    Ok(())
}
