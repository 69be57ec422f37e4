//! Numbers and recipes as a person writes them.

use gradbook_engine::function::Function;
use gradbook_engine::optimizer;
use gradbook_engine::spec::{
    Anneal, AugmentSpec, InitSpec, LayerSpec, LessonSpec, LossSpec, OptimizerSpec, ParameterKind, Per, PerChannel,
    ScheduleSpec, TrainSpec,
};

pub use gradbook_page::number::{percent, plural, rounded, thousands};

/// A loss with four decimals, unless it is too large for that.
pub fn loss(value: f64) -> String {
    if value.abs() < 1e6 { format!("{value:.4}") } else { format!("{value:.3e}") }
}

/// The layer's type and settings, leaving out PyTorch's defaults.
pub fn layer(spec: &LayerSpec) -> String {
    if let Some(function) = Function::of(spec) {
        return function.to_string();
    }
    let name = spec.name();
    let without_bias = |bias: bool| if bias { "" } else { ", no bias" };
    let pool = |kernel: usize, stride: Option<usize>| match stride {
        Some(stride) if stride != kernel => format!("{name} {kernel} x {kernel}, stride {stride}"),
        _ => format!("{name} {kernel} x {kernel}"),
    };
    match *spec {
        LayerSpec::Linear { out_features, bias } => format!("{name} {out_features}{}", without_bias(bias)),
        LayerSpec::Conv2d { out_channels, kernel_size, stride, padding, bias } => {
            let mut words = format!("{name} {out_channels}, {kernel_size} x {kernel_size}");
            if stride != 1 {
                words += &format!(", stride {stride}");
            }
            if padding != 0 {
                words += &format!(", padding {padding}");
            }
            words + without_bias(bias)
        }
        LayerSpec::BatchNorm { eps, momentum } if (eps, momentum) != (1e-5, 0.1) => {
            format!("{name}, eps {}, momentum {}", number(eps), number(momentum))
        }
        LayerSpec::Dropout { p } => format!("{name} {}", number(p)),
        LayerSpec::MaxPool { kernel_size, stride } | LayerSpec::AvgPool { kernel_size, stride } => {
            pool(kernel_size, stride)
        }
        // The others have no settings.
        _ => name.to_owned(),
    }
}

/// A training recipe, one line per subject.
pub fn recipe(train: &TrainSpec, loss: &LossSpec, init: &InitSpec) -> Vec<String> {
    let TrainSpec { epochs, batch, augment, normalize, .. } = train;
    vec![
        format!("{} in batches of {batch}, {}", plural(*epochs, "epoch"), loss_words(loss)),
        optimizer(&train.optimizer),
        schedule(&train.schedule, optimizer::learning_rate(&train.optimizer)),
        format!("start: {}", self::init(init)),
        format!("training images: {}", self::augment(augment)),
        format!("inputs: (pixel / 255 - {}) / {}", per_channel(&normalize.mean), per_channel(&normalize.std)),
    ]
}

/// The values as they are written: a number or a list.
fn per_channel(numbers: &PerChannel) -> String {
    match numbers {
        PerChannel::All(one) => number(*one),
        PerChannel::Each(all) => format!("[{}]", all.iter().map(|&one| number(one)).collect::<Vec<_>>().join(", ")),
    }
}

/// A worked example, one line per subject.
pub fn lesson(lesson: &LessonSpec) -> Vec<String> {
    let list = |values: &[f64]| values.iter().map(|&value| number(value)).collect::<Vec<_>>().join(", ");
    let biases = if lesson.train_biases { "" } else { ", biases left alone" };
    vec![
        format!("lesson: x = {}; t = {}", list(&lesson.x), list(&lesson.t)),
        format!("{} updates, {}{biases}", lesson.updates, optimizer(&lesson.optimizer)),
        format!("compared rates: {}", list(&lesson.rates)),
    ]
}

fn loss_words(loss: &LossSpec) -> String {
    match loss {
        LossSpec::CrossEntropy { label_smoothing } if *label_smoothing != 0.0 => {
            format!("cross-entropy with label smoothing {}", number(*label_smoothing))
        }
        loss => loss.entry().words.to_owned(),
    }
}

fn init(init: &InitSpec) -> String {
    match init {
        InitSpec::Default {} => "PyTorch's default".to_owned(),
        InitSpec::XavierUniform {} => "Xavier uniform".to_owned(),
        InitSpec::XavierNormal {} => "Xavier normal".to_owned(),
        InitSpec::HeUniform {} => "He uniform".to_owned(),
        InitSpec::HeNormal {} => "He normal".to_owned(),
        InitSpec::Constant { value } => format!("all weights {}", number(*value)),
    }
}

fn optimizer(spec: &OptimizerSpec) -> String {
    let decay = |weight_decay: f64, exclude: &[ParameterKind]| {
        let kind = |kind: &ParameterKind| match kind {
            ParameterKind::Weight => "weights",
            ParameterKind::Bias => "biases",
            ParameterKind::BatchNorm => "batch norm",
        };
        match (weight_decay == 0.0, exclude) {
            (true, _) => String::new(),
            (false, []) => format!(", weight decay {}", number(weight_decay)),
            (false, list) => {
                let list: Vec<_> = list.iter().map(kind).collect();
                format!(", weight decay {} (not of {})", number(weight_decay), list.join(", "))
            }
        }
    };
    let adam = |name: &str, lr: f64, betas: &[f64; 2], eps: f64| {
        let [b1, b2] = betas.map(number);
        format!("{name}, rate {}, betas {b1} and {b2}, eps {}", number(lr), number(eps))
    };
    match spec {
        OptimizerSpec::Sgd { lr, momentum, nesterov, weight_decay, exclude_from_weight_decay } => {
            let momentum = match (*momentum, nesterov) {
                (0.0, _) => String::new(),
                (momentum, true) => format!(", Nesterov momentum {}", number(momentum)),
                (momentum, false) => format!(", momentum {}", number(momentum)),
            };
            format!("SGD, rate {}{momentum}{}", number(*lr), decay(*weight_decay, exclude_from_weight_decay))
        }
        OptimizerSpec::Adam { lr, betas, eps, weight_decay, exclude_from_weight_decay } => {
            adam("Adam", *lr, betas, *eps) + &decay(*weight_decay, exclude_from_weight_decay)
        }
        OptimizerSpec::Adamw { lr, betas, eps, weight_decay, exclude_from_weight_decay } => {
            adam("AdamW", *lr, betas, *eps) + &decay(*weight_decay, exclude_from_weight_decay)
        }
    }
}

fn schedule(spec: &ScheduleSpec, lr: f64) -> String {
    let unit = |per: Per| match per {
        Per::Epoch => "epoch",
        Per::Batch => "batch",
    };
    match *spec {
        ScheduleSpec::Constant {} => "constant rate".to_owned(),
        ScheduleSpec::Step { step_size, gamma, per } => {
            format!("rate times {} every {step_size} of: {}", number(gamma), unit(per))
        }
        ScheduleSpec::Exponential { gamma, per } => format!("rate times {} after each {}", number(gamma), unit(per)),
        ScheduleSpec::Cosine { t_max, eta_min, per } => {
            let length = t_max.map_or("the whole training".to_owned(), |t_max| format!("{t_max} steps"));
            format!("cosine from {} to {} over {length}, moved each {}", number(lr), number(eta_min), unit(per))
        }
        ScheduleSpec::Cyclic { base_lr, max_lr, step_size_up, step_size_down, per } => {
            let down = step_size_down.unwrap_or(step_size_up);
            let (low, high) = (number(base_lr), number(max_lr));
            format!(
                "triangles from {low} to {high} in {step_size_up} steps and back in {down}, moved each {}",
                unit(per)
            )
        }
        ScheduleSpec::OneCycle {
            max_lr,
            total_steps,
            pct_start,
            anneal_strategy,
            div_factor,
            final_div_factor,
            per,
        } => {
            let length = total_steps.map_or("the whole training".to_owned(), |total| format!("{total} steps"));
            let curve = match anneal_strategy {
                Anneal::Cos => "cosine",
                Anneal::Linear => "linear",
            };
            format!(
                "one cycle over {length}, {curve}: {} to {} in the first {} %, then to {}, moved each {}",
                number(max_lr / div_factor),
                number(max_lr),
                number(100.0 * pct_start),
                number(max_lr / div_factor / final_div_factor),
                unit(per)
            )
        }
        ScheduleSpec::ReduceOnPlateau { factor, patience, .. } => {
            format!("rate times {} when the training loss has not fallen for {patience} epochs", number(factor))
        }
        ScheduleSpec::Linear { start_factor, end_factor, total_iters, per } => {
            let (start, end) = (number(start_factor), number(end_factor));
            format!("warm-up from {start} to {end} times the rate in {total_iters} steps, moved each {}", unit(per))
        }
    }
}

fn augment(spec: &AugmentSpec) -> String {
    let AugmentSpec { rotation_degrees, shift_pixels, scale, centre_crop, brightness, contrast, plain_last_epochs } =
        spec;
    let mut words = Vec::new();
    let mut add = |present: bool, word: String| {
        if present {
            words.push(word);
        }
    };
    add(*rotation_degrees != 0.0, format!("rotation ±{}°", number(*rotation_degrees)));
    add(*shift_pixels != 0.0, format!("shift ±{} pixels", number(*shift_pixels)));
    add(*scale != [1.0, 1.0], format!("scale {} to {}", number(scale[0]), number(scale[1])));
    if let Some(crop) = centre_crop {
        let (size, p) = (crop.size, number(100.0 * crop.p));
        add(crop.p != 0.0, format!("in {p} % the centre {size} x {size} enlarged"));
    }
    add(*brightness != 0.0, format!("brightness ±{}", number(*brightness)));
    add(*contrast != 0.0, format!("contrast ±{}", number(*contrast)));
    if words.is_empty() {
        return "as they are".to_owned();
    }
    match plain_last_epochs {
        0 => {}
        1 => words.push("unchanged in the last epoch".to_owned()),
        n => words.push(format!("unchanged in the last {n} epochs")),
    }
    words.join(", ")
}

/// Twelve digits hide the rounding of products such as `100 * 0.07`.
fn number(value: f64) -> String {
    rounded(value, 12)
}
