//! `gradbook report`: the page of a run, or several runs on one page.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use gradbook_report::{comparison, report};
use gradbook_run::data::{self, DataSource, Evaluation};
use gradbook_run::files::write_atomically;
use gradbook_run::folder::names::{CHECKPOINT_FILE, REPORT_FILE};
use gradbook_run::folder::records::{EpochRecord, RunResult, read_metrics, read_result};
use gradbook_run::folder::weights::{self, Weights};
use gradbook_run::report::{ModelAnswers, RunFacts, contents, labels, outputs, run as run_of, write};
use gradbook_run::source::{FoundRun, Source};
use gradbook_run::words::thousands;

use crate::arguments::SpeedArguments;
use crate::outcome::Outcome;
use crate::output;
use crate::shell::{begin_again_command, repeat_command, resume_command};

/// The default name of the page of several runs.
const COMPARISON_FILE: &str = "comparison.html";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Run folders; the curves of several are drawn in one picture
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<String>,
    /// The page [default: report.html in the run folder; of several runs, comparison.html]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// For one run: the folder with its data, if that was moved
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// For one run: the evaluated image, counted from 0, to show on its way through the network [default: the
    /// first that is recognised]
    #[arg(long, value_name = "N")]
    image: Option<usize>,
    #[command(flatten)]
    speed: SpeedArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let out = match arguments.runs.as_slice() {
        [run] => one(run, arguments)?,
        runs => {
            if let Some(option) = [arguments.data.as_ref().map(|_| "--data"), arguments.image.map(|_| "--image")]
                .into_iter()
                .flatten()
                .next()
            {
                bail!(
                    "{option}: this is for the page of one run; several are compared without their images; leave it out"
                );
            }
            several(runs, arguments)?
        }
    };
    output::data(&out.display().to_string())?;
    Ok(Outcome::Done)
}

/// The content of a run folder besides its description.
struct Found {
    source: Source,
    run: FoundRun,
    epochs: Vec<EpochRecord>,
    result: Option<RunResult>,
}

impl Found {
    /// # Errors
    /// If it is not a run, or none of its epochs was finished.
    fn read(argument: &str) -> anyhow::Result<Found> {
        let (source, run) = Source::find_run(argument)?;
        let epochs = read_metrics(&run.dir)?;
        if epochs.is_empty() {
            let go_on = match run.dir.join(CHECKPOINT_FILE).exists() {
                true => format!("`{}` resumes it", resume_command(&run.dir)),
                false => format!("`{}` starts it again", begin_again_command(&source, &run.record, &run.dir)?),
            };
            bail!("{argument}: this run has not finished an epoch; {go_on}");
        }
        let result = read_result(&run.dir)?;
        Ok(Found { source, run, epochs, result })
    }
}

fn one(argument: &str, arguments: &Arguments) -> anyhow::Result<PathBuf> {
    let Found { source, run, epochs, result } = &Found::read(argument)?;
    let FoundRun { dir, record } = run;
    let network = source.network()?;
    let Weights { model, sha256: model_sha256, .. } = weights::read_of_run(dir, &network)?;
    let data = DataSource::new(arguments.data.as_deref(), Some(&record.data))?;
    let others = match &record.data_sha256 {
        Some(recorded) => data.sha256()?.as_ref() != Some(recorded),
        None => data != DataSource::Mnist && record.data == DataSource::Mnist.name(),
    };
    if others {
        bail!(
            "{}: these are not the images of the run, which had {}; give those with --data DIR",
            data.name(),
            record.data
        );
    }
    let (train, set) = data.load(Evaluation::of(record.holdout))?;
    if let Some(image) = arguments.image.filter(|&image| image >= set.len()) {
        bail!("--image {image}: there are {} evaluated images, counted from 0", thousands(set.len()));
    }
    source.check_memory(&network, 1)?;
    let outputs = outputs(source, &network, &model, &set, arguments.speed.threads(), arguments.speed.isa()?)?;
    let (result, train_images) = (result.as_ref(), Some(train.len()));
    let told = RunFacts { source, network: &network, record, epochs, result, train_images };
    let image = arguments.image;
    let answered = ModelAnswers { model: &model, model_sha256: &model_sha256, set: &set, outputs: &outputs, image };
    let page = contents(&told, &answered, repeat_command(source, record, dir)?)?;
    match &arguments.out {
        Some(out) => {
            write_atomically(out, report(&page).as_bytes())?;
            Ok(out.clone())
        }
        None => {
            write(dir, &page)?;
            Ok(dir.join(REPORT_FILE))
        }
    }
}

fn several(folders: &[String], arguments: &Arguments) -> anyhow::Result<PathBuf> {
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut all = Vec::new();
    for folder in folders {
        all.push(Found::read(folder)?);
        let path = std::fs::canonicalize(folder).with_context(|| format!("{folder}: cannot be read"))?;
        if seen.contains(&path) {
            bail!("{folder}: this run is given twice; leave one out");
        }
        seen.push(path);
    }
    let names: Vec<_> = all.iter().map(|found| (&found.run.record, found.run.dir.display().to_string())).collect();
    let mut runs = Vec::new();
    for (Found { source, run, epochs, result }, label) in all.iter().zip(labels(&names)) {
        let record = &run.record;
        let train_images = data::train_images(&record.data, Evaluation::of(record.holdout));
        let network = &source.network()?;
        runs.push(run_of(&RunFacts { source, network, record, epochs, result: result.as_ref(), train_images }, label)?);
    }
    let out = arguments.out.clone().unwrap_or_else(|| Path::new(COMPARISON_FILE).to_owned());
    write_atomically(&out, comparison(&runs).as_bytes())?;
    Ok(out)
}
