//! Every operation on one sample.
//!
//! The unit of work is one sample: what one layer leaves in the cache, the next one reads from there.

use crate::kernels::{self, Isa};
use crate::layer::{Dropout, Layer, activation};
use crate::layout::Layout;
use crate::loss;
use crate::network::Network;
use crate::optimizer::NEGLIGIBLE;
use crate::plan::{Op, Plan};
use crate::rng::Stream;
use crate::shard::{Shard, gradient, gradient_mut, gradient_pair, value, value_mut, value_pair};
use crate::shared::{Batch, Shared};

/// One walk through a shard's samples; what all of them share.
pub(crate) struct Pass<'p, 'd> {
    pub network: &'p Network,
    pub plan: &'p Plan,
    pub isa: Isa,
    pub shared: &'p Shared<'d>,
    pub training: bool,
    /// The batch's number of the shard's first sample.
    pub first: usize,
}

impl Pass<'_, '_> {
    /// One operation on one sample of the shard.
    pub(crate) fn run(&self, op: Op, sample: usize, shard: &mut Shard) {
        match op {
            Op::Load => self.load(sample, shard),
            Op::Forward(node) => self.forward(node, sample, shard),
            Op::Backward(node) => self.backward(node, sample, shard),
            Op::WeightGradient(node) => {
                let place = &self.plan.places[node];
                let (conv, _) = self.shared.packed[node].as_ref().expect("packed for every convolution");
                let x = value(self.plan, place.input, sample, &shard.values);
                let dz = gradient(self.plan, place.output, sample, &shard.gradients);
                let gradient = &mut shard.parameters[place.gradient.clone()];
                let bias_cancels = self.network.bias_cancels(node);
                conv.parameter_gradient(self.isa, x, dz, bias_cancels, gradient, &mut shard.transformed);
            }
            Op::InputGradient(node) => {
                let (conv, packed) = self.shared.packed[node].as_ref().expect("packed for every convolution");
                let (dx, dz) = gradient_pair(self.plan, &self.plan.places[node], sample, &mut shard.gradients);
                conv.input_gradient(self.isa, packed, dz, dx, &mut shard.transformed);
            }
            Op::Loss | Op::Score => self.score(sample, shard),
            Op::Moments(node) => {
                let (layout, x) = value(self.plan, self.plan.places[node].input, sample, &shard.values);
                let [mean, m2] = &mut shard.sums[node];
                let at = sample * layout.lanes;
                kernels::moments(
                    self.isa,
                    &layout.grid(),
                    x,
                    &mut mean[at..][..layout.lanes],
                    &mut m2[at..][..layout.lanes],
                );
            }
            Op::Normalize(node) => {
                let ((gx, x), (gy, y)) = value_pair(self.plan, &self.plan.places[node], sample, &mut shard.values);
                let c = self.shared.norms[node].as_ref().expect("planned for BatchNorm alone");
                kernels::normalize(self.isa, &gx.grid(), x, c.forward(), self.has_relu(node), &gy.grid(), y);
            }
            Op::GradientSums(node) => {
                let place = &self.plan.places[node];
                let (xl, x) = value(self.plan, place.input, sample, &shard.values);
                let (dyl, dy) = gradient_mut(self.plan, place.output, sample, &mut shard.gradients);
                let c = self.shared.norms[node].as_ref().expect("planned for BatchNorm alone");
                let [sum, sum_x] = &mut shard.sums[node];
                let at = sample * xl.lanes;
                let (sum, sum_x) = (&mut sum[at..][..xl.lanes], &mut sum_x[at..][..xl.lanes]);
                let relu = self.has_relu(node);
                kernels::normalize_sums(self.isa, &xl.grid(), x, c.forward(), relu, &dyl.grid(), dy, sum, sum_x);
            }
            Op::NormalizeGradient(node) => {
                let place = &self.plan.places[node];
                let (xl, x) = value(self.plan, place.input, sample, &shard.values);
                let ((dxl, dx), (dyl, dy)) = gradient_pair(self.plan, place, sample, &mut shard.gradients);
                let c = self.shared.norms[node].as_ref().expect("planned for BatchNorm alone");
                let (mean_scale, k_and_k_x) = ([&c.mean[..], &c.scale], [&c.k[..], &c.k_x]);
                let (gx, gdy, gdx) = (xl.grid(), dyl.grid(), dxl.grid());
                kernels::normalize_gradient(self.isa, &gx, x, mean_scale, k_and_k_x, &gdy, dy, &gdx, dx);
            }
        }
    }

    /// Whether the operations of a BatchNorm stand for the ReLU behind it too.
    fn has_relu(&self, norm: usize) -> bool {
        self.plan.places.get(norm + 1).is_some_and(|next| next.fused)
    }

    /// Writes the input: an image, changed and normalised, or given values in PyTorch's order.
    fn load(&self, sample: usize, shard: &mut Shard) {
        let layout = self.plan.buffers[0].values;
        let x = &mut shard.values[0][sample * layout.size()..][..layout.size()];
        let (pixels, channels) = (layout.height * layout.width, layout.channels);
        match &self.shared.batch {
            Batch::Images { set, samples, augment } => {
                let index = samples[self.first + sample];
                let mut image = set.image(index as usize);
                if let Some(change) = augment {
                    let stream = Stream::Augment { epoch: change.epoch, sample: u64::from(index) };
                    let mut generator = stream.generator(self.shared.seed);
                    let scratch = shard.scratch.get_or_insert_with(|| change.augment.scratch());
                    change.augment.apply(image, &mut generator, scratch, &mut shard.image);
                    image = &shard.image;
                }
                // An image has one channel; a vector input holds the pixels row by row in its channels.
                let grid = layout.grid();
                for (row, pixels) in image.chunks_exact(layout.width * channels).enumerate() {
                    let x = &mut x[grid.start + row * grid.row..];
                    for (x, pixel) in x.chunks_mut(grid.pixel).zip(pixels.chunks_exact(channels)) {
                        for (x, pixel) in x.iter_mut().zip(pixel) {
                            *x = self.shared.pixel[usize::from(*pixel)];
                        }
                    }
                }
            }
            Batch::Values { x: values, .. } => {
                let values = &values[(self.first + sample) * channels * pixels..][..channels * pixels];
                for (at, value) in values.iter().enumerate() {
                    let (row, column) = (at % pixels / layout.width, at % layout.width);
                    x[layout.offset(at / pixels, row, column)] = *value;
                }
            }
        }
    }

    fn forward(&self, index: usize, sample: usize, shard: &mut Shard) {
        let (node, place) = (&self.network.nodes[index], &self.plan.places[index]);
        if node.layer.works_in_place() {
            if place.input != place.output {
                let ((xl, x), (yl, y)) = value_pair(self.plan, place, sample, &mut shard.values);
                kernels::copy(self.isa, &xl.grid(), x, &yl.grid(), y);
            }
            let (layout, y) = value_mut(self.plan, place.output, sample, &mut shard.values);
            let grid = layout.grid();
            match &node.layer {
                Layer::Sigmoid => activation::sigmoid(&grid, y),
                Layer::Tanh => activation::tanh(&grid, y),
                Layer::Dropout(dropout) if self.training => {
                    let factors = factors(index, sample, layout, &mut shard.factors);
                    self.draw_mask(dropout, index, sample, layout, factors);
                    kernels::multiply(self.isa, &grid, y, factors);
                }
                Layer::Dropout(_) => {}
                _ => kernels::relu(self.isa, &grid, y),
            }
            return;
        }
        let ((xl, x), (yl, y)) = value_pair(self.plan, place, sample, &mut shard.values);
        match &node.layer {
            Layer::Linear(_) | Layer::Conv2d(_) => {
                let (conv, packed) = self.shared.packed[index].as_ref().expect("packed for every convolution");
                conv.forward(self.isa, packed, (xl, x), (yl, y), &mut shard.transformed);
            }
            Layer::MaxPool(pool) => pool.max_forward(self.isa, &xl.grid(), x, &yl.grid(), y),
            Layer::AvgPool(pool) | Layer::GlobalAvgPool(pool) => {
                pool.avg_forward(self.isa, &xl.grid(), x, &yl.grid(), y);
            }
            Layer::Softmax => activation::softmax(&x[..xl.channels], &mut y[..yl.channels]),
            Layer::Flatten => each_value(xl, |at, flat| y[flat] = x[at]),
            Layer::BatchNorm(_) | Layer::Relu | Layer::Sigmoid | Layer::Tanh | Layer::Dropout(_) => {
                unreachable!("planned as another operation")
            }
        }
    }

    fn backward(&self, index: usize, sample: usize, shard: &mut Shard) {
        let (node, place) = (&self.network.nodes[index], &self.plan.places[index]);
        let (xl, x) = value(self.plan, place.input, sample, &shard.values);
        let (yl, y) = value(self.plan, place.output, sample, &shard.values);
        if node.layer.works_in_place() {
            let (layout, dy) = gradient_mut(self.plan, place.output, sample, &mut shard.gradients);
            let grid = layout.grid();
            match &node.layer {
                Layer::Sigmoid => activation::sigmoid_gradient(&yl.grid(), y, &grid, dy),
                Layer::Tanh => activation::tanh_gradient(&yl.grid(), y, &grid, dy),
                Layer::Dropout(_) => {
                    kernels::multiply(self.isa, &grid, dy, factors(index, sample, yl, &mut shard.factors));
                }
                _ => kernels::relu_gradient(self.isa, &grid, dy, &yl.grid(), y),
            }
            if place.input != place.output && self.plan.buffers[place.input].gradient.is_some() {
                let ((dxl, dx), (dyl, dy)) = gradient_pair(self.plan, place, sample, &mut shard.gradients);
                kernels::copy(self.isa, &dyl.grid(), dy, &dxl.grid(), dx);
            }
            return;
        }
        let ((dxl, dx), (dyl, dy)) = gradient_pair(self.plan, place, sample, &mut shard.gradients);
        let (gdx, gdy) = (dxl.grid(), dyl.grid());
        match &node.layer {
            Layer::MaxPool(pool) => pool.max_backward(self.isa, (&xl.grid(), x), (&gdy, dy), (&gdx, dx)),
            Layer::AvgPool(pool) | Layer::GlobalAvgPool(pool) => {
                pool.avg_backward(self.isa, (&gdy, dy), (&gdx, dx));
            }
            Layer::Softmax => {
                activation::softmax_gradient(&y[..yl.channels], &dy[..yl.channels], &mut dx[..yl.channels]);
            }
            Layer::Flatten => each_value(dxl, |at, flat| dx[at] = dy[flat]),
            Layer::Linear(_) | Layer::Conv2d(_) | Layer::BatchNorm(_) => unreachable!("handled elsewhere"),
            Layer::Relu | Layer::Sigmoid | Layer::Tanh | Layer::Dropout(_) => unreachable!("handled above"),
        }
    }

    /// Loss and prediction; in training also the gradient of the outputs.
    fn score(&self, sample: usize, shard: &mut Shard) {
        let output = self.plan.buffers.len() - 1;
        let (layout, y) = value(self.plan, output, sample, &shard.values);
        let [a, t, da] = &mut shard.outputs;
        for (a, y) in a.iter_mut().zip(y) {
            *a = f64::from(*y);
        }
        let samples = match &self.shared.batch {
            Batch::Images { set, samples, .. } => {
                t.fill(0.0);
                t[usize::from(set.labels[samples[self.first + sample] as usize])] = 1.0;
                samples.len()
            }
            Batch::Values { t: targets, .. } => {
                let outputs = layout.channels;
                for (t, target) in t.iter_mut().zip(&targets[(self.first + sample) * outputs..][..outputs]) {
                    *t = f64::from(*target);
                }
                targets.len() / outputs
            }
        };
        // Kept as this sample's own loss; the gradient is that of the batch's mean.
        shard.losses[sample] = samples as f64 * loss::loss(&self.network.loss, a, t, samples, da);
        shard.correct[sample] = first_largest(a) == first_largest(t);
        if self.training {
            let (layout, dy) = gradient_mut(self.plan, output, sample, &mut shard.gradients);
            let start = layout.grid().start;
            for (dy, da) in dy[start..].iter_mut().zip(&shard.outputs[2]) {
                *dy = if da.abs() < NEGLIGIBLE { 0.0 } else { *da as f32 };
            }
        }
    }

    /// Fills a sample's factors: 0 or `1 / (1 - p)`, in the order row, column, channel; lanes beyond the channels 0.
    fn draw_mask(&self, dropout: &Dropout, node: usize, sample: usize, layout: &Layout, factors: &mut [f32]) {
        let mut mask = dropout.mask(self.shared.seed, self.shared.step, node, self.first + sample);
        let survivor = (1.0 / (1.0 - dropout.p)) as f32;
        for pixel in factors.chunks_exact_mut(layout.lanes) {
            for factor in &mut pixel[..layout.channels] {
                *factor = if mask.next() { survivor } else { 0.0 };
            }
        }
    }
}

/// A sample's part of a dropout's factors.
fn factors<'s>(node: usize, sample: usize, layout: &Layout, factors: &'s mut [Vec<f32>]) -> &'s mut [f32] {
    let size = layout.height * layout.width * layout.lanes;
    &mut factors[node][sample * size..][..size]
}

/// Calls `visit(offset in the map, place in the vector)` in the order channel, row, column.
fn each_value(map: &Layout, mut visit: impl FnMut(usize, usize)) {
    for channel in 0..map.channels {
        for row in 0..map.height {
            for column in 0..map.width {
                visit(map.offset(channel, row, column), (channel * map.height + row) * map.width + column);
            }
        }
    }
}

fn first_largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
}
