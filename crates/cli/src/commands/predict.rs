//! `gradbook predict`: which classes a trained network sees in pictures.

use std::io::{IsTerminal, stdout};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use gradbook_data::idx::Images;
use gradbook_data::picture::{self, Content, Picture};
use gradbook_engine::data::Dataset;
use gradbook_engine::kernels::Isa;
use gradbook_engine::model::Model;
use gradbook_engine::network::{Network, Shape};
use gradbook_engine::predict::with_predictor;
use gradbook_engine::spec::{LossSpec, NormalizeSpec};
use gradbook_run::folder::names::MODEL_FILE;
use gradbook_run::folder::weights;
use gradbook_run::source::Source;
use gradbook_run::words::{percent, plural};
use serde::Serialize;

use crate::arguments::SpeedArguments;
use crate::outcome::Outcome;
use crate::output;
use crate::shades::Shades;

/// The text after the options.
const PREPARATION: &str = "\
A picture shows one digit, dark on light or light on dark; what its border shows is the background. The digit is scaled
to 20/28 of the network's input and centred, as MNIST was made. Images in IDX files that have the size of the network's
input are used unchanged.";

#[derive(Args, Debug)]
#[command(after_help = PREPARATION)]
pub(crate) struct Arguments {
    /// The run folder
    #[arg(value_name = "RUN")]
    run: String,
    /// PNG, JPEG, PBM, PGM, PPM or IDX files, each also compressed with gzip; one digit per picture
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<PathBuf>,
    /// From IDX files, only this image or these, counted from 0 [default: all]
    #[arg(long, value_name = "N|FIRST-LAST", value_parser = index)]
    index: Option<RangeInclusive<usize>>,
    /// Uses pictures of the network's size unchanged, as white on black
    #[arg(long)]
    as_is: bool,
    /// Draws what the network saw: always, never, or auto (on a terminal, but not for IDX files) [default: auto]
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always",
        conflicts_with = "json", hide_possible_values = true)]
    show: Option<Show>,
    #[command(flatten)]
    speed: SpeedArguments,
    /// Prints one JSON object per image and nothing else
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Show {
    Auto,
    Always,
    Never,
}

/// `7` or `0-99`.
fn index(text: &str) -> Result<RangeInclusive<usize>, String> {
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("`{text}` is no index; write 7 or 0-99"));
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    if first <= last { Ok(first..=last) } else { Err(format!("{first} is above {last}; write 0-99")) }
}

#[derive(Serialize)]
struct Prediction<'p> {
    file: String,
    /// The number within an IDX file, counted from 0.
    index: Option<usize>,
    class: usize,
    probability: f64,
    /// One per class.
    probabilities: &'p [f64],
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let (source, run) = Source::find_run(&arguments.run)?;
    let network = source.network()?;
    let model_file = run.dir.join(MODEL_FILE);
    let model = weights::read_of_run(&run.dir, &network)?.model;
    source.check_memory(&network, 1)?;
    let (threads, isa) = (arguments.speed.threads(), arguments.speed.isa()?);
    let classifier = Classifier {
        network: &network,
        normalize: &source.train_spec()?.normalize,
        model: &model,
        loss: &source.spec.loss,
        threads,
        isa,
    };
    let mut failed = 0;
    for path in &arguments.images {
        let result = see(path, &network, arguments)
            .and_then(|seen| Ok((classifier.probabilities(&seen, &model_file.display().to_string())?, seen)));
        match result {
            Ok((probabilities, seen)) => report(path, &seen, &probabilities, network.output().len(), arguments)?,
            Err(error) if arguments.images.len() == 1 => return Err(error),
            Err(error) => {
                output::complain(&format!("error: {}", crate::errors::message(&error)));
                failed += 1;
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {}: no prediction, for the reasons above", plural(arguments.images.len(), "file"));
    }
    Ok(Outcome::Done)
}

/// What the network sees of a file.
struct Seen {
    images: Images,
    /// The number of the first image within an IDX file.
    first: Option<usize>,
}

/// Reads a file and prepares what is in it.
fn see(path: &Path, network: &Network, arguments: &Arguments) -> anyhow::Result<Seen> {
    let file = path.display();
    let (images, first) = match picture::read(path)? {
        Content::One(_) if arguments.index.is_some() => {
            bail!("{file}: --index chooses among the images of an IDX file, and this is one picture; leave it out")
        }
        Content::One(Picture { height, width, pixels }) => (Images { count: 1, height, width, pixels }, None),
        Content::Idx(images) => {
            let range = arguments.index.clone().unwrap_or(0..=images.count - 1);
            let images = chosen(images, &range).with_context(|| file.to_string())?;
            (images, Some(*range.start()))
        }
    };
    let Images { count, height, width, .. } = images;
    let fits = check_size(network, (height, width));
    if arguments.as_is {
        fits.with_context(|| format!("{file}: --as-is"))?;
        return Ok(Seen { images, first });
    }
    if first.is_some() && fits.is_ok() {
        return Ok(Seen { images, first });
    }
    let (new_height, new_width) = input_size(network)?;
    let mut prepared = Vec::new();
    for (index, pixels) in images.pixels.chunks(height * width).enumerate() {
        let picture = Picture { height, width, pixels: pixels.to_vec() };
        let image = picture::prepare(&picture, new_height, new_width).with_context(|| {
            format!(
                "{}: no digit stands out in this picture of {width} x {height} pixels; give one of a dark digit on \
                 light ground, or light on dark, with a border that is free of it",
                name(path, first.map(|first| first + index))
            )
        })?;
        prepared.extend(image);
    }
    Ok(Seen { images: Images { count, height: new_height, width: new_width, pixels: prepared }, first })
}

/// The images in this range, counted from 0.
fn chosen(images: Images, range: &RangeInclusive<usize>) -> anyhow::Result<Images> {
    let Images { count, height, width, mut pixels } = images;
    let (first, last) = (*range.start(), *range.end());
    if last >= count {
        bail!("--index {last}: of its {}, counted from 0, the last is {}", plural(count, "image"), count - 1);
    }
    pixels.truncate((last + 1) * height * width);
    pixels.drain(..first * height * width);
    Ok(Images { count: last + 1 - first, height, width, pixels })
}

/// `photo.png`, or `digits.idx[7]`.
fn name(path: &Path, index: Option<usize>) -> String {
    index.map_or(path.display().to_string(), |index| format!("{}[{index}]", path.display()))
}

/// Height and width of the network's input; a plain vector counts as a square.
fn input_size(network: &Network) -> anyhow::Result<(usize, usize)> {
    let square = |features: usize| Some(features.isqrt()).filter(|side| side * side == features);
    match network.input {
        Shape::Map { channels: 1, height, width } => Ok((height, width)),
        Shape::Vector(features) if let Some(side) = square(features) => Ok((side, side)),
        input => bail!("the network takes {input} values, not a grey picture; it needs input = [1, 28, 28]"),
    }
}

/// Checks that images of this height and width fit without change.
fn check_size(network: &Network, (height, width): (usize, usize)) -> anyhow::Result<()> {
    let fits = match network.input {
        Shape::Vector(features) => features == height * width,
        map => map == Shape::Map { channels: 1, height, width },
    };
    if !fits {
        bail!("the picture has {height} x {width} pixels (height x width), but the network takes {}", network.input);
    }
    Ok(())
}

/// A model and how to use it.
struct Classifier<'c> {
    network: &'c Network,
    normalize: &'c NormalizeSpec,
    model: &'c Model,
    loss: &'c LossSpec,
    threads: usize,
    isa: Isa,
}

impl Classifier<'_> {
    /// `[images, classes]`: the softmax of the outputs where the loss is cross-entropy; otherwise the outputs
    /// themselves, which need not add up to 1.
    fn probabilities(&self, seen: &Seen, model_file: &str) -> anyhow::Result<Vec<f64>> {
        let Images { count, height, width, ref pixels } = seen.images;
        // Labels are not needed.
        let set = Dataset::grey(pixels.clone(), vec![0; count], [height, width], 1);
        let classes = self.network.output().len();
        let mut outputs = vec![0.0; count * classes];
        with_predictor(self.network, self.normalize, self.model, &set, self.threads, self.isa, |predictor| {
            predictor.predict(0..count, &mut outputs);
        })?;
        if outputs.iter().any(|output| !output.is_finite()) {
            bail!("{model_file}: the network's outputs are not finite, because its training diverged; train again");
        }
        let mut probabilities: Vec<f64> = outputs.into_iter().map(f64::from).collect();
        if matches!(self.loss, LossSpec::CrossEntropy { .. }) {
            probabilities.chunks_mut(classes).for_each(softmax);
        }
        Ok(probabilities)
    }
}

/// `exp(z) / Σ exp(z)` in place.
fn softmax(z: &mut [f64]) {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    z.iter_mut().for_each(|z| *z = (*z - largest).exp());
    let sum: f64 = z.iter().sum();
    z.iter_mut().for_each(|z| *z /= sum);
}

/// Prints the predictions of a file's images.
fn report(
    path: &Path,
    seen: &Seen,
    probabilities: &[f64],
    classes: usize,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let is_terminal = stdout().is_terminal();
    let show = match arguments.show.unwrap_or(Show::Auto) {
        Show::Always => true,
        Show::Never => false,
        Show::Auto => is_terminal && seen.first.is_none() && !arguments.json,
    };
    let shades = Shades::of(is_terminal, |name| std::env::var(name).ok());
    let size = seen.images.height * seen.images.width;
    for (image, probabilities) in probabilities.chunks(classes).enumerate() {
        let mut order: Vec<usize> = (0..classes).collect();
        // Of equal ones the first, as in evaluation.
        order.sort_by(|&one, &other| probabilities[other].total_cmp(&probabilities[one]));
        let index = seen.first.map(|first| first + image);
        if arguments.json {
            let (file, class) = (path.display().to_string(), order[0]);
            let probability = probabilities[class];
            output::json(&Prediction { file, index, class, probability, probabilities })?;
            continue;
        }
        if show {
            output::raw(&shades.draw(&seen.images.pixels[image * size..][..size], seen.images.width))?;
        }
        let words: Vec<String> =
            order.iter().take(3).map(|&class| format!("{class} ({})", percent(probabilities[class]))).collect();
        let then = if words.len() > 1 { format!(", then {}", words[1..].join(", ")) } else { String::new() };
        output::data(&format!("{}: {}{then}", name(path, index), words[0]))?;
    }
    Ok(())
}
