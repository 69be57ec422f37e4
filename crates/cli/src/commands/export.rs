//! `gradbook export`: the model of a run for other programs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use gradbook_engine::network::Network;
use gradbook_export::{About, Export, onnx, output_name, pytorch};
use gradbook_run::files::{self, make_folder, write_atomically};
use gradbook_run::folder::names::{MODEL_FILE, ONNX_FILE, PYTORCH_FILE, RUN_FILE};
use gradbook_run::folder::records;
use gradbook_run::folder::weights::{self, Weights};
use gradbook_run::source::{FoundRun, Source};
use gradbook_run::words::{percent, plural, thousands};
use serde::Serialize;

use crate::outcome::Outcome;
use crate::output;

const MORE: &str = "\
model.onnx      takes pixel values from 0 to 255 as float32; normalisation is part of the model
model.py        a PyTorch module that loads model.safetensors beside it

model.safetensors, with PyTorch's names and layouts, is in the run folder already; with --out it is copied.
docs/exports.md has examples.";

#[derive(Args, Debug)]
#[command(after_help = MORE)]
pub(crate) struct Arguments {
    /// The run folder
    #[arg(value_name = "RUN")]
    run: String,
    /// What to write, separated by commas [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    format: Vec<Format>,
    /// The folder to write to [default: the run folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replaces existing files that differ
    #[arg(long)]
    force: bool,
    /// Prints one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// model.onnx, for onnxruntime and similar programs
    Onnx,
    /// model.py, a PyTorch module
    Pytorch,
}

#[derive(Serialize)]
struct Exported<'e> {
    command: &'static str,
    recipe: &'e str,
    seed: u64,
    model_sha256: &'e str,
    files: Vec<&'e Path>,
}

/// A file to write, and a line about it.
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
    words: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let (source, run) = Source::find_run(&arguments.run)?;
    let network = source.network()?;
    let file = run.dir.join(MODEL_FILE);
    let weights = weights::read_of_run(&run.dir, &network)?;
    if let Some(words) = weights.not_numbers(&file) {
        bail!("{words}; train with a lower learning rate, then export that run");
    }
    let out = arguments.out.as_deref().unwrap_or(&run.dir);
    let own = is_same(out, &run.dir);
    if !own && out.join(RUN_FILE).exists() {
        bail!("{}: this is the folder of another run; choose another with --out DIR", out.display());
    }
    let files = files(arguments, (&source, &run), &network, &weights, (out, own))?;
    if !arguments.force {
        files.iter().try_for_each(check_free)?;
    }
    make_folder(out)?;
    files.iter().try_for_each(|file| write_atomically(&file.path, &file.bytes))?;
    if arguments.json {
        output::json(&Exported {
            command: "export",
            recipe: &source.name,
            seed: run.record.seed,
            model_sha256: &weights.sha256,
            files: files.iter().map(|file| file.path.as_path()).collect(),
        })?;
    } else {
        for File { path, bytes, words } in &files {
            let size = thousands(bytes.len().div_ceil(1000));
            output::data(&format!("{}: {size} KB; {words}", path.display()))?;
        }
    }
    Ok(Outcome::Done)
}

/// The files that were asked for, and the weights, if they are not there already and another file needs them.
fn files(
    arguments: &Arguments,
    (source, run): (&Source, &FoundRun),
    network: &Network,
    weights: &Weights,
    (out, own): (&Path, bool),
) -> anyhow::Result<Vec<File>> {
    let about = about(source, run, network, weights)?;
    let normalize = &source.train_spec()?.normalize;
    let export = Export { network, model: &weights.model, normalize, about: &about };
    let wants = |format: Format| arguments.format.is_empty() || arguments.format.contains(&format);
    let mut files = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>, words: String| files.push(File { path: out.join(name), bytes, words });
    if wants(Format::Onnx) {
        let bytes = onnx::onnx(&export).with_context(|| source.origin.clone())?;
        let words = format!(
            "ONNX, input {}: batch x {}, pixel values from 0 to 255, output {}: batch x {}",
            onnx::INPUT,
            network.input,
            output_name(network),
            network.output()
        );
        add(ONNX_FILE, bytes, words);
    }
    if wants(Format::Pytorch) {
        let text = pytorch::pytorch(&export, MODEL_FILE);
        add(PYTORCH_FILE, text.into_bytes(), format!("a PyTorch module, loads {MODEL_FILE} beside it"));
        if !own {
            add(MODEL_FILE, weights.bytes.clone(), "weights with PyTorch's names and layouts".to_owned());
        }
    }
    Ok(files)
}

/// What the files say about the model. The accuracy is included only if it belongs to exactly this model.
fn about(source: &Source, run: &FoundRun, network: &Network, weights: &Weights) -> anyhow::Result<About> {
    let record = &run.record;
    let parameters = network.parameters();
    let mut sentence = format!(
        "{} parameters, trained by gradbook {} with seed {}",
        thousands(parameters),
        record.version,
        record.seed
    );
    let mut properties = vec![
        ("recipe", source.name.clone()),
        ("seed", record.seed.to_string()),
        ("version", record.version.clone()),
        ("parameters", parameters.to_string()),
        ("model_sha256", weights.sha256.clone()),
    ];
    if let Some(sha256) = &record.init_sha256 {
        sentence += &format!(" from weights with SHA-256 {sha256}");
        properties.push(("init_sha256", sha256.clone()));
    }
    if let Some(result) = records::read_result(&run.dir)? {
        let (correct, total) = (thousands(result.correct), thousands(result.total));
        let images = &result.evaluated_on;
        sentence += &format!(
            "; {} ({correct} of {total} {images}) after {}",
            percent(result.accuracy),
            plural(result.epochs, "epoch")
        );
        properties.push(("accuracy", result.accuracy.to_string()));
        properties.push(("evaluated_on", images.clone()));
        properties.push(("epochs", result.epochs.to_string()));
    }
    let properties = properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(About { name: source.name.clone(), sentence: sentence + ".", properties })
}

/// Whether two paths lead to the same folder.
fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Checks that nothing is there, or exactly what would be written.
fn check_free(File { path, bytes, .. }: &File) -> anyhow::Result<()> {
    let shown = path.display();
    if path.is_dir() {
        bail!("{shown}: this is a folder; choose another place with --out DIR");
    }
    if path.exists() && files::read(path, bytes.len() as u64).ok().as_ref() != Some(bytes) {
        bail!("{shown}: already exists and differs; replace it with --force, or choose another folder with --out DIR");
    }
    Ok(())
}
