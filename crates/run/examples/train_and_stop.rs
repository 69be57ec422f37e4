//! Trains `swift` for one epoch with its own observer, which another thread stops after some steps; then resumes from
//! the checkpoint and trains to the end.
//!
//! ```text
//! cargo run --release -p gradbook-run --example train_and_stop
//! ```

#![expect(clippy::disallowed_macros, clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gradbook_engine::kernels::{Isa, Precision};
use gradbook_engine::train::{State, Step};
use gradbook_run::data::{DataSource, Evaluation};
use gradbook_run::folder::error::Cause;
use gradbook_run::folder::records::EpochRecord;
use gradbook_run::limits::Limits;
use gradbook_run::machine::default_threads;
use gradbook_run::place::Place;
use gradbook_run::training::Beginning;
use gradbook_run::trials::{CHECKPOINT_EVERY, Conditions, Trial};
use gradbook_run::{Observer, Source, Training};

/// Prints the progress of the training, counts its steps, and stops it when `stop` says so.
struct Console {
    steps: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Observer for Console {
    fn resumed(&mut self, _: &Training<'_>, state: &State) {
        println!("goes on after step {}", state.step);
    }

    fn step(&mut self, training: &Training<'_>, step: &Step) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        if step.step.is_multiple_of(100) {
            let (steps, loss) = (training.steps_per_epoch(), step.running.mean_loss());
            println!("step {} of {steps}: mean loss {loss:.3}", step.step);
        }
    }

    fn epoch(&mut self, _: &Training<'_>, epoch: &EpochRecord) -> Result<(), Cause> {
        println!("epoch {}: {} of {} test images", epoch.epoch, epoch.correct, epoch.total);
        Ok(())
    }

    fn is_to_stop(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut source = Source::find("swift")?;
    source.set_epochs(1)?;
    let network = source.network()?;
    let conditions = Conditions {
        data: DataSource::Mnist,
        data_sha256: None,
        evaluation: Evaluation::Test,
        isa: Isa::best(),
        precision: Precision::F32,
        init: None,
        limits: Limits::default(),
        checkpoint_every: CHECKPOINT_EVERY,
        force: false,
    };
    let images = conditions.images()?;
    let folder = tempfile::tempdir()?;
    let trial = Trial { source: &source, network: &network, seed: 1, out: folder.path().join("swift-seed1") };
    let training = trial.training(&conditions, default_threads(), &images)?;
    println!("{} parameters, {} steps", network.parameters(), training.steps_per_epoch());

    let (steps, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut observer = Console { steps: Arc::clone(&steps), stop: Arc::clone(&stop) };
    let stopper = thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            while steps.load(Ordering::Relaxed) < 250 {
                thread::sleep(Duration::from_millis(1));
            }
            stop.store(true, Ordering::Relaxed);
        }
    });
    let result = training.run(Instant::now(), Beginning::Fresh, &mut observer)?;
    println!("stopped by {:?}: {} whole epochs of {}", result.stopped_by, result.epochs, result.epochs_planned);
    stopper.join().expect("the thread only waits");

    stop.store(false, Ordering::Relaxed);
    assert_eq!(trial.place(&conditions)?, Place::Begun);
    let result = training.run(Instant::now(), Beginning::Checkpoint, &mut observer)?;
    println!("accuracy {:.4}, SHA-256 of the model {}", result.accuracy, result.model_sha256);
    Ok(())
}
