//! Initial weights and biases.
//!
//! `fan_in` is the number of inputs that one output sums over, `fan_out` the number of outputs that one input feeds:
//! `in_features` and `out_features` of a linear layer, channels times kernel area of a convolution.

use crate::rng::Generator;
use crate::spec::InitSpec;

/// Overwrites `out` with initial weights, drawn in f64 in the order of `out` and rounded to f32.
///
/// ```text
/// default         U(-1/√fan_in, 1/√fan_in)
/// xavier_uniform  U(-k, k), k = √(6 / (fan_in + fan_out))
/// xavier_normal   N(0, 2 / (fan_in + fan_out))
/// he_uniform      U(-k, k), k = √(6 / fan_in)
/// he_normal       N(0, 2 / fan_in)
/// ```
///
/// Source: Glorot, Bengio (2010), eqs. 12 and 16, for Xavier; He, Zhang, Ren, Sun (2015), eq. 10, for He, whose
/// uniform form has the same variance k²/3; PyTorch's `reset_parameters` for the default, which it writes as
/// `kaiming_uniform_` with a = √5: k = √(6 / ((1 + a²) fan_in)) = 1/√fan_in.
pub fn initial_weights(spec: &InitSpec, fan_in: usize, fan_out: usize, generator: &mut Generator, out: &mut [f32]) {
    let (fan_in, fan_out) = (fan_in as f64, fan_out as f64);
    match *spec {
        InitSpec::Default {} => fill_uniform(1.0 / fan_in.sqrt(), generator, out),
        InitSpec::XavierUniform {} => fill_uniform((6.0 / (fan_in + fan_out)).sqrt(), generator, out),
        InitSpec::XavierNormal {} => fill_normal((2.0 / (fan_in + fan_out)).sqrt(), generator, out),
        InitSpec::HeUniform {} => fill_uniform((6.0 / fan_in).sqrt(), generator, out),
        InitSpec::HeNormal {} => fill_normal((2.0 / fan_in).sqrt(), generator, out),
        InitSpec::Constant { value } => out.fill(value as f32),
    }
}

/// Overwrites `out` with initial biases: U(-1/√fan_in, 1/√fan_in) by default, 0 in all other schemes.
pub fn initial_biases(spec: &InitSpec, fan_in: usize, generator: &mut Generator, out: &mut [f32]) {
    match spec {
        InitSpec::Default {} => fill_uniform(1.0 / (fan_in as f64).sqrt(), generator, out),
        _ => out.fill(0.0),
    }
}

/// `U(-bound, bound)`.
fn fill_uniform(bound: f64, generator: &mut Generator, out: &mut [f32]) {
    out.fill_with(|| generator.uniform_in(-bound, bound) as f32);
}

/// `N(0, std²)`.
fn fill_normal(std: f64, generator: &mut Generator, out: &mut [f32]) {
    out.fill_with(|| (std * generator.normal()) as f32);
}
