//! The cost of everything beside training itself: checkpoints, files, the page. A measurement, not a claim:
//!
//! ```text
//! cargo test --release -p gradbook-run --lib cost_of_the_run -- --ignored --nocapture
//! ```

#![expect(clippy::disallowed_macros, clippy::print_stderr, reason = "its output is what it is for")]

use std::time::Duration;

use super::*;
use crate::data::DataSource;
use crate::folder::error::Cause;
use crate::limits::Limits;
use crate::report::{self, ModelAnswers, RunFacts};
use crate::trials::{CHECKPOINT_EVERY, Conditions, Trial};
use gradbook_engine::kernels::{Isa, Precision};

const ROUNDS: usize = 9;

/// `swift`, alternately without an observer and with everything that a run has. *Inside* is the time of the training's
/// own thread; the difference of the total times also includes what the writing thread takes from the others, and
/// noise.
#[test]
#[ignore = "takes two minutes, on a machine that does nothing else"]
fn cost_of_the_run() {
    let source = Source::find("swift").unwrap();
    let network = source.network().unwrap();
    let conditions = Conditions {
        data: DataSource::Mnist,
        data_sha256: None,
        evaluation: Evaluation::of(false),
        isa: Isa::best(),
        precision: Precision::F32,
        init: None,
        limits: Limits::default(),
        checkpoint_every: CHECKPOINT_EVERY,
        force: true,
    };
    let images = conditions.images().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trial = Trial { source: &source, network: &network, seed: 1, out: folder.path().join("run") };
    let training = trial.training(&conditions, machine::default_threads(), &images).unwrap();
    let (mut inside, mut differences) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let bare = bare(&training);
        let (whole, spent) = whole(&training);
        let percent = |part: f64| 100.0 * part / bare.as_secs_f64();
        inside.push(percent(spent.as_secs_f64()));
        differences.push(percent(whole.as_secs_f64() - bare.as_secs_f64()));
        eprintln!(
            "{round}: bare {bare:.2?}, whole {whole:.2?} ({:+.2} %), inside {spent:.1?} ({:.2} %)",
            differences[round - 1],
            inside[round - 1]
        );
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (difference, inside) = (median(&mut differences), median(&mut inside));
    eprintln!("medians of {ROUNDS}: difference {difference:+.2} %, inside {inside:.2} %");
}

fn state(training: &Training<'_>) -> State {
    let model = Model::new(training.network, &training.source.spec.init, training.options.seed);
    State::new(training.train_spec, model).unwrap()
}

/// The same training and evaluation, and nothing else.
fn bare(training: &Training<'_>) -> Duration {
    let started = Instant::now();
    let images = (&training.images.train, &training.images.evaluation);
    let mut state = state(training);
    train(training.network, training.train_spec, &mut state, images, training.options, &mut |_| Control::Continue)
        .unwrap();
    started.elapsed()
}

/// As [`Training::run`], together with the time that its observer and its end took.
fn whole(training: &Training<'_>) -> (Duration, Duration) {
    let started = Instant::now();
    let mut state = state(training);
    let mut observer = Page;
    let fingerprint = fingerprint(&training.source.spec, &training.record).unwrap();
    let mut recorder = Recorder::new(training, fingerprint, started, false, &state, Seconds::default(), &mut observer);
    let images = (&training.images.train, &training.images.evaluation);
    let mut spent = Duration::ZERO;
    let trained = train(training.network, training.train_spec, &mut state, images, training.options, &mut |event| {
        let begun = Instant::now();
        let answer = recorder.observe(event).unwrap();
        spent += begun.elapsed();
        answer
    });
    trained.unwrap();
    let begun = Instant::now();
    recorder.finish(state).unwrap();
    spent += begun.elapsed();
    (started.elapsed(), spent)
}

/// Writes the page, as the command line does.
struct Page;

impl Observer for Page {
    fn before_result(&mut self, training: &Training<'_>, ended: &Ended) -> Result<(), Cause> {
        let Training { source, network, record, images, .. } = training;
        let Ended { result, model, epochs, outputs } = ended;
        let outputs = outputs.as_deref().expect("trained to its end");
        let train_images = Some(images.train.len());
        let told = RunFacts { source, network, record, epochs, result: Some(result), train_images };
        let (set, model_sha256) = (&images.evaluation, &result.model_sha256);
        let answered = ModelAnswers { model, model_sha256, set, outputs, image: None };
        Ok(report::write(training.out, &report::contents(&told, &answered, String::new())?)?)
    }
}
