//! Somebody's workbook before it is a file: what stands where, what it comes to, and how it is written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use rust_xlsxwriter::{Formula, Workbook};

use super::formula;
use super::network::Author;
use gradbook_recalculation::edited;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) sheet: usize,
    pub(crate) row: u32,
    pub(crate) column: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Down,
    Right,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Number(f64),
    /// With names in braces.
    Formula(String),
    /// The number that the formula would give, typed over it.
    Typed(String),
}

/// One training: quantities by step.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) author: Author,
    pub(crate) rate: f64,
    pub(crate) steps: usize,
    direction: Direction,
    first: BTreeMap<String, Place>,
    /// What is one number for all steps.
    single: BTreeSet<String>,
    headers: BTreeMap<String, String>,
    pub(crate) contents: BTreeMap<(String, usize), Content>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) layout: &'static str,
    pub(crate) sheets: Vec<&'static str>,
    pub(crate) texts: Vec<(Place, String)>,
    pub(crate) tables: Vec<Table>,
}

/// In what state a file is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    AsCalculated,
    /// Every number without its formula, with so many decimals.
    Decimals(i32),
    /// Some columns and rows are not shown.
    Hidden,
    /// As a program writes it that calculates nothing.
    WithoutResults,
}

impl Table {
    pub(crate) fn new(author: Author, rate: f64, steps: usize, direction: Direction) -> Table {
        Table {
            author,
            rate,
            steps,
            direction,
            first: BTreeMap::new(),
            single: BTreeSet::new(),
            headers: BTreeMap::new(),
            contents: BTreeMap::new(),
        }
    }

    /// Whether it has a quantity.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.first.contains_key(name)
    }

    pub(crate) fn is_single(&self, name: &str) -> bool {
        self.single.contains(name)
    }

    /// What a report calls a quantity: by its header, or, if that does not say all, by its symbol.
    pub(crate) fn quantity(&self, name: &str) -> String {
        let header = self.headers[name].trim_end_matches(':');
        if name.starts_with('g') && header == self.headers[&name[1..]] {
            return format!("∂E/∂{header}");
        }
        header.to_owned()
    }

    pub(crate) fn place(&self, name: &str, step: usize) -> Place {
        let first = self.first[name];
        if self.is_single(name) { first } else { self.moved(first, step) }
    }

    fn moved(&self, place: Place, steps: usize) -> Place {
        match self.direction {
            Direction::Down => Place { row: place.row + steps as u32, ..place },
            Direction::Right => Place { column: place.column + steps as u32, ..place },
        }
    }

    /// The first step in which a quantity is calculated.
    pub(crate) fn start(&self, name: &str) -> usize {
        usize::from(name.starts_with(['w', 'b']))
    }

    /// Where a marked name in the formula of `own` points to, and whether the row and column are written with `$`.
    fn target(&self, marked: &str, own: &str, step: usize) -> Option<(Place, bool, bool)> {
        let name = marked.trim_end_matches(['<', '>', '!', '~']);
        let first = *self.first.get(name)?;
        let (down, right) = (self.direction == Direction::Down, self.direction == Direction::Right);
        let (place, fixed) = match (&marked[name.len()..], self.is_single(name)) {
            ("~", true) => (self.moved(first, step - self.start(own)), false),
            (_, true) => return Some((first, true, true)),
            ("!", _) => (first, true),
            (mark, _) => {
                let later = mark.matches('>').count();
                (self.moved(first, step + later - mark.matches('<').count()), false)
            }
        };
        Some((place, fixed && down, fixed && right))
    }

    /// Everything as it ought to be.
    pub(crate) fn fill(&mut self) {
        let formulas = self.author.formulas();
        for name in self.first.keys() {
            for step in 0..if self.is_single(name) { 1 } else { self.steps } {
                let given = || Content::Number(self.author.given(name.trim_start_matches("first ")));
                let content = match (name.as_str(), formulas.get(name)) {
                    ("rate", _) => Content::Number(self.rate),
                    ("step", _) => Content::Number((step + 1) as f64),
                    (_, Some(formula)) if step >= self.start(name) => Content::Formula(formula.clone()),
                    (_, Some(_)) if self.has(&format!("first {name}")) => Content::Formula(format!("{{first {name}}}")),
                    _ => given(),
                };
                self.contents.insert((name.clone(), step), content);
            }
        }
    }
}

impl Draft {
    /// For whoever reads a test's complaint.
    pub(crate) fn name(&self) -> String {
        let Author { network, convention, spelling, .. } = &self.tables[0].author;
        format!("{} | {} | {} | {convention:?}", self.layout, network.name, spelling.name)
    }

    pub(crate) fn text(&mut self, sheet: usize, row: u32, column: u32, text: impl Into<String>) {
        self.texts.push((Place { sheet, row, column }, text.into()));
    }

    /// A name with its numbers below (or beside) it.
    pub(crate) fn series(&mut self, table: &mut Table, name: &str, header: String, at: Place) {
        table.first.insert(name.to_owned(), table.moved(at, 1));
        table.headers.insert(name.to_owned(), header.clone());
        self.text(at.sheet, at.row, at.column, header);
    }

    /// A name with one number beside it.
    pub(crate) fn single(&mut self, table: &mut Table, name: &str, at: Place) {
        let header = table.author.header(name.trim_start_matches("first "));
        table.first.insert(name.to_owned(), Place { column: at.column + 1, ..at });
        table.single.insert(name.to_owned());
        table.headers.insert(name.to_owned(), header.clone());
        self.text(at.sheet, at.row, at.column, header);
    }

    /// As a report names cells.
    pub(crate) fn range(&self, table: &Table, name: &str, steps: &Range<usize>) -> String {
        let (first, last) = (table.place(name, steps.start), table.place(name, steps.end - 1));
        let sheet = self.sheet_name(first.sheet);
        if first == last { format!("{sheet}!{}", a1(first)) } else { format!("{sheet}!{}:{}", a1(first), a1(last)) }
    }

    fn sheet_name(&self, sheet: usize) -> String {
        let name = self.sheets[sheet];
        if name.chars().all(char::is_alphanumeric) { name.to_owned() } else { format!("'{name}'") }
    }

    /// The file.
    pub(crate) fn xlsx(&self, state: State) -> Vec<u8> {
        let values = self.values();
        let mut workbook = Workbook::new();
        for (number, name) in self.sheets.iter().enumerate() {
            let sheet = workbook.add_worksheet().set_name(*name).expect("a name");
            for (at, text) in self.texts.iter().filter(|(at, _)| at.sheet == number) {
                sheet.write_string(at.row, at.column as u16, text).expect("a text");
            }
            for table in &self.tables {
                for ((name, step), content) in &table.contents {
                    let at = table.place(name, *step);
                    if at.sheet != number {
                        continue;
                    }
                    let (row, column, value) = (at.row, at.column as u16, values[&at]);
                    match (content, state) {
                        (_, State::Decimals(decimals)) => {
                            let unit = 10_f64.powi(decimals);
                            sheet.write_number(row, column, (value * unit).round() / unit)
                        }
                        (Content::Formula(template), _) => {
                            let formula = format!("={}", self.in_cells(table, template, name, *step));
                            sheet.write_formula(row, column, Formula::new(formula).set_result(value.to_string()))
                        }
                        _ => sheet.write_number(row, column, value),
                    }
                    .expect("a cell");
                    if state == State::Hidden && name.starts_with(['a', 'e']) {
                        sheet.set_column_hidden(column).expect("a column");
                        sheet.set_row_hidden(row).expect("a row");
                    }
                }
            }
        }
        let xlsx = workbook.save_to_buffer().expect("a file");
        if state == State::WithoutResults { edited(&xlsx, |_, xml| without_results(&xml)) } else { xlsx }
    }

    /// A formula as it is typed into the cell of a quantity.
    fn in_cells(&self, table: &Table, template: &str, own: &str, step: usize) -> String {
        let mut pieces = template.split('{');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (marked, rest) = piece.split_once('}').expect("a brace that closes");
            match table.target(marked, own, step) {
                Some((place, row_fixed, column_fixed)) => {
                    if place.sheet != table.place(own, step).sheet {
                        text += &format!("{}!", self.sheet_name(place.sheet));
                    }
                    let dollar = |fixed| if fixed { "$" } else { "" };
                    let (column, row) = (column_name(place.column), place.row + 1);
                    text += &format!("{}{column}{}{row}", dollar(column_fixed), dollar(row_fixed));
                }
                None => text += &table.literal(marked).to_string(),
            }
            text += rest;
        }
        text
    }

    /// What every cell comes to.
    pub(crate) fn values(&self) -> HashMap<Place, f64> {
        let mut owners = HashMap::new();
        for (number, table) in self.tables.iter().enumerate() {
            for (name, step) in table.contents.keys() {
                owners.insert(table.place(name, *step), (number, name.as_str(), *step));
            }
        }
        let mut values = HashMap::new();
        owners.keys().for_each(|place| {
            self.value(*place, &owners, &mut values);
        });
        values
    }

    fn value(&self, at: Place, owners: &Owners, values: &mut HashMap<Place, f64>) -> f64 {
        if let Some(value) = values.get(&at) {
            return *value;
        }
        let Some(&(table, name, step)) = owners.get(&at) else {
            assert!(self.texts.iter().all(|(place, _)| *place != at), "{} is a text, no number", a1(at));
            return 0.0;
        };
        let table = &self.tables[table];
        let value = match &table.contents[&(name.to_owned(), step)] {
            Content::Number(number) => *number,
            Content::Formula(template) | Content::Typed(template) => {
                let others = std::cell::RefCell::new(&mut *values);
                formula::value(template, &|marked| match table.target(marked, name, step) {
                    Some((place, ..)) => self.value(place, owners, &mut others.borrow_mut()),
                    None => table.literal(marked),
                })
            }
        };
        values.insert(at, value);
        value
    }
}

/// Table, quantity and step of a cell.
type Owners<'d> = HashMap<Place, (usize, &'d str, usize)>;

impl Table {
    /// What has no cell is typed into the formulas.
    fn literal(&self, name: &str) -> f64 {
        assert_eq!(name, "rate", "{name} stands nowhere");
        self.rate
    }
}

fn without_results(xml: &str) -> String {
    let mut pieces = xml.split("</f><v>");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |xml, piece| xml + "</f>" + piece.split_once("</v>").expect("a result").1)
}

fn a1(place: Place) -> String {
    format!("{}{}", column_name(place.column), place.row + 1)
}

fn column_name(column: u32) -> String {
    let letter = |number: u32| char::from(b'A' + number as u8);
    match column.checked_sub(26) {
        None => letter(column).to_string(),
        Some(rest) => format!("{}{}", letter(rest / 26), letter(rest % 26)),
    }
}
