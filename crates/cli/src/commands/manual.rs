//! `gradbook manual`: the commands as shells and `man` need them described.

use std::io::stdout;
use std::path::PathBuf;

use anyhow::Context;
use clap::builder::Str;
use clap::{Arg, ArgAction, Args, Command};
use clap_complete::{Shell, generate};
use gradbook_run::files::{make_folder, write_atomically};

use crate::outcome::Outcome;
use crate::output;

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Arguments {
    /// Prints completions: for bash, save them as ~/.local/share/bash-completion/completions/gradbook
    #[arg(long, value_name = "SHELL")]
    completions: Option<Shell>,
    /// Writes one man page per command into this folder, such as ~/.local/share/man/man1
    #[arg(long, value_name = "DIR")]
    man: Option<PathBuf>,
}

/// `program`: the whole command line.
pub(crate) fn run(arguments: &Arguments, mut program: Command) -> anyhow::Result<Outcome> {
    if let Some(shell) = arguments.completions {
        let mut script = Vec::new();
        generate(shell, &mut program, "gradbook", &mut script);
        return match std::io::Write::write_all(&mut stdout().lock(), &script) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("standard output"),
            _ => Ok(Outcome::Done),
        };
    }
    if let Some(dir) = &arguments.man {
        make_folder(dir)?;
        program = program.disable_help_subcommand(true);
        program.build();
        let commands: Vec<Command> = program.get_subcommands().cloned().collect();
        for command in std::iter::once(program).chain(commands) {
            let command = command.mut_args(several);
            let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            let path = dir.join(format!("{name}.1"));
            write_atomically(&path, &page)?;
            output::data(&path.display().to_string())?;
        }
    }
    Ok(Outcome::Done)
}

/// Adds the dots of a repeatable argument, which the line at the top of a man page lacks.
fn several(argument: Arg) -> Arg {
    let is_several = argument.is_positional() && matches!(argument.get_action(), ArgAction::Append);
    match argument.get_value_names() {
        Some([name]) if is_several => {
            let names = [name.clone(), Str::from("...")];
            argument.value_names(names)
        }
        _ => argument,
    }
}
