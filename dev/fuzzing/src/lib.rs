//! What the program does with each kind of file that somebody may hand it, for tests and fuzz targets (`fuzz/`): bytes
//! in, an answer or an error out. A panic is a bug.
//!
//! A file of a few kilobytes may ask for much work: many pixels, a large network. Where the program takes its time for
//! that, the limits here are lower.

#![forbid(unsafe_code)]

mod seeds;
mod sheet;
mod tiny;

use std::path::Path;
use std::str::from_utf8;

use anyhow::{Context, ensure};
use gradbook_check as check;
use gradbook_data::idx;
use gradbook_data::picture::{self, Content, Largest, Picture};
use gradbook_engine::data::{Dataset, Values};
use gradbook_engine::kernels::{Isa, Precision};
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::spec::{LayerSpec, Spec, TrainSpec};
use gradbook_engine::train::{Control, Event, Options, State, evaluate, train};
use gradbook_export::weights;
use gradbook_lesson::Lesson;
use gradbook_report::{comparison, report, run_curves};
use gradbook_run::folder::{checkpoint, records};
use gradbook_run::layers;
use gradbook_run::report::{ModelAnswers, RunFacts, contents, run};
use gradbook_run::source::Source;
use gradbook_run::sweep::Sweep;
use tiny::Tiny;

/// A kind of file.
pub struct Kind {
    /// Of its fuzz target, and of the folder of hostile files in `tests/files`.
    pub name: &'static str,
    /// Does with the bytes what the program does.
    ///
    /// # Errors
    /// What the program says.
    pub read: fn(&[u8]) -> anyhow::Result<()>,
    /// Small files that are right, for fuzzers to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every kind of file that is read.
pub const KINDS: [Kind; 8] = [
    Kind { name: "idx", read: idx, seeds: seeds::idx },
    Kind { name: "picture", read: picture, seeds: seeds::picture },
    Kind { name: "weights", read: weights, seeds: seeds::weights },
    Kind { name: "checkpoint", read: checkpoint, seeds: seeds::checkpoint },
    Kind { name: "description", read: description, seeds: seeds::description },
    Kind { name: "sweep", read: sweep, seeds: seeds::sweep },
    Kind { name: "record", read: record, seeds: seeds::record },
    Kind { name: "workbook", read: workbook, seeds: seeds::workbook },
];

/// Reads bytes as a file of the kind with that name; what the program would say to them is no matter.
///
/// # Panics
/// If there is no such kind; if the program has a bug.
pub fn fuzz(kind: &str, bytes: &[u8]) {
    let kind = KINDS.iter().find(|known| known.name == kind).expect("a kind of file");
    let _ = (kind.read)(bytes);
}

/// Images or labels of a data set.
fn idx(bytes: &[u8]) -> anyhow::Result<()> {
    let mut written = Vec::new();
    if bytes.starts_with(&[0, 0, 8, 1]) {
        idx::write_labels(&mut written, &idx::parse_labels("labels", bytes.to_vec())?)?;
    } else {
        idx::write_images(&mut written, &idx::parse_images("images", bytes.to_vec())?)?;
    }
    assert_eq!(written, bytes);
    Ok(())
}

/// What `gradbook predict` is given.
fn picture(bytes: &[u8]) -> anyhow::Result<()> {
    let (height, width, pixels) =
        match picture::parse("picture", bytes.to_vec(), Largest { bytes: 1 << 24, pixels: 1 << 16 })? {
            Content::One(Picture { height, width, pixels }) => (height, width, pixels),
            Content::Idx(idx::Images { height, width, mut pixels, .. }) => {
                pixels.truncate(height * width);
                (height, width, pixels)
            }
        };
    ensure!(pixels.len() <= 1 << 16, "an IDX file of pictures that are too large for this test");
    assert_eq!(pixels.len(), height * width);
    let image = picture::prepare(&Picture { height, width, pixels }, 28, 28).context("no digit stands out")?;
    assert_eq!(image.len(), 28 * 28);
    assert!(image.contains(&255));
    Ok(())
}

/// What `gradbook check` is given: a workbook, the XML of its sheet, or rows of cells.
fn workbook(bytes: &[u8]) -> anyhow::Result<()> {
    let file = match bytes {
        [b'P', b'K', ..] | [0xd0, 0xcf, ..] => bytes.to_vec(),
        [b'<', ..] => sheet::workbook(bytes),
        _ => sheet::workbook(sheet::cells(from_utf8(bytes)?).as_bytes()),
    };
    let report = check::check(&file, &check::Options::default())?;
    for detail in [check::Detail::Everything, check::Detail::Hints] {
        assert!(check::text("workbook", &report, detail).starts_with("workbook: "));
        assert!(check::page("workbook", &report, detail, None).ends_with("</html>\n"));
    }
    serde_json::to_string(&report)?;
    Ok(())
}

/// Weights from elsewhere, or the model of a run: read, used, written again.
fn weights(bytes: &[u8]) -> anyhow::Result<()> {
    let Tiny { network, spec, test, .. } = Tiny::get();
    let model = weights::read(bytes, network)?;
    evaluate(network, &spec.normalize, &model, test, 1, Isa::best())?;
    let written = weights::write(network, &model);
    assert_eq!(weights::write(network, &weights::read(&written, network)?), written);
    Ok(())
}

/// Where a training stands; it goes on from there. The bytes are what the file's SHA-256 is of, or else the whole file.
fn checkpoint(bytes: &[u8]) -> anyhow::Result<()> {
    let Tiny { network, spec, train: images, test, .. } = Tiny::get();
    let of = checkpoint::Of { fingerprint: tiny::FINGERPRINT, network, spec, train_images: images.len() };
    let sealed = checkpoint::sealed(bytes);
    let whole = if bytes.starts_with(b"gradbook") { bytes } else { &sealed };
    let mut state = checkpoint::parse("checkpoint", whole, of)?.state;
    train(network, spec, &mut state, (images, test), options(), &mut |_| Control::Continue)?;
    Ok(())
}

fn options() -> Options {
    Options { seed: 1, threads: 1, isa: Isa::best(), precision: Precision::F32 }
}

/// A network, with a recipe or a lesson: sizes and words, the lesson's numbers, a few steps of training.
fn description(bytes: &[u8]) -> anyhow::Result<()> {
    let (spec, _) = records::parse_description("description.toml", from_utf8(bytes)?)?;
    // As a run folder keeps it.
    let text = toml::to_string(&spec)?;
    let (again, _) = records::parse_description("run.toml", &text)?;
    assert_eq!(toml::to_string(&again)?, text);

    if is_small_lesson(&spec) {
        Lesson::from_spec("fuzz", &spec)?;
    }
    let source = Source { name: "described".to_owned(), origin: "description.toml".to_owned(), spec, run: None };
    let network = source.network()?;
    assert_eq!(layers::rows(&network, &source.spec).len(), network.nodes.len());
    match &source.spec.train {
        Some(spec) => steps(&network, &source.spec, spec),
        None => Ok(()),
    }
}

/// Whether a lesson's numbers, if the program took them, would be some ten thousands.
fn is_small_lesson(spec: &Spec) -> bool {
    let Some(lesson) = &spec.lesson else { return false };
    let units = spec.layers.iter().map(|layer| match layer {
        LayerSpec::Linear { out_features, .. } => *out_features,
        _ => 0,
    });
    let units =
        units.fold(spec.input.iter().fold(0, |sum: usize, &size| sum.saturating_add(size)), usize::saturating_add);
    units <= 24 && lesson.x.len() <= 24 && lesson.updates.saturating_mul(lesson.rates.len() + 1) <= 200
}

/// A few steps of a small network on black and white images of its size.
fn steps(network: &Network, spec: &Spec, train_spec: &TrainSpec) -> anyhow::Result<()> {
    let input = network.input.len();
    let values: usize = network.nodes.iter().map(|node| node.output.len()).sum();
    if network.parameters() > 4_000 || values > 8_000 || network.multiply_adds() > 100_000 || input > 2_000 {
        return Ok(());
    }
    let values = Values::Bytes((0..3 * input).map(|pixel| 255 * (pixel % 5 == 0) as u8).collect());
    let set = Dataset { values, labels: vec![0; 3], shape: network.input, classes: 1 };
    let mut state = State::new(train_spec, Model::new(network, &spec.init, 1))?;
    train(network, train_spec, &mut state, (&set, &set), options(), &mut |event| match event {
        Event::Step(step, _) if step.epoch < 3 => Control::Continue,
        Event::Step(..) | Event::Epoch(..) => Control::Stop,
    })?;
    Ok(())
}

/// Variants of a recipe.
fn sweep(bytes: &[u8]) -> anyhow::Result<()> {
    let sweep = Sweep::expand("sweep".to_owned(), "sweep.toml", from_utf8(bytes)?, Path::new("no-such-folder"))?;
    for variant in sweep.variants.iter().take(4) {
        variant.source.train_spec()?;
        variant.source.network()?;
    }
    Ok(())
}

/// `metrics.jsonl`, and behind an empty line `result.json`: the pages that are made of them.
fn record(bytes: &[u8]) -> anyhow::Result<()> {
    let text = from_utf8(bytes)?;
    let (metrics, result) = text.split_once("\n\n").map_or((text, None), |(metrics, result)| (metrics, Some(result)));
    let epochs = records::parse_metrics("metrics.jsonl", metrics)?;
    ensure!(!epochs.is_empty(), "this run has not finished an epoch");
    let result = result.map(|text| records::parse_result("result.json", text)).transpose()?;

    let Tiny { source, network, test, record, model, .. } = Tiny::get();
    let outputs = vec![0.5; test.len() * network.output().len()];
    for train_images in [None, Some(5)] {
        let told = RunFacts { source, network, record, epochs: &epochs, result: result.as_ref(), train_images };
        let answered = ModelAnswers { model, model_sha256: "", set: test, outputs: &outputs, image: None };
        let page = contents(&told, &answered, "gradbook train".to_owned())?;
        run_curves(&page.run);
        assert!(report(&page).ends_with("</html>\n"));
        assert!(comparison(&[run(&told, "one".to_owned())?, page.run]).ends_with("</html>\n"));
    }
    Ok(())
}
