//! The functions that a layer applies to each of its values: one table.
//!
//! Whatever differs from function to function is written here and nowhere else. The mathematics is written once, over
//! [`Real`]: the f64 reference, the trainer's f32 loops and the equations of lessons are the same expression over
//! other numbers. Softmax, whose outputs depend on each other, is no such function.
//!
//! A new function is a variant, its row in [`Function::entry`], its value and its slope; and the words that a
//! description has for it, in `spec.rs` and `layer.rs`.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::str::FromStr;

use crate::spec::LayerSpec;

/// A function of one number; z is the number, `a = f(z)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// `a = z`: what a layer without an activation has. It is no layer of a description.
    Identity,
    /// `a = 1 / (1 + e^-z)`.
    Sigmoid,
    /// `a = tanh z`.
    Tanh,
    /// `a = max(0, z)`.
    Relu,
    /// `a = z` above 0, else `negative_slope · z`. The slope is from 0 to 1, so that a and z have one sign.
    LeakyRelu {
        /// The slope below 0.
        negative_slope: f64,
    },
    /// `a = ln(1 + e^z)`.
    Softplus,
}

/// The slope of a leaky ReLU below 0, unless it is given: PyTorch's default.
pub const NEGATIVE_SLOPE: f64 = 0.01;

/// What is said of a function, and what other programs call it: a row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As descriptions, options and files spell it.
    pub name: &'static str,
    /// As text for people spells it.
    pub word: &'static str,
    /// What it is, as part of a sentence.
    pub words: Cow<'static, str>,
    /// What its slope is, as a sentence.
    pub slope_words: Cow<'static, str>,
    /// ONNX's operator, and its attribute.
    pub onnx: (&'static str, Option<(&'static str, f64)>),
    /// PyTorch's module in `torch.nn`, and its argument unless that is the default.
    pub pytorch: (&'static str, Option<(&'static str, f64)>),
}

impl Function {
    /// All, parameters being the defaults. Of those that fit somebody's sheet the first is meant.
    pub const ALL: [Function; 6] = [
        Function::Sigmoid,
        Function::Tanh,
        Function::Relu,
        Function::LeakyRelu { negative_slope: NEGATIVE_SLOPE },
        Function::Identity,
        Function::Softplus,
    ];

    /// The function's row.
    pub fn entry(self) -> Entry {
        match self {
            Function::Identity => Entry {
                name: "linear",
                word: "linear",
                words: "none, the sum itself".into(),
                slope_words: "without a function the slope is 1".into(),
                onnx: ("Identity", None),
                pytorch: ("Identity", None),
            },
            Function::Sigmoid => Entry {
                name: "sigmoid",
                word: "sigmoid",
                words: "the sigmoid function".into(),
                slope_words: "the slope of the sigmoid is a(1 - a)".into(),
                onnx: ("Sigmoid", None),
                pytorch: ("Sigmoid", None),
            },
            Function::Tanh => Entry {
                name: "tanh",
                word: "tanh",
                words: "the hyperbolic tangent".into(),
                slope_words: "the slope of tanh is 1 - a²".into(),
                onnx: ("Tanh", None),
                pytorch: ("Tanh", None),
            },
            Function::Relu => Entry {
                name: "relu",
                word: "ReLU",
                words: "ReLU, which cuts off what is negative".into(),
                slope_words: "the slope of ReLU is 1 above zero, else 0".into(),
                onnx: ("Relu", None),
                pytorch: ("ReLU", None),
            },
            Function::LeakyRelu { negative_slope } => Entry {
                name: "leaky_relu",
                word: "leaky ReLU",
                words: format!("leaky ReLU, which leaves {negative_slope} of what is negative").into(),
                slope_words: format!("the slope of leaky ReLU is 1 above zero, else {negative_slope}").into(),
                onnx: ("LeakyRelu", Some(("alpha", negative_slope))),
                pytorch: (
                    "LeakyReLU",
                    (negative_slope != NEGATIVE_SLOPE).then_some(("negative_slope", negative_slope)),
                ),
            },
            Function::Softplus => Entry {
                name: "softplus",
                word: "softplus",
                words: "softplus, a ReLU without its kink".into(),
                slope_words: "the slope of softplus is the sigmoid of z".into(),
                onnx: ("Softplus", None),
                pytorch: ("Softplus", None),
            },
        }
    }

    /// `a = f(z)`.
    #[inline]
    pub fn value<R: Real>(self, z: R) -> R {
        let number = R::number;
        match self {
            Function::Identity => z,
            Function::Sigmoid => number(1.0) / (number(1.0) + (-z).exp()),
            Function::Tanh => z.tanh(),
            Function::Relu => number(0.0).max(z),
            Function::LeakyRelu { negative_slope } => {
                z.clone().if_above(number(0.0), z.clone(), number(negative_slope) * z)
            }
            // From here on e^-z is lost in a double's rounding of z, and e^z would overflow at last.
            Function::Softplus => z.clone().if_above(number(36.0), z.clone(), z.exp().ln_1p()),
        }
    }

    /// `∂a/∂z` from z and `a = f(z)`; at a kink the slope on the left.
    #[inline]
    pub fn slope<R: Real>(self, z: R, a: R) -> R {
        let number = R::number;
        match self {
            Function::Identity => number(1.0),
            Function::Sigmoid => a.clone() * (number(1.0) - a),
            Function::Tanh => number(1.0) - a.clone() * a,
            Function::Relu => z.if_above(number(0.0), number(1.0), number(0.0)),
            Function::LeakyRelu { negative_slope } => z.if_above(number(0.0), number(1.0), number(negative_slope)),
            Function::Softplus => Function::Sigmoid.value(z),
        }
    }

    /// Whether its slope jumps at z = 0.
    pub fn has_kink(self) -> bool {
        match self {
            Function::Relu | Function::LeakyRelu { .. } => true,
            Function::Identity | Function::Sigmoid | Function::Tanh | Function::Softplus => false,
        }
    }

    /// Whether a stays within limits, whatever z is.
    pub fn is_bounded(self) -> bool {
        match self {
            Function::Sigmoid | Function::Tanh => true,
            Function::Identity | Function::Relu | Function::LeakyRelu { .. } | Function::Softplus => false,
        }
    }

    /// Whether the slope is calculated from z. If not, a may stand in for z, because the slope reads no more of z than
    /// whether it is above 0, which then a is too: so the trainer need not keep z.
    pub fn slope_reads_z(self) -> bool {
        match self {
            Function::Softplus => true,
            Function::Identity | Function::Sigmoid | Function::Tanh | Function::Relu | Function::LeakyRelu { .. } => {
                false
            }
        }
    }

    /// The function that a layer of a description is, if it is one.
    pub fn of(layer: &LayerSpec) -> Option<Function> {
        match *layer {
            LayerSpec::Sigmoid {} => Some(Function::Sigmoid),
            LayerSpec::Tanh {} => Some(Function::Tanh),
            LayerSpec::Relu {} => Some(Function::Relu),
            LayerSpec::LeakyRelu { negative_slope } => Some(Function::LeakyRelu { negative_slope }),
            LayerSpec::Softplus {} => Some(Function::Softplus),
            LayerSpec::Linear { .. }
            | LayerSpec::Conv2d { .. }
            | LayerSpec::BatchNorm { .. }
            | LayerSpec::Softmax {}
            | LayerSpec::Dropout { .. }
            | LayerSpec::MaxPool { .. }
            | LayerSpec::AvgPool { .. }
            | LayerSpec::GlobalAvgPool {}
            | LayerSpec::Flatten {} => None,
        }
    }

    /// The layer of a description that is this function; none for the identity.
    pub fn layer(self) -> Option<LayerSpec> {
        match self {
            Function::Identity => None,
            Function::Sigmoid => Some(LayerSpec::Sigmoid {}),
            Function::Tanh => Some(LayerSpec::Tanh {}),
            Function::Relu => Some(LayerSpec::Relu {}),
            Function::LeakyRelu { negative_slope } => Some(LayerSpec::LeakyRelu { negative_slope }),
            Function::Softplus => Some(LayerSpec::Softplus {}),
        }
    }

    /// What is wrong with its parameters and how to mend it.
    ///
    /// # Errors
    /// If a parameter cannot work.
    pub fn check(self) -> Result<(), String> {
        match self {
            Function::LeakyRelu { negative_slope } if !(0.0..=1.0).contains(&negative_slope) => {
                Err(format!("negative_slope = {negative_slope}: write a number from 0 to 1"))
            }
            _ => Ok(()),
        }
    }
}

/// Its name, and a parameter that is not the default: `leaky_relu:0.2`.
impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry().name)?;
        match *self {
            Function::LeakyRelu { negative_slope } if negative_slope != NEGATIVE_SLOPE => {
                write!(f, ":{negative_slope}")
            }
            _ => Ok(()),
        }
    }
}

/// From what [`fmt::Display`] writes.
impl FromStr for Function {
    type Err = UnknownFunction;

    fn from_str(text: &str) -> Result<Function, UnknownFunction> {
        let (name, parameter) = match text.split_once(':') {
            Some((name, parameter)) => (name, Some(parameter.parse().map_err(|_| UnknownFunction)?)),
            None => (text, None),
        };
        let known = Function::ALL.into_iter().find(|function| function.entry().name == name).ok_or(UnknownFunction)?;
        let function = match (known, parameter) {
            (function, None) => function,
            (Function::LeakyRelu { .. }, Some(negative_slope)) => Function::LeakyRelu { negative_slope },
            (_, Some(_)) => return Err(UnknownFunction),
        };
        function.check().map_err(|_| UnknownFunction)?;
        Ok(function)
    }
}

/// A name that no function has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no function has this name; it is one of {}", Function::ALL.map(|function| function.entry().name).join(", "))]
pub struct UnknownFunction;

/// The exponential function stops here: e^690 and its inverse are numbers of a spreadsheet, e^710 is not.
pub const LARGEST_EXPONENT: f64 = 690.0;

/// What functions and losses are calculated with: a number, or an expression over the quantities of a lesson.
pub trait Real:
    Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// A constant.
    fn number(x: f64) -> Self;
    /// `e^x`.
    fn exp(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// `ln(1 + x)`; of a number exact for small x too.
    fn ln_1p(self) -> Self {
        (Self::number(1.0) + self).ln()
    }
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// `x²`.
    fn squared(self) -> Self;
    /// The larger of the two.
    fn max(self, other: Self) -> Self;
    /// `then` if this is above `limit`, else `otherwise`.
    fn if_above(self, limit: Self, then: Self, otherwise: Self) -> Self;
}

/// As lessons calculate: beyond ±[`LARGEST_EXPONENT`] the exponential function is as it is there.
impl Real for f64 {
    #[inline]
    fn number(x: f64) -> f64 {
        x
    }
    #[inline]
    fn exp(self) -> f64 {
        libm::exp(self.clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT))
    }
    #[inline]
    fn ln(self) -> f64 {
        libm::log(self)
    }
    #[inline]
    fn ln_1p(self) -> f64 {
        libm::log1p(self)
    }
    #[inline]
    fn tanh(self) -> f64 {
        libm::tanh(self)
    }
    #[inline]
    fn squared(self) -> f64 {
        self * self
    }
    #[inline]
    fn max(self, other: f64) -> f64 {
        f64::max(self, other)
    }
    #[inline]
    fn if_above(self, limit: f64, then: f64, otherwise: f64) -> f64 {
        if self > limit { then } else { otherwise }
    }
}

/// As the trainer calculates: powers, logarithms and tanh come from a pure-Rust library, because the standard
/// library's differ between platforms.
impl Real for f32 {
    #[inline]
    fn number(x: f64) -> f32 {
        x as f32
    }
    #[inline]
    fn exp(self) -> f32 {
        libm::expf(self)
    }
    #[inline]
    fn ln(self) -> f32 {
        libm::logf(self)
    }
    #[inline]
    fn ln_1p(self) -> f32 {
        libm::log1pf(self)
    }
    #[inline]
    fn tanh(self) -> f32 {
        libm::tanhf(self)
    }
    #[inline]
    fn squared(self) -> f32 {
        self * self
    }
    #[inline]
    fn max(self, other: f32) -> f32 {
        f32::max(self, other)
    }
    #[inline]
    fn if_above(self, limit: f32, then: f32, otherwise: f32) -> f32 {
        if self > limit { then } else { otherwise }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On both sides of 0 and of what is small.
    const SUMS: [f64; 8] = [-40.0, -3.7, -0.8, -1e-3, 1e-3, 0.4, 2.9, 38.0];

    #[test]
    fn every_slope_is_the_central_difference_of_its_value() {
        let h = 1e-5;
        for function in Function::ALL {
            for z in SUMS {
                let difference = (function.value(z + h) - function.value(z - h)) / (2.0 * h);
                let slope = function.slope(z, function.value(z));
                assert!((slope - difference).abs() <= 1e-9, "{function} at {z}: {slope} {difference}");
            }
        }
    }

    #[test]
    fn a_stands_in_for_z_where_the_table_says_so() {
        for function in Function::ALL.into_iter().filter(|function| !function.slope_reads_z()) {
            for z in SUMS {
                let a = function.value(z);
                assert_eq!(function.slope(z, a), function.slope(a, a), "{function} at {z}");
            }
        }
    }

    #[test]
    fn every_function_is_found_by_its_name_and_by_its_layer() {
        for function in Function::ALL {
            assert_eq!(function.to_string().parse(), Ok(function));
            if let Some(layer) = function.layer() {
                assert_eq!((Function::of(&layer), layer.name()), (Some(function), function.entry().name));
            }
        }
        let steeper = Function::LeakyRelu { negative_slope: 0.2 };
        assert_eq!((steeper.to_string().as_str(), "leaky_relu:0.2".parse()), ("leaky_relu:0.2", Ok(steeper)));
        for wrong in ["leaky_relu:2", "leaky_relu:", "leaky_relu:NaN", "tanh:0.2"] {
            assert_eq!(wrong.parse::<Function>(), Err(UnknownFunction), "{wrong}");
        }
        assert_eq!("swish".parse::<Function>(), Err(UnknownFunction));
    }
}
