//! A convolution's weights, and their gradient, in the order in which the kernels read them.

use super::conv2d::{Algorithm, Conv2d};
use crate::kernels::{self, Grid, Isa, Precision, Tiles, tiles};

/// The weights of one layer.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// The algorithm for which the weights were last packed.
    algorithm: Algorithm,
    /// `[kernel, in_channels, kernel, out lanes]`, or as [`kernels::winograd_weights`] has them.
    weight: Vec<f32>,
    /// The same with inputs and outputs exchanged, rows and columns of the kernel reversed: the input gradient is a
    /// convolution with these.
    flipped: Vec<f32>,
    /// Both for tiles of bf16, see [`tiles::weight_place`]; empty where there are none.
    in_tiles: [Vec<u16>; 2],
    /// `[out lanes]`.
    pub(super) bias: Vec<f32>,
    /// `[in lanes]` zeros: the bias of the input gradient.
    pub(super) zeros: Vec<f32>,
    /// Weights before Winograd's transform.
    plain: Vec<f32>,
}

/// Weights as each algorithm reads them.
#[derive(Clone, Copy)]
pub(super) enum Weights<'p> {
    Direct(&'p [f32]),
    Winograd(&'p [f32]),
    Tiles(Tiles, &'p [u16]),
}

impl Packed {
    /// Room for the weights of `conv`, whose input is stored with `x_lanes` lanes: in f32, and in `precision`.
    pub(crate) fn new(conv: &Conv2d, precision: Precision, x_lanes: usize) -> Packed {
        let (in_lanes, out_lanes) = conv.lanes();
        let in_f32 = conv.algorithm(Precision::F32);
        let in_tiles = match conv.algorithm(precision) {
            Algorithm::Tiles(_) => {
                let len = |pixel, lanes| tiles::weights_len(conv.kernel, pixel, lanes);
                [len(x_lanes, out_lanes), len(out_lanes, in_lanes)]
            }
            _ => [0; 2],
        };
        let plain = if conv.is_winograd() { conv.kernel * conv.kernel * in_lanes * out_lanes } else { 0 };
        Packed {
            algorithm: in_f32,
            weight: vec![0.0; conv.products(in_f32) * conv.in_channels * out_lanes],
            flipped: vec![0.0; conv.products(in_f32) * conv.out_channels * in_lanes],
            in_tiles: in_tiles.map(|len| vec![0; len]),
            bias: vec![0.0; out_lanes],
            zeros: vec![0.0; in_lanes],
            plain: vec![0.0; plain],
        }
    }

    /// The algorithm for the weights that were last packed.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// For the forward pass.
    pub(super) fn weight(&self) -> Weights<'_> {
        self.weights(&self.weight, &self.in_tiles[0])
    }

    /// For the input gradient.
    pub(super) fn flipped(&self) -> Weights<'_> {
        self.weights(&self.flipped, &self.in_tiles[1])
    }

    fn weights<'p>(&self, in_f32: &'p [f32], in_tiles: &'p [u16]) -> Weights<'p> {
        match self.algorithm {
            Algorithm::Direct => Weights::Direct(in_f32),
            Algorithm::Winograd => Weights::Winograd(in_f32),
            Algorithm::Tiles(unit) => Weights::Tiles(unit, in_tiles),
        }
    }

    /// Packs weight and bias (empty if there is none), given in PyTorch's order; `precision` is the one given to
    /// [`Packed::new`], or f32.
    pub(crate) fn pack(&mut self, isa: Isa, precision: Precision, conv: &Conv2d, x_lanes: usize, w: &[f32], b: &[f32]) {
        self.algorithm = conv.algorithm(precision);
        let (k, (inputs, outputs), (in_lanes, out_lanes)) =
            (conv.kernel, (conv.in_channels, conv.out_channels), conv.lanes());
        let in_place = |o: usize, i: usize, ky: usize, kx: usize| ((ky * inputs + i) * k + kx) * out_lanes + o;
        let in_flipped =
            |o: usize, i: usize, ky: usize, kx: usize| (((k - 1 - ky) * outputs + o) * k + k - 1 - kx) * in_lanes + i;
        match self.algorithm {
            Algorithm::Winograd => {
                // Lanes beyond the channels are zeros, which the transform keeps.
                self.plain.fill(0.0);
                each_weight(conv, |at, o, i, ky, kx| self.plain[in_place(o, i, ky, kx)] = w[at]);
                kernels::winograd_weights(isa, &columns(inputs, out_lanes), &self.plain, &mut self.weight);
                self.plain.fill(0.0);
                each_weight(conv, |at, o, i, ky, kx| self.plain[in_flipped(o, i, ky, kx)] = w[at]);
                kernels::winograd_weights(isa, &columns(outputs, in_lanes), &self.plain, &mut self.flipped);
            }
            Algorithm::Direct => each_weight(conv, |at, o, i, ky, kx| {
                self.weight[in_place(o, i, ky, kx)] = w[at];
                self.flipped[in_flipped(o, i, ky, kx)] = w[at];
            }),
            Algorithm::Tiles(_) => {
                let [weight, flipped] = &mut self.in_tiles;
                each_weight(conv, |at, o, i, ky, kx| {
                    let (w, reversed) = (tiles::round(w[at]), (k - 1 - ky, k - 1 - kx));
                    weight[tiles::weight_place(k, x_lanes, (ky, kx), i, o)] = w;
                    flipped[tiles::weight_place(k, out_lanes, reversed, o, i)] = w;
                });
            }
        }
        // If the layer has no bias, what an evaluation left here must go.
        let (bias, others) = self.bias.split_at_mut(b.len());
        bias.copy_from_slice(b);
        others.fill(0.0);
    }
}

/// Copies a gradient from the kernels' order into PyTorch's; `db` is empty if there is no bias.
pub(crate) fn unpack_gradient(conv: &Conv2d, x_lanes: usize, gradient: &[f32], dw: &mut [f32], db: &mut [f32]) {
    let (k, (_, out_lanes)) = (conv.kernel, conv.lanes());
    each_weight(conv, |at, o, i, ky, kx| dw[at] = gradient[((ky * k + kx) * x_lanes + i) * out_lanes + o]);
    let bias_gradient = &gradient[k * k * x_lanes * out_lanes..];
    db.copy_from_slice(&bias_gradient[..db.len()]);
}

/// Calls `visit(place in PyTorch's order, output, input, ky, kx)`.
fn each_weight(conv: &Conv2d, mut visit: impl FnMut(usize, usize, usize, usize, usize)) {
    let mut at = 0;
    for o in 0..conv.out_channels {
        for i in 0..conv.in_channels {
            for ky in 0..conv.kernel {
                for kx in 0..conv.kernel {
                    visit(at, o, i, ky, kx);
                    at += 1;
                }
            }
        }
    }
}

/// Channels as the pixels of one row.
pub(super) fn columns(channels: usize, lanes: usize) -> Grid {
    Grid { rows: 1, columns: channels, lanes, start: 0, row: channels * lanes, pixel: lanes }
}
