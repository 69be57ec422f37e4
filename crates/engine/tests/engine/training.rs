//! Whole trainings on small made-up images: equal bits, no trace of evaluation, real learning, clear refusals.

use crate::support::{SPEC, bars, go_on, options, run};
use gradbook_engine::data::Dataset;
use gradbook_engine::kernels::Isa;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::optimizer::Optimizer;
use gradbook_engine::spec::Spec;
use gradbook_engine::train::{self, Control, Event, Options, State, TrainError};

#[test]
fn the_same_seed_gives_the_same_bits_on_any_threads_and_instruction_set() {
    let spec: Spec = toml::from_str(SPEC).unwrap();
    let (model, history) = run(&spec, options(1, Isa::best()), &mut |_| Control::Continue);
    // 2 epochs of 10 batches of 20 images and one of 3: 22 steps.
    assert_eq!(history.epochs[1].train.samples, 203);
    for isa in Isa::available() {
        for threads in [1, 2, 3] {
            let other = run(&spec, options(threads, isa), &mut |_| Control::Continue);
            assert!(other == (model.clone(), history.clone()), "{} with {threads} threads", isa.name());
        }
    }
    let (other, _) = run(&spec, Options { seed: 8, ..options(1, Isa::best()) }, &mut |_| Control::Continue);
    assert_ne!(other, model);
}

#[test]
fn training_learns_and_stops_where_the_observer_says() {
    let mut spec: Spec = toml::from_str(SPEC).unwrap();
    spec.train.as_mut().unwrap().epochs = 12;
    let (_, history) = run(&spec, options(2, Isa::best()), &mut |_| Control::Continue);
    let last = &history.epochs[11];
    assert!(last.test.accuracy() > 0.9, "accuracy {}", last.test.accuracy());

    let mut steps = 0;
    let (_, history) = run(&spec, options(2, Isa::best()), &mut |event| {
        steps += usize::from(matches!(event, Event::Step(..)));
        if steps == 14 { Control::Stop } else { Control::Continue }
    });
    assert_eq!((steps, history.epochs.len()), (14, 2));
    assert!(history.epochs[1].cut_short && !history.epochs[0].cut_short);
    assert_eq!(history.epochs[1].test.samples, 50);
}

/// With Adam's moments, a schedule that remembers losses, dropout, augmentation and BatchNorm's statistics.
#[test]
fn training_goes_on_from_any_step_to_the_same_bits() {
    let mut spec: Spec = toml::from_str(SPEC).unwrap();
    let train = spec.train.as_mut().unwrap();
    train.epochs = 3;
    train.optimizer = toml::from_str("type = \"adam\"\nlr = 1e-2").unwrap();
    train.schedule =
        toml::from_str("type = \"reduce_on_plateau\"\nfactor = 0.5\npatience = 0\nthreshold = 0.9").unwrap();
    let network = Network::new(&spec).unwrap();
    let start = State::new(spec.train.as_ref().unwrap(), Model::new(&network, &spec.init, 7)).unwrap();
    let (mut whole, mut seen) = (start.clone(), vec![start]);
    go_on(&spec, &mut whole, options(2, Isa::best()), &mut |event| {
        let (Event::Step(_, state) | Event::Epoch(_, state, _)) = event;
        // As if read from a file.
        let (m, v) = state.optimizer.moments();
        let optimizer = &spec.train.as_ref().unwrap().optimizer;
        let optimizer =
            Optimizer::resumed(optimizer, state.model.parameters.len(), (m.to_vec(), v.to_vec()), state.step).unwrap();
        seen.push(State { optimizer, ..state.clone() });
        Control::Continue
    });
    let rates: Vec<f64> = whole.history.epochs.iter().map(|epoch| epoch.rate).collect();
    assert!(rates[2] < rates[0], "the schedule has moved: {rates:?}");
    // 3 epochs of 11 steps, and one event after each epoch.
    assert_eq!(seen.len(), 1 + 3 * 12);
    for mut state in seen {
        let step = state.step;
        go_on(&spec, &mut state, options(1, Isa::best()), &mut |_| Control::Continue);
        assert!(state == whole, "from step {step} on");
    }
}

#[test]
fn evaluation_changes_nothing_in_training() {
    let spec: Spec = toml::from_str(SPEC).unwrap();
    let (model, _) = run(&spec, options(2, Isa::best()), &mut |_| Control::Continue);
    let network = Network::new(&spec).unwrap();
    let train = spec.train.as_ref().unwrap();
    let mut unseen = State::new(train, Model::new(&network, &spec.init, 7)).unwrap();
    let (training, nothing) = (bars(203, 1), bars(0, 2));
    let sets = (&training, &nothing);
    train::train(&network, train, &mut unseen, sets, options(2, Isa::best()), &mut |_| Control::Continue).unwrap();
    assert!(model == unseen.model, "the model depends on what was evaluated");
}

#[test]
fn images_that_do_not_fit_are_refused_with_both_sizes() {
    let spec: Spec = toml::from_str(&SPEC.replace("[1, 12, 12]", "[1, 13, 12]")).unwrap();
    let network = Network::new(&spec).unwrap();
    let train = spec.train.as_ref().unwrap();
    let mut state = State::new(train, Model::new(&network, &spec.init, 1)).unwrap();
    let data = bars(10, 1);
    let result =
        train::train(&network, train, &mut state, (&data, &data), options(1, Isa::best()), &mut |_| Control::Continue);
    let message = result.unwrap_err().to_string();
    assert!(matches!(result_kind(&network, &data), TrainError::Input { .. }));
    assert!(message.contains("1 x 13 x 12") && message.contains("12 x 12"), "{message}");
}

fn result_kind(network: &Network, data: &Dataset) -> TrainError {
    let model = Model::new(network, &Default::default(), 1);
    train::evaluate(network, &Default::default(), &model, data, 1, Isa::best()).unwrap_err()
}
