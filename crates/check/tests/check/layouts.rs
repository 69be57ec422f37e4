//! Where people put things: ten ways of laying out the same exercise.

use super::draft::{Direction, Draft, Place, Table};
use super::network::{Author, Biases, Network, activation, delta, sum};

#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    pub(crate) has_deltas: bool,
    pub(crate) has_new: bool,
    pub(crate) draft: fn(Author) -> Draft,
}

const fn plain(name: &'static str, draft: fn(Author) -> Draft) -> Layout {
    Layout { name, has_deltas: false, has_new: false, draft }
}

pub(crate) const LAYOUTS: [Layout; 10] = [
    plain("class", class),
    plain("transposed", transposed),
    plain("parameters beside", parameters),
    plain("blocks below each other", blocks),
    plain("a sheet a rate", rates),
    plain("group headers", groups),
    plain("notes around", notes),
    Layout { name: "helper columns", has_deltas: true, has_new: true, draft: helpers },
    Layout { name: "one step in lists", has_deltas: false, has_new: true, draft: lists },
    Layout { name: "a sheet a part", has_deltas: true, has_new: false, draft: parts },
];

const STEPS: usize = 6;

fn at(sheet: usize, row: u32, column: u32) -> Place {
    Place { sheet, row, column }
}

/// Groups of quantities, with what people call the group.
fn inputs(network: &Network) -> Vec<String> {
    (1..=network.widths[0]).map(|n| format!("x{n}")).collect()
}

fn targets(network: &Network) -> Vec<String> {
    (1..=network.outputs()).map(|n| format!("t{n}")).collect()
}

fn forward(network: &Network) -> Vec<String> {
    network.units().flat_map(|(l, j)| [sum(l, j), activation(l, j)]).collect()
}

fn errors(network: &Network) -> Vec<String> {
    (1..=network.outputs()).map(|k| format!("e{k}")).chain(["e".to_owned()]).collect()
}

fn backward(author: &Author) -> Vec<String> {
    let deltas: Vec<String> = author.network.units().map(|(l, j)| delta(l, j)).collect();
    let deltas = if author.has_deltas { deltas } else { Vec::new() };
    [deltas, author.trained().iter().map(|p| format!("g{p}")).collect()].concat()
}

fn new(author: &Author) -> Vec<String> {
    author.trained().iter().filter(|_| author.has_new).map(|p| format!("n{p}")).collect()
}

/// All columns from left to right as the class has them.
fn all(author: &Author) -> Vec<String> {
    let network = author.network;
    let given = [targets(network), inputs(network), author.biases(), author.weights()];
    [given.concat(), forward(network), errors(network), backward(author), new(author)].concat()
}

impl Draft {
    fn of(sheets: &[&'static str]) -> Draft {
        Draft { sheets: sheets.to_vec(), ..Draft::default() }
    }

    /// Names in a row; the column behind the last.
    fn row(&mut self, table: &mut Table, names: &[String], place: Place) -> u32 {
        for (column, name) in (place.column..).zip(names) {
            self.series(table, name, table.author.header(name), Place { column, ..place });
        }
        place.column + names.len() as u32
    }

    /// Names in a column.
    fn column(&mut self, table: &mut Table, names: &[String], place: Place) {
        for (row, name) in (place.row..).zip(names) {
            self.series(table, name, table.author.header(name), Place { row, ..place });
        }
    }

    /// Names below each other, with one number beside each.
    fn singles(&mut self, table: &mut Table, names: &[String], place: Place) {
        for (row, name) in (place.row..).zip(names) {
            self.single(table, name, Place { row, ..place });
        }
    }

    fn step(&mut self, table: &mut Table, place: Place) {
        self.row(table, &["step".to_owned()], place);
    }

    fn lines(&mut self, place: Place, lines: &[String]) {
        for (row, line) in (place.row..).zip(lines) {
            self.text(place.sheet, row, place.column, line);
        }
    }

    fn with(mut self, mut table: Table) -> Draft {
        table.fill();
        self.tables.push(table);
        self
    }
}

/// The course's own: a drawing and formulas above, everything in one wide table.
fn class(author: Author) -> Draft {
    let (mut draft, mut table) = (Draft::of(&["Sheet1"]), Table::new(author, 1.0, STEPS, Direction::Down));
    draft.text(0, 0, 2, "Backpropagation");
    for (row, name) in [(5, "x1"), (9, "x2"), (7, "a1.1"), (11, "e1")] {
        draft.text(0, row, 2, author.header(name));
    }
    draft.lines(at(0, 3, 20), &author.explanations());
    draft.single(&mut table, "rate", at(0, 3, 7));
    draft.row(&mut table, &all(&author), at(0, 25, 0));
    draft.with(table)
}

fn transposed(author: Author) -> Draft {
    let (mut draft, mut table) = (Draft::of(&["Backprop"]), Table::new(author, 0.5, STEPS, Direction::Right));
    draft.single(&mut table, "rate", at(0, 1, 1));
    draft.column(&mut table, &all(&author), at(0, 4, 1));
    draft.with(table)
}

/// What is given stands in cells of its own, the table refers to them with dollar signs.
fn parameters(author: Author) -> Draft {
    let (mut draft, mut table) = (Draft::of(&["Sheet1"]), Table::new(author, 0.5, STEPS, Direction::Down));
    let network = author.network;
    let fixed = if network.biases == Biases::OfLayers { author.biases() } else { Vec::new() };
    let given = [inputs(network), targets(network), fixed, vec!["rate".to_owned()]].concat();
    let first: Vec<String> = author.trained().iter().map(|p| format!("first {p}")).collect();
    draft.text(0, 0, 1, "Parameters");
    draft.singles(&mut table, &given, at(0, 2, 1));
    draft.text(0, 0, 4, "Initial weights");
    draft.singles(&mut table, &first, at(0, 2, 4));
    let top = 12 + given.len().max(first.len()) as u32;
    draft.step(&mut table, at(0, top, 1));
    let columns = [author.trained(), forward(network), errors(network), backward(&author)].concat();
    draft.row(&mut table, &columns, at(0, top, 2));
    draft.with(table)
}

fn blocks(author: Author) -> Draft {
    let (mut draft, mut table) = (Draft::of(&["Sheet1"]), Table::new(author, 0.8, STEPS, Direction::Down));
    let network = author.network;
    let weights = [inputs(network), targets(network), author.biases(), author.weights()].concat();
    let forward = [forward(network), errors(network)].concat();
    let height = STEPS as u32 + 4;
    for (row, title, names) in [
        (2, "Weights", weights),
        (2 + height, "Forward pass", forward),
        (2 + 2 * height, "Backward pass", backward(&author)),
    ] {
        draft.text(0, row, 0, title);
        draft.row(&mut table, &names, at(0, row + 1, 1));
    }
    draft.single(&mut table, "rate", at(0, 3, 40));
    draft.with(table)
}

/// The same table on several sheets; the rate is typed into the formulas and said above.
fn rates(author: Author) -> Draft {
    let mut draft = Draft::of(&["LR 0.1", "LR 0.5", "LR 2"]);
    for (sheet, rate) in [0.1, 0.5, 2.0].into_iter().enumerate() {
        let mut table = Table::new(author, rate, STEPS, Direction::Down);
        draft.text(sheet, 0, 0, format!("Training with learning rate {rate}"));
        draft.text(sheet, 1, 1, format!("{} = {rate}", author.header("rate").trim_end_matches(':')));
        draft.row(&mut table, &all(&author), at(sheet, 4, 0));
        draft = draft.with(table);
    }
    draft
}

/// Two rows of headers, a blank column between groups; a gradient has the name of its weight, its group says the rest.
fn groups(author: Author) -> Draft {
    let (mut draft, mut table) = (Draft::of(&["NN"]), Table::new(author, 0.5, STEPS, Direction::Down));
    let network = author.network;
    draft.single(&mut table, "rate", at(0, 1, 60));
    let given = [inputs(network), targets(network)].concat();
    let weights = [author.weights(), author.biases()].concat();
    let mut column = 1;
    for (title, names) in
        [("Given", given), ("Weights", weights), ("Forward pass", forward(network)), ("Error", errors(network))]
    {
        draft.text(0, 10, column, title);
        column = 1 + draft.row(&mut table, &names, at(0, 11, column));
    }
    draft.text(0, 10, column, "Gradients");
    for (column, p) in (column..).zip(author.trained()) {
        draft.series(&mut table, &format!("g{p}"), author.header(&p), at(0, 11, column));
    }
    draft.with(table)
}

/// Far from A1, with a column of steps, and text on all sides.
fn notes(author: Author) -> Draft {
    let (mut draft, mut table) = (Draft::of(&["my work"]), Table::new(author, 0.5, STEPS, Direction::Down));
    let lines =
        ["Session 6 - Assignment", "Name: A. Student   Roll no. 42", "Note: w1 to w4 connect the inputs with h1, h2"];
    let lines = lines.map(str::to_owned);
    draft.lines(at(0, 30, 27), &lines);
    draft.single(&mut table, "rate", at(0, 36, 30));
    draft.step(&mut table, at(0, 49, 27));
    let end = draft.row(&mut table, &all(&author), at(0, 49, 28));
    draft.lines(at(0, 50, end + 2), &author.explanations());
    draft.lines(at(0, 49 + STEPS as u32 + 3, 29), &lines);
    draft.text(0, 45, 27, "Learning rates to try: 0.1, 0.2, 0.5, 0.8, 1.0, 2.0");
    draft.with(table)
}

/// ∂E/∂z and new weights in columns of their own.
fn helpers(author: Author) -> Draft {
    let (mut draft, mut table) = (Draft::of(&["Sheet1"]), Table::new(author, 0.5, STEPS, Direction::Down));
    draft.single(&mut table, "rate", at(0, 0, 50));
    draft.step(&mut table, at(0, 9, 0));
    draft.row(&mut table, &all(&author), at(0, 9, 1));
    draft.with(table)
}

/// A worked example of one update: four lists side by side.
fn lists(author: Author) -> Draft {
    let (mut draft, mut table) = (Draft::of(&["Worked example"]), Table::new(author, 0.5, 1, Direction::Right));
    let network = author.network;
    draft.single(&mut table, "rate", at(0, 1, 1));
    let given = [inputs(network), targets(network), author.biases(), author.weights()].concat();
    let forward = [forward(network), errors(network)].concat();
    let lists = [
        ("Given", given),
        ("Forward pass", forward),
        ("Backward pass", backward(&author)),
        ("New weights", new(&author)),
    ];
    for (column, (title, names)) in (1..).step_by(4).zip(lists) {
        draft.text(0, 3, column, title);
        draft.column(&mut table, &names, at(0, 4, column));
    }
    draft.with(table)
}

/// Four sheets: what is given, weights, forward, backward.
fn parts(author: Author) -> Draft {
    let mut draft = Draft::of(&["Setup", "Weights", "Forward", "Backward pass"]);
    let mut table = Table::new(author, 0.5, STEPS, Direction::Down);
    let network = author.network;
    let fixed = if network.biases == Biases::OfLayers { author.biases() } else { Vec::new() };
    draft.singles(
        &mut table,
        &[inputs(network), targets(network), fixed, vec!["rate".to_owned()]].concat(),
        at(0, 2, 0),
    );
    for (sheet, names) in
        [author.trained(), [forward(network), errors(network)].concat(), backward(&author)].iter().enumerate()
    {
        draft.text(sheet + 1, 0, 0, "#");
        draft.row(&mut table, names, at(sheet + 1, 0, 1));
    }
    draft.with(table)
}
