//! The command line of gradbook: arguments, files, progress. All calculations are in the libraries.

#![forbid(unsafe_code)]

mod arguments;
mod card;
mod commands;
mod errors;
mod exhausted;
mod interrupt;
mod lesson_options;
mod outcome;
mod output;
mod progress;
mod series;
mod shades;
mod shell;
mod training;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use commands::{bench, check, demo, eval, export, manual, predict, sheet, show, train};
use outcome::Outcome;

/// Trains small neural networks and shows its work.
#[derive(Parser)]
#[command(name = "gradbook", version, max_term_width = 110, after_help = EXIT_CODES)]
struct Arguments {
    /// Prints only results and errors
    #[arg(long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "\
A network is given as the name of a shipped one, a TOML file, or the folder of a run.
Results go to standard output, everything else to standard error.

Exit codes:
  0    done
  1    something is wrong with a description, a file or the data
  2    something is wrong with the arguments
  3    `check` could judge nothing, or only a part (for `check`, 2 is also a workbook or folder that cannot be read)
  130  interrupted with Ctrl-C; what was done so far is saved, and a training can resume from there
  143  the same with SIGTERM";

/// Without arguments, an overview is made from the first line of each.
#[derive(Subcommand)]
enum Command {
    /// Both halves in seconds: writes a workbook and trains a network
    Demo(demo::Arguments),
    /// Writes the backpropagation workbook of a small network
    Sheet(sheet::Arguments),
    /// Finds the wrong cells in a backpropagation sheet
    Check(check::Arguments),
    /// Trains a network on images and writes a run folder
    Train(train::Arguments),
    /// Trains variants of a recipe, several seeds each, and compares them; without an argument, lists what is shipped
    Sweep(commands::sweep::Arguments),
    /// Prints a network layer by layer; without an argument, lists what is shipped
    Show(show::Arguments),
    /// Writes the page of a run: curves, mistakes, what is inside; for several runs, their curves in one picture
    Report(commands::report::Arguments),
    /// Evaluates the model of a run folder, or weights from elsewhere
    Eval(eval::Arguments),
    /// Writes the model of a run folder for ONNX and PyTorch
    Export(export::Arguments),
    /// Says which digits are in pictures, using the model in a run folder
    Predict(predict::Arguments),
    /// Times training or evaluation, layer by layer, beside the machine's peak
    Bench(bench::Arguments),
    /// Writes man pages, or completions for a shell
    Manual(manual::Arguments),
}

/// Every command with its arguments, as the program accepts them.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    exhausted::end_in_order();
    let arguments = Arguments::parse();
    if arguments.quiet {
        output::be_quiet();
    }
    let outcome = match arguments.command {
        None => overview(),
        Some(Command::Demo(arguments)) => demo::run(&arguments),
        Some(Command::Sheet(arguments)) => sheet::run(&arguments),
        Some(Command::Check(arguments)) => return ExitCode::from(check::run(&arguments).exit_code()),
        Some(Command::Train(arguments)) => train::run(&arguments),
        Some(Command::Sweep(arguments)) => commands::sweep::run(&arguments),
        Some(Command::Show(arguments)) => show::run(&arguments),
        Some(Command::Report(arguments)) => commands::report::run(&arguments),
        Some(Command::Eval(arguments)) => eval::run(&arguments),
        Some(Command::Export(arguments)) => export::run(&arguments),
        Some(Command::Predict(arguments)) => predict::run(&arguments),
        Some(Command::Bench(arguments)) => bench::run(&arguments),
        Some(Command::Manual(arguments)) => manual::run(&arguments, command()),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Interrupted) => ExitCode::from(interrupt::exit_code()),
        Err(error) => {
            output::complain(&format!("error: {}", errors::message(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Prints the commands, one per line.
fn overview() -> anyhow::Result<Outcome> {
    let command = command();
    output::data(&format!("{}\n", command.get_about().map(ToString::to_string).unwrap_or_default()))?;
    for subcommand in command.get_subcommands() {
        let positionals = subcommand.get_positionals().map(|argument| {
            let name = argument.get_value_names().map_or("", |names| names[0].as_str());
            if argument.is_required_set() { name.to_owned() } else { format!("[{name}]") }
        });
        let call = format!("{} {}", subcommand.get_name(), positionals.collect::<Vec<_>>().join(" "));
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        output::data(&format!("  gradbook {call:<23} {about}"))?;
    }
    output::data("\nBegin with `gradbook demo`. `gradbook COMMAND --help` lists the options of a command.")?;
    Ok(Outcome::Done)
}
