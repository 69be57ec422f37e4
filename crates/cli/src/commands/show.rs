//! `gradbook show`: what is shipped, or one network layer by layer.

use clap::Args;
use gradbook_engine::spec::Spec;
use gradbook_run::card::{self, Requirement};
use gradbook_run::folder::records;
use gradbook_run::layers::{Row, rows};
use gradbook_run::source::{self, Source};
use gradbook_run::words::{self, thousands};
use serde::Serialize;

use crate::outcome::Outcome;
use crate::output;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A shipped name, a TOML file, or a run folder; without it, the list of what is shipped
    #[arg(value_name = "NAME|FILE|RUN")]
    source: Option<String>,
    /// Prints JSON and nothing else
    #[arg(long)]
    json: bool,
}

/// An entry of the list.
#[derive(Serialize)]
struct Shipped {
    name: String,
    about: String,
    /// Whether `sheet` accepts it.
    lesson: bool,
    /// Whether `train` accepts it.
    train: bool,
}

#[derive(Serialize)]
struct Shown<'s> {
    name: &'s str,
    parameters: usize,
    multiply_adds: usize,
    layers: Vec<Row<'s>>,
    requirements: Vec<Requirement>,
    description: &'s Spec,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.source {
        None => list(arguments.json)?,
        Some(argument) => show(&Source::find(argument)?, arguments.json)?,
    }
    Ok(Outcome::Done)
}

fn list(json: bool) -> anyhow::Result<()> {
    let mut shipped = Vec::new();
    for Source { name, spec, .. } in source::shipped()? {
        shipped.push(Shipped { name, about: spec.about, lesson: spec.lesson.is_some(), train: spec.train.is_some() });
    }
    if json {
        return output::json(&shipped);
    }
    output::data("Lessons, for `gradbook sheet`:")?;
    for Shipped { name, about, .. } in shipped.iter().filter(|network| network.lesson) {
        output::data(&format!("  {name:<12} {about}"))?;
    }
    output::data("Recipes, for `gradbook train`:")?;
    for Shipped { name, about, .. } in shipped.iter().filter(|network| network.train) {
        output::data(&format!("  {name:<12} {about}"))?;
    }
    Ok(())
}

fn show(source: &Source, json: bool) -> anyhow::Result<()> {
    let network = source.network()?;
    let rows = rows(&network, &source.spec);
    let result = match &source.run {
        Some(run) => records::read_result(&run.dir)?,
        None => None,
    };
    let reached = result.as_ref().and_then(card::Reached::by);
    let requirements = card::requirements(&source.spec, &network, reached.as_ref());
    let (parameters, multiply_adds) = (network.parameters(), network.multiply_adds());
    if json {
        let (name, description) = (&source.name, &source.spec);
        return output::json(&Shown { name, parameters, multiply_adds, layers: rows, requirements, description });
    }
    let Spec { about, train, lesson, loss, init, .. } = &source.spec;
    let heading = if about.is_empty() { source.name.clone() } else { format!("{}: {about}", source.name) };
    output::data(&format!("{heading}\ninput {}\n", network.input))?;
    table(&rows)?;
    output::data(&format!(
        "\n{} parameters, {} multiply-adds a sample",
        thousands(parameters),
        thousands(multiply_adds)
    ))?;
    let mut paragraphs = Vec::new();
    paragraphs.extend(train.as_ref().map(|train| words::recipe(train, loss, init)));
    paragraphs.extend(lesson.as_ref().map(words::lesson));
    if let Some(run) = &source.run {
        let record = &run.record;
        let mut lines = vec![format!("run with seed {} on {}, gradbook {}", record.seed, record.data, record.version)];
        lines.extend(record.init_sha256.as_ref().map(|sha256| format!("from the weights with SHA-256 {sha256}")));
        paragraphs.push(lines);
    }
    paragraphs.extend(crate::card::line(&requirements).map(|line| vec![line]));
    paragraphs.iter().try_for_each(|lines| output::data(&format!("\n{}", lines.join("\n"))))
}

fn table(rows: &[Row<'_>]) -> anyhow::Result<()> {
    let blank_zero = |number: usize| if number == 0 { String::new() } else { thousands(number) };
    let head = ["", "layer", "output", "parameters", "multiply-adds", "receptive field"].map(str::to_owned);
    let mut cells = vec![head];
    cells.extend(rows.iter().map(|row| {
        [
            row.index.to_string(),
            words::layer(row.layer),
            row.output.clone(),
            blank_zero(row.parameters),
            blank_zero(row.multiply_adds),
            row.receptive_field.map_or(String::new(), |side| format!("{side} x {side}")),
        ]
    }));
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    cells.iter().try_for_each(|[index, layer, output, parameters, multiply_adds, field]| {
        let [w0, w1, w2, w3, w4, w5] = widths;
        output::data(&format!(
            "{index:>w0$}  {layer:<w1$}  {output:<w2$}  {parameters:>w3$}  {multiply_adds:>w4$}  {field:>w5$}"
        ))
    })
}
