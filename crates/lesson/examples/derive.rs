//! Prints the derivation of w5 in the class exercise, first in symbols, then with its numbers.
//!
//! cargo run -p gradbook-lesson --example derive [NAME], for instance w1 or b1; with the file of another lesson as a
//! second argument, of that one.

use std::error::Error;

use gradbook_engine::spec::Spec;
use gradbook_lesson::{Key, Lesson, Snapshot};

const CLASS: &str = include_str!("../../run/networks/class.toml");

#[expect(clippy::print_stdout, reason = "an example shows what it finds")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "w5".to_owned());
    let text = arguments.next().map_or_else(|| Ok(CLASS.to_owned()), std::fs::read_to_string)?;
    let spec: Spec = toml::from_str(&text)?;
    let lesson = Lesson::from_spec("class", &spec)?;
    let theory = &lesson.theory;
    let Some(Key::P(p)) = theory.key_named(&name) else {
        return Err(format!("{name}: no weight or bias has this name").into());
    };

    println!("{}", theory.described());
    println!();
    let start = Snapshot::after(&lesson, &lesson.run, 0);
    for key in theory.chain_rule(p) {
        let equation = theory.step(key);
        let numbers = equation.map(&|key| start.value(*key));
        println!("{} = {}", theory.text(key), equation.in_symbols(&|key| theory.text(*key)));
        println!("    = {}", numbers.in_symbols(&|x| x.to_string()));
        println!("    = {}", start.value(key));
    }
    Ok(())
}
