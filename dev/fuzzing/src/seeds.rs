//! Small files that are right, a few of each kind.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use gradbook_data::idx::{Images, write_images, write_labels};
use gradbook_engine::train::{Control, Event, State, train};
use gradbook_export::weights;
use gradbook_run::folder::checkpoint::{self, Seconds};
use gradbook_run::folder::records::{EpochRecord, RunResult};
use png::{BitDepth, ColorType};

use crate::options;
use crate::tiny::{DESCRIPTION, FINGERPRINT, Tiny};

pub(crate) fn idx() -> Vec<Vec<u8>> {
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    let pixels = (0..2 * 3 * 4).collect();
    write_images(&mut images, &Images { count: 2, height: 3, width: 4, pixels }).expect("in memory");
    write_labels(&mut labels, &[7, 2, 1]).expect("in memory");
    vec![images, labels]
}

/// Tables of a small network, with formulas and with numbers; the second is wrong.
pub(crate) fn workbook() -> Vec<Vec<u8>> {
    let formulas = "\
η|0.5|||||||||
t1|i1|i2|w1|w2|b1|o1|a_o1|E|dE/dw1|dE/dw2
1|0.5|0.1|0.4|0.6|0.1|=B3*D3+C3*E3+F3|=1/(1+EXP(-G3))|=0.5*(A3-H3)^2|=(H3-A3)*H3*(1-H3)*B3|=(H3-A3)*H3*(1-H3)*C3
1|0.5|0.1|=D3-$B$1*J3|=E3-$B$1*K3|0.1|=B4*D4+C4*E4+F4|=1/(1+EXP(-G4))|=0.5*(A4-H4)^2|=(H4-A4)*H4*(1-H4)*B4|=(H4-A4)*H4*B4
";
    let numbers = "i1|0.5|0.5\nt1|1|1\nw1|0.4|0.42\no1|0.2|0.21\nE_tot|0.32|0.31\n∂E/∂w1|-0.4|-0.395\nlr = 0.05";
    let xml = crate::sheet::cells(numbers).into_bytes();
    let file = crate::sheet::workbook(&xml);
    vec![formulas.into(), numbers.into(), xml, file]
}

/// A seven in each format.
pub(crate) fn picture() -> Vec<Vec<u8>> {
    let is_ink =
        |x: usize, y: usize| (6..18).contains(&x) && (4..7).contains(&y) || (6..22).contains(&y) && x + y / 2 == 18;
    let seven: Vec<u8> = (0..24 * 26).map(|at| if is_ink(at % 24, at / 24) { 20 } else { 230 }).collect();
    // Opaque, and red, green, blue and alpha in two bytes each.
    let words: Vec<u8> = seven.iter().flat_map(|&grey| [grey, grey, grey, grey, grey, grey, 255, 255]).collect();
    let colours: Vec<u8> = seven.iter().flat_map(|&grey| [grey; 3]).collect();
    let mut files = vec![
        png(&seven, ColorType::Grayscale, BitDepth::Eight),
        png(&words, ColorType::Rgba, BitDepth::Sixteen),
        include_bytes!("seven.jpg").to_vec(),
        [b"P5\n24 26\n255\n".as_slice(), &seven].concat(),
        [b"P6\n24 26\n255\n".as_slice(), &colours].concat(),
    ];
    let pixels: String = seven.iter().map(|&grey| if grey < 128 { "1 " } else { "0 " }).collect();
    files.push(format!("P1\n24 26\n{pixels}").into_bytes());
    let mut idx = Vec::new();
    write_images(&mut idx, &Images { count: 1, height: 26, width: 24, pixels: seven }).expect("in memory");
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&idx).expect("in memory");
    files.extend([idx, packed.finish().expect("in memory")]);
    files
}

/// A PNG file of 24 x 26 pixels.
fn png(samples: &[u8], colours: ColorType, depth: BitDepth) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 24, 26);
    encoder.set_color(colours);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().expect("in memory");
    writer.write_image_data(samples).expect("in memory");
    writer.finish().expect("in memory");
    bytes
}

pub(crate) fn weights() -> Vec<Vec<u8>> {
    let Tiny { network, model, .. } = Tiny::get();
    vec![weights::write(network, model)]
}

/// After each step of a training: the content of the file, and once the whole file.
pub(crate) fn checkpoint() -> Vec<Vec<u8>> {
    let Tiny { network, spec, model, train: images, test, .. } = Tiny::get();
    let mut files = Vec::new();
    let mut keep = |state: &State| {
        let seconds = Seconds { epochs: vec![[1.0, 0.5]; state.history.epochs.len()], running: 0.25, wall: 2.0 };
        files.push(checkpoint::to_bytes(FINGERPRINT, state, seconds));
        Control::Continue
    };
    let mut state = State::new(spec, model.clone()).expect("a recipe");
    let trained = train(network, spec, &mut state, (images, test), options(), &mut |event| match event {
        Event::Step(_, state) | Event::Epoch(_, state, _) => keep(state),
    });
    trained.expect("images that fit");
    let contents: Vec<Vec<u8>> =
        files.iter().filter_map(|file| checkpoint::opened(file)).map(|(_, tensors)| tensors.to_vec()).collect();
    contents.into_iter().chain(files.pop()).collect()
}

pub(crate) fn description() -> Vec<Vec<u8>> {
    let shipped = [
        include_str!("../../../crates/run/networks/class.toml"),
        include_str!("../../../crates/run/networks/softmax.toml"),
    ];
    [DESCRIPTION].iter().chain(&shipped).map(|text| text.as_bytes().to_vec()).collect()
}

pub(crate) fn sweep() -> Vec<Vec<u8>> {
    let variants = "about = \"two\"\nbase = \"swift\"\nseeds = 2\nset.\"train.epochs\" = 1\n[[variants]]\nname = \"a\"\n\
        [[variants]]\nname = \"b\"\nfrom = \"a\"\nset.\"layers.0.out_channels\" = 6\npublished = { best = 99.1, last = 99.0 }\n";
    let grid = "base = \"small\"\n[grid]\n\"train.batch\" = [32, 64]\n\"train.optimizer.lr\" = [0.1, 0.01]\n\
        [[published]]\nname = \"LeNet\"\nparameters = 60000\naccuracy = 99.05\nnote = \"1998\"\n";
    vec![variants.into(), grid.into()]
}

pub(crate) fn record() -> Vec<Vec<u8>> {
    let epoch = |epoch: usize| EpochRecord {
        recipe: "tiny".to_owned(),
        seed: 1,
        epoch,
        rate: 0.01,
        train_loss: 1.5 / epoch as f64,
        train_accuracy: 0.5,
        loss: if epoch < 3 { 1.25 } else { f64::NAN },
        accuracy: 0.75,
        correct: 2,
        total: 3,
        train_seconds: 1.5,
        evaluation_seconds: 0.5,
        cut_short: false,
    };
    let line = |number: usize| serde_json::to_string(&epoch(number)).expect("numbers and words");
    let result = RunResult {
        recipe: "tiny".to_owned(),
        seed: 1,
        parameters: 33,
        macs_per_image: 294,
        epochs: 2,
        epochs_planned: 2,
        batch: 2,
        precision: "f32".to_owned(),
        threads: 1,
        isa: "portable".to_owned(),
        data: "mnist".to_owned(),
        evaluated_on: "test images".to_owned(),
        correct: 2,
        total: 3,
        accuracy: 0.75,
        loss: 1.25,
        best_accuracy: 0.75,
        best_epoch: 1,
        train_seconds: 3.0,
        wall_seconds: 4.0,
        peak_rss_bytes: Some(1 << 20),
        interrupted: false,
        stopped_by: None,
        model_sha256: String::new(),
        init_sha256: None,
        version: "0.1.0".to_owned(),
    };
    let result = serde_json::to_string_pretty(&result).expect("numbers and words");
    vec![
        format!("{}\n{}\n\n{result}", line(1), line(2)).into_bytes(),
        [line(1), line(2), line(3)].join("\n").into_bytes(),
    ]
}
