//! A lesson from flags: they build a [`Spec`], as a TOML file would, or change one. The engine decides what fits and
//! what does not; [`LessonOptions::name_option`] adds the option to its errors.

use std::str::FromStr;

use anyhow::{Context, bail};
use clap::builder::{PossibleValuesParser, RangedU64ValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use gradbook_engine::optimizer::learning_rate;
use gradbook_engine::spec::{LessonSpec, OptimizerSpec, SettingError, Spec};
use gradbook_lesson::{Activation, Layout, LessonError, Loss, MAX_UPDATES, Network, draw};
use gradbook_run::source::Source;
use gradbook_run::words::plural;
use toml::{Table, Value};

/// Longer lists are not shown to the user.
const MAX_SHOWN: usize = 24;

/// The usual momentum, for users who ask for it without a value.
const MOMENTUM: f64 = 0.9;

const NETWORK: &str = "Network";
const NUMBERS: &str = "Samples and parameters";
const TRAINING: &str = "Training";

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LessonOptions {
    /// A network of your own: its inputs, then the units of each layer, such as 2-3-1
    #[arg(long, value_name = "N-N-...", help_heading = NETWORK, allow_hyphen_values = true)]
    layers: Option<Layout>,
    #[arg(long, value_name = "NAME,...", help_heading = NETWORK, value_delimiter = ',')]
    #[arg(help = format!("One for each layer, or one for all hidden ones: {}", Activation::names()))]
    activations: Option<Vec<Activation>>,
    /// squared_error, mean_squared_error, cross_entropy, which contains softmax, or binary_cross_entropy, after sigmoid
    #[arg(long, value_name = "NAME", help_heading = NETWORK, hide_possible_values = true, value_parser = loss_names())]
    loss: Option<Loss>,
    /// on: biases that are trained; off: none; fixed: biases that updates do not change
    #[arg(long, value_name = "KIND", help_heading = NETWORK, hide_possible_values = true)]
    bias: Option<Bias>,

    /// The inputs, sample by sample, such as 0,0,0,1
    #[arg(long, value_name = "X,...", help_heading = NUMBERS, allow_hyphen_values = true)]
    x: Option<Numbers>,
    /// The targets, sample by sample
    #[arg(long, value_name = "T,...", help_heading = NUMBERS, allow_hyphen_values = true)]
    t: Option<Numbers>,
    /// The initial weights: w1, w2, ... of all layers, unit by unit
    #[arg(long, value_name = "W,...", help_heading = NUMBERS, allow_hyphen_values = true)]
    weights: Option<Numbers>,
    /// The initial biases: b1, b2, ... of all layers
    #[arg(long, value_name = "B,...", help_heading = NUMBERS, allow_hyphen_values = true)]
    biases: Option<Numbers>,
    /// Decides all random draws; if given, the weights and biases of NAME are drawn too, with --blank all numbers [default: 0]
    #[arg(long, value_name = "N", help_heading = NUMBERS, allow_negative_numbers = true)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed: Option<u64>,

    /// The learning rate of the explained training
    #[arg(long, value_name = "RATE", help_heading = TRAINING, allow_negative_numbers = true, value_parser = number)]
    rate: Option<f64>,
    /// The learning rates that are compared
    #[arg(long, value_name = "RATE,...", help_heading = TRAINING, allow_hyphen_values = true)]
    rates: Option<Numbers>,
    /// The number of updates in each table
    #[arg(long, value_name = "N", help_heading = TRAINING, allow_negative_numbers = true)]
    #[arg(value_parser = RangedU64ValueParser::<usize>::from(1..=MAX_UPDATES as u64))]
    updates: Option<usize>,
    /// sgd, momentum (sgd with momentum 0.9) or adam
    #[arg(long, value_name = "NAME", help_heading = TRAINING, hide_possible_values = true)]
    optimizer: Option<OptimizerName>,
    /// The momentum of sgd
    #[arg(long, value_name = "M", help_heading = TRAINING, allow_negative_numbers = true, value_parser = number)]
    momentum: Option<f64>,
}

/// A list of numbers.
#[derive(Clone, Debug)]
struct Numbers(Vec<f64>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bias {
    On,
    Off,
    Fixed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OptimizerName {
    Sgd,
    Momentum,
    Adam,
}

impl LessonOptions {
    /// The network of `--layers`, otherwise the one that `named` names, changed by the other options.
    ///
    /// # Errors
    /// If there is no such network, or options contradict it or each other.
    pub(crate) fn source(&self, named: &str) -> anyhow::Result<Source> {
        let mut source = match &self.layers {
            Some(widths) => Source {
                name: format!("network-{widths}"),
                origin: format!("--layers {widths}"),
                spec: widths.spec(),
                run: None,
            },
            None => Source::find(named)?,
        };
        self.change(&mut source.spec).with_context(|| source.origin.clone())?;
        Ok(source)
    }

    /// The options without `--seed`, and that seed: for what draws near the lesson's own numbers.
    pub(crate) fn without_seed(&self) -> (LessonOptions, u64) {
        (LessonOptions { seed: None, ..self.clone() }, self.seed.unwrap_or(0))
    }

    /// What was not given and therefore drawn, with samples as options that repeat them; `None` if nothing was drawn.
    pub(crate) fn drawn(&self, lesson: &LessonSpec) -> Option<String> {
        let shown = |name: &str, list: &[f64]| match list.len() {
            ..=MAX_SHOWN => format!("--{name} {}", joined(list)),
            count => format!("{name} ({})", plural(count, "number")),
        };
        let mut lists = Vec::new();
        if self.layers.is_some() {
            lists.extend(self.x.is_none().then(|| shown("x", &lesson.x)));
            lists.extend(self.t.is_none().then(|| shown("t", &lesson.t)));
        }
        let mut words = Vec::new();
        words.extend((lesson.weights.is_empty() && lesson.biases.is_empty()).then(|| "parameters".to_owned()));
        words.extend((!lists.is_empty()).then(|| lists.join(" ")));
        (!words.is_empty()).then(|| format!("drawn with --seed {}: {}", lesson.seed, words.join(" and ")))
    }

    /// An error about `origin`; if an option set or should have set the value, the engine's words follow that option.
    pub(crate) fn name_option(&self, origin: &str, error: anyhow::Error) -> anyhow::Error {
        let cause = match error.downcast::<LessonError>() {
            Ok(cause) => cause,
            Err(other) => return other,
        };
        let option = self.option_of(&cause);
        let cause = anyhow::Error::new(cause);
        option.into_iter().fold(cause, anyhow::Error::context).context(origin.to_owned())
    }

    fn option_of(&self, error: &LessonError) -> Option<String> {
        let field = match error {
            LessonError::Length { field, .. } | LessonError::Value { field, .. } => field.as_str(),
            LessonError::Setting(SettingError { key, .. }) => key,
            LessonError::Targets { .. } => "lesson.t",
            LessonError::Layer { .. } => "layers",
            _ => return None,
        };
        let (option, given) = match field {
            "lesson.x" => ("--x", self.x.is_some()),
            "lesson.t" => ("--t", self.t.is_some()),
            "lesson.weights" => ("--weights", self.weights.is_some()),
            "lesson.biases" => ("--biases", self.biases.is_some()),
            "lesson.optimizer.lr" => ("--rate", self.rate.is_some()),
            "lesson.rates" => ("--rates", self.rates.is_some()),
            "train.optimizer.momentum" => ("--momentum", self.momentum.is_some()),
            "layers" => ("--activations", self.activations.is_some()),
            _ => return None,
        };
        if given {
            return Some(option.to_owned());
        }
        (["--x", "--t"].contains(&option) && self.changes_lengths()).then(|| format!("give {option} too"))
    }

    /// Whether an option was given after which the description's lists may no longer fit.
    fn changes_lengths(&self) -> bool {
        let lists = [&self.x, &self.t, &self.weights, &self.biases];
        let changed = self.layers.is_some() || self.bias.is_some() || self.loss.is_some() || self.seed.is_some();
        changed || lists.iter().any(|list| list.is_some())
    }

    fn change(&self, spec: &mut Spec) -> anyhow::Result<()> {
        // Anything that is not a lesson, or not a chain of dense layers, will be refused when it is calculated.
        let (Ok((mut network, _)), Some(lesson)) = (Network::from_spec(spec), &mut spec.lesson) else { return Ok(()) };
        self.change_network(&mut network, lesson)?;
        self.change_training(lesson)?;
        self.change_numbers(&network, lesson)?;
        network.write(spec);
        Ok(())
    }

    fn change_network(&self, network: &mut Network, lesson: &mut LessonSpec) -> anyhow::Result<()> {
        let (last, count) = (network.last(), network.layers.len());
        if let Some(loss) = self.loss {
            network.loss = loss;
            if matches!(loss, Loss::CrossEntropy { .. }) {
                network.layers[last].activation = Activation::Softmax;
            }
        }
        match self.activations.as_deref() {
            None => {}
            Some(names) if names.len() == count => {
                for (layer, name) in network.layers.iter_mut().zip(names) {
                    layer.activation = *name;
                }
                if matches!(network.loss, Loss::CrossEntropy { .. }) {
                    if !matches!(names[last], Activation::Softmax | Activation::NONE) {
                        bail!("--activations: with cross_entropy the outputs are a softmax; make the last one softmax");
                    }
                    network.layers[last].activation = Activation::Softmax;
                }
            }
            Some([name]) => network.layers[..last].iter_mut().for_each(|layer| layer.activation = *name),
            Some(names) => bail!(
                "--activations lists {}, but the network has {}; list one for each, or one for all hidden layers",
                names.len(),
                plural(count, "layer"),
            ),
        }
        if let Some(bias) = self.bias {
            network.layers.iter_mut().for_each(|layer| layer.bias = bias != Bias::Off);
            lesson.train_biases = bias != Bias::Fixed;
            if bias == Bias::Off {
                lesson.biases.clear();
            }
        }
        Ok(())
    }

    fn change_training(&self, lesson: &mut LessonSpec) -> anyhow::Result<()> {
        let lr = learning_rate(&lesson.optimizer);
        match (self.optimizer, self.momentum) {
            (None, None) => {}
            (Some(OptimizerName::Adam), None) => lesson.optimizer = optimizer("adam", &[("lr", lr)])?,
            (Some(OptimizerName::Adam), Some(_)) => {
                bail!("--momentum is for sgd: leave it out, or use --optimizer momentum")
            }
            (name, momentum) => {
                let usual = if name == Some(OptimizerName::Momentum) { MOMENTUM } else { 0.0 };
                lesson.optimizer = optimizer("sgd", &[("lr", lr), ("momentum", momentum.unwrap_or(usual))])?;
            }
        }
        if let (
            Some(rate),
            OptimizerSpec::Sgd { lr, .. } | OptimizerSpec::Adam { lr, .. } | OptimizerSpec::Adamw { lr, .. },
        ) = (self.rate, &mut lesson.optimizer)
        {
            *lr = rate;
        }
        replace(&mut lesson.rates, self.rates.as_ref());
        lesson.updates = self.updates.unwrap_or(lesson.updates);
        Ok(())
    }

    fn change_numbers(&self, network: &Network, lesson: &mut LessonSpec) -> anyhow::Result<()> {
        if let Some(seed) = self.seed {
            lesson.seed = seed;
            lesson.weights.clear();
            lesson.biases.clear();
        }
        if let Some(Numbers(flat)) = &self.weights {
            lesson.weights = cut("--weights", flat, &weight_counts(network))?;
        }
        if let Some(Numbers(flat)) = &self.biases {
            lesson.biases = cut("--biases", flat, &bias_counts(network))?;
        }
        // If no parameters are given, all of them are drawn.
        if self.changes_lengths() && !(lesson.weights.is_empty() && lesson.biases.is_empty()) {
            expect_fitting("--weights", "w1, w2, ...", &lesson.weights, &weight_counts(network))?;
            expect_fitting("--biases", "b1, b2, ...", &lesson.biases, &bias_counts(network))?;
        }
        replace(&mut lesson.x, self.x.as_ref());
        replace(&mut lesson.t, self.t.as_ref());
        if self.layers.is_some() {
            // A given list determines the number of samples.
            let samples = (lesson.x.len() / network.inputs).max(lesson.t.len() / network.outputs()).max(1);
            if self.x.is_none() {
                lesson.x = draw::x(network, samples, lesson.seed).context("--x is missing")?;
            }
            if self.t.is_none() {
                lesson.t = draw::t(network, samples, lesson.seed).context("--t is missing")?;
            }
        }
        if let (Some(seed), None) = (self.seed, self.drawn(lesson)) {
            bail!("--seed {seed}: there is nothing to draw; leave out --seed, or some of --x, --t and --weights");
        }
        Ok(())
    }
}

impl FromStr for Numbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Numbers, String> {
        let no_number =
            |part: &str| format!("`{part}` is not a number; write numbers with commas between, such as 0,0.5");
        text.split(',').map(|part| number(part).map_err(|_| no_number(part))).collect::<Result<_, _>>().map(Numbers)
    }
}

/// The losses by their names.
fn loss_names() -> impl TypedValueParser<Value = Loss> {
    let named = |name: String| Loss::named(&name).expect("the parser takes no other name");
    PossibleValuesParser::new(Loss::ALL.map(Loss::name)).map(named)
}

/// How many weights each layer has.
fn weight_counts(network: &Network) -> Vec<usize> {
    (0..network.layers.len()).map(|l| network.inputs(l).saturating_mul(network.units(l))).collect()
}

/// How many biases each layer that has biases has.
fn bias_counts(network: &Network) -> Vec<usize> {
    network.layers.iter().filter(|layer| layer.bias).map(|layer| layer.units).collect()
}

/// A finite number.
fn number(text: &str) -> Result<f64, &'static str> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite()).ok_or("write a number, such as 0.5")
}

/// Settings that are not among `settings` have the defaults of a TOML file.
fn optimizer(name: &str, settings: &[(&str, f64)]) -> anyhow::Result<OptimizerSpec> {
    let mut table = Table::from_iter([("type".to_owned(), Value::from(name))]);
    table.extend(settings.iter().map(|&(key, value)| (key.to_owned(), Value::from(value))));
    Ok(Value::Table(table).try_into()?)
}

/// Overwrites a list with the given one, if there is one.
fn replace(list: &mut Vec<f64>, given: Option<&Numbers>) {
    if let Some(Numbers(given)) = given {
        list.clone_from(given);
    }
}

/// An error that asks for `option` if its lists, one for each layer, have other lengths than the network's.
fn expect_fitting(option: &str, names: &str, lists: &[Vec<f64>], lengths: &[usize]) -> anyhow::Result<()> {
    if lists.iter().map(Vec::len).eq(lengths.iter().copied()) {
        return Ok(());
    }
    let (need, parts) = total(lengths);
    bail!("give {option} too: {}{parts}, {names} of all layers", plural(need, "number"))
}

/// A flat list as one list for each layer.
fn cut(option: &str, flat: &[f64], lengths: &[usize]) -> anyhow::Result<Vec<Vec<f64>>> {
    let (need, parts) = total(lengths);
    if flat.len() != need {
        bail!("{option} has {}, but this network needs {need}{parts}", plural(flat.len(), "number"));
    }
    let mut rest = flat;
    let mut next = |&length: &usize| {
        let (list, after) = rest.split_at(length);
        rest = after;
        list.to_vec()
    };
    Ok(lengths.iter().map(&mut next).collect())
}

/// The sum of the lengths and, if there are several, its terms, such as " (6 + 3)".
fn total(lengths: &[usize]) -> (usize, String) {
    let sum = lengths.iter().fold(0, |sum: usize, &length| sum.saturating_add(length));
    let lengths: Vec<_> = lengths.iter().map(ToString::to_string).collect();
    (sum, if lengths.len() > 1 { format!(" ({})", lengths.join(" + ")) } else { String::new() })
}

fn joined(list: &[f64]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
