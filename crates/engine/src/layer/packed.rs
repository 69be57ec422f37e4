//! A convolution's weights, and their gradient, in the order in which the kernels read them.

use super::conv2d::Conv2d;
use crate::kernels::{self, Grid, Isa};

/// The weights of one layer.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// `[kernel, in_channels, kernel, out lanes]`, or Winograd's `[36, in_channels, out lanes]`.
    pub(super) weight: Vec<f32>,
    /// The same with inputs and outputs exchanged, rows and columns of the kernel reversed: the input gradient is a
    /// convolution with these.
    pub(super) flipped: Vec<f32>,
    /// `[out lanes]`.
    pub(super) bias: Vec<f32>,
    /// `[in lanes]` zeros: the bias of the input gradient.
    pub(super) zeros: Vec<f32>,
    /// Weights before, or their gradient after Winograd's transform.
    plain: Vec<f32>,
}

impl Packed {
    /// Room for the weights of `conv`, whose input is stored with so many lanes.
    pub(crate) fn new(conv: &Conv2d, x_lanes: usize) -> Packed {
        let (in_lanes, out_lanes) = conv.lanes();
        let plain = if conv.is_winograd() { conv.kernel * conv.kernel * in_lanes.max(x_lanes) * out_lanes } else { 0 };
        Packed {
            weight: vec![0.0; conv.products() * conv.in_channels * out_lanes],
            flipped: vec![0.0; conv.products() * conv.out_channels * in_lanes],
            bias: vec![0.0; out_lanes],
            zeros: vec![0.0; in_lanes],
            plain: vec![0.0; plain],
        }
    }

    /// Takes over weight and bias (empty if there is none), in PyTorch's order.
    pub(crate) fn pack(&mut self, isa: Isa, conv: &Conv2d, w: &[f32], b: &[f32]) {
        let (k, (inputs, outputs), (in_lanes, out_lanes)) =
            (conv.kernel, (conv.in_channels, conv.out_channels), conv.lanes());
        let in_place = |o: usize, i: usize, ky: usize, kx: usize| ((ky * inputs + i) * k + kx) * out_lanes + o;
        let in_flipped =
            |o: usize, i: usize, ky: usize, kx: usize| (((k - 1 - ky) * outputs + o) * k + k - 1 - kx) * in_lanes + i;
        if conv.is_winograd() {
            // Lanes beyond the channels: zeros, which the transform keeps.
            self.plain.fill(0.0);
            each_weight(conv, |at, o, i, ky, kx| self.plain[in_place(o, i, ky, kx)] = w[at]);
            kernels::winograd_weights(isa, &columns(inputs, out_lanes), &self.plain, &mut self.weight);
            self.plain.fill(0.0);
            each_weight(conv, |at, o, i, ky, kx| self.plain[in_flipped(o, i, ky, kx)] = w[at]);
            kernels::winograd_weights(isa, &columns(outputs, in_lanes), &self.plain, &mut self.flipped);
        } else {
            each_weight(conv, |at, o, i, ky, kx| {
                self.weight[in_place(o, i, ky, kx)] = w[at];
                self.flipped[in_flipped(o, i, ky, kx)] = w[at];
            });
        }
        // What an evaluation has left in the bias of a layer without one must go.
        let (bias, others) = self.bias.split_at_mut(b.len());
        bias.copy_from_slice(b);
        others.fill(0.0);
    }

    /// Copies a gradient from the kernels' order into PyTorch's; `db` is empty if there is no bias.
    pub(crate) fn unpack_gradient(
        &mut self,
        isa: Isa,
        conv: &Conv2d,
        x_lanes: usize,
        gradient: &[f32],
        dw: &mut [f32],
        db: &mut [f32],
    ) {
        let (k, (_, out_lanes)) = (conv.kernel, conv.lanes());
        let mut plain = gradient;
        if conv.is_winograd() {
            kernels::winograd_weights_gradient(isa, &columns(x_lanes, out_lanes), gradient, &mut self.plain);
            plain = &self.plain;
        }
        each_weight(conv, |at, o, i, ky, kx| dw[at] = plain[((ky * k + kx) * x_lanes + i) * out_lanes + o]);
        let bias_gradient = &gradient[conv.products() * x_lanes * out_lanes..];
        db.copy_from_slice(&bias_gradient[..db.len()]);
    }
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
fn columns(channels: usize, lanes: usize) -> Grid {
    Grid { rows: 1, columns: channels, lanes, start: 0, row: channels * lanes, pixel: lanes }
}
