//! Every operation on one sample.
//!
//! The unit of work is one sample: each layer reads from the cache what the layer before left there.

use crate::data::Values;
use crate::function::Function;
use crate::kernels::{self, AHEAD, Aside, Isa};
use crate::layer::batch_norm::Coefficients;
use crate::layer::packed::Packed;
use crate::layer::{Conv2d, Dropout, Layer, activation};
use crate::layout::Layout;
use crate::network::Network;
use crate::optimizer::NEGLIGIBLE;
use crate::plan::{Op, Plan, Room};
use crate::rng::Stream;
use crate::shard::{Ahead, Findings, Shard};
use crate::shared::{Batch, Shared};

/// One pass through a shard's samples, and what all of them share.
pub(crate) struct Pass<'p, 'd> {
    pub network: &'p Network,
    pub plan: &'p Plan,
    pub isa: Isa,
    pub shared: &'p Shared<'d>,
    pub training: bool,
    /// The number of the shard's first sample in the batch.
    pub first: usize,
}

impl Pass<'_, '_> {
    /// One operation on one sample of the shard.
    pub(crate) fn run(&self, op: Op, sample: usize, ahead: &Ahead<'_>, shard: &mut Shard, findings: &mut Findings) {
        match op {
            Op::Load => self.load(sample, shard),
            Op::Forward(node) => self.forward(node, sample, ahead, shard),
            Op::Folded(node) => self.folded(node, sample, shard),
            Op::Moments(node) => self.moments(node, sample, shard),
            Op::Normalize(node) => self.normalize(node, sample, shard),
            Op::Loss | Op::Score => self.score(sample, shard, findings),
            Op::Backward(node) => self.backward(node, sample, shard),
            Op::WeightGradient(node) => self.weight_gradient(node, sample, ahead, shard),
            Op::InputGradient(node) => self.input_gradient(node, sample, ahead, shard),
            Op::GradientSums(node) => self.gradient_sums(node, sample, shard),
            Op::NormalizeGradient(node) => self.normalize_gradient(node, sample, shard),
        }
    }

    /// Whose room in the shard's memory a sample uses. Evaluation keeps nothing: all samples use the first one's room
    /// in turn, so it stays in the cache.
    fn room(&self, sample: usize) -> usize {
        if self.training { sample } else { 0 }
    }

    fn values(&self, buffer: usize) -> &Room {
        &self.plan.buffers[buffer].values
    }

    fn gradient(&self, buffer: usize) -> &Room {
        self.plan.buffers[buffer].gradient.as_ref().expect("the plan visits only layers that have a gradient")
    }

    fn convolution(&self, node: usize) -> &(Conv2d, Packed) {
        self.shared.packed[node].as_ref().expect("packed for every convolution")
    }

    fn norm(&self, node: usize) -> &Coefficients {
        self.shared.norms[node].as_ref().expect("planned for BatchNorm alone")
    }

    /// Writes the input: a sample, changed and normalised, or given values in PyTorch's order.
    fn load(&self, sample: usize, shard: &mut Shard) {
        let layout = self.values(0).layout;
        let Shard { tensors, image: changed, augment: scratch, .. } = shard;
        let [x] = tensors.of(self.room(sample), [self.values(0)]);
        match &self.shared.batch {
            Batch::Samples { set, samples, augment } => {
                let index = samples[self.first + sample];
                let len = set.shape.len();
                let range = index as usize * len..(index as usize + 1) * len;
                match &set.values {
                    Values::Floats(floats) => self.shared.normalization.write_floats(&floats[range], &layout, x),
                    Values::Bytes(bytes) => {
                        let mut image = &bytes[range];
                        if let Some(change) = augment {
                            let stream = Stream::Augment { epoch: change.epoch, sample: u64::from(index) };
                            let mut generator = stream.generator(self.shared.seed);
                            let scratch = scratch.get_or_insert_with(|| change.augment.scratch());
                            change.augment.apply(image, &mut generator, scratch, changed);
                            image = changed;
                        }
                        self.shared.normalization.write_bytes(image, &layout, x);
                    }
                }
            }
            Batch::Values { x: values, .. } => {
                let (pixels, channels) = (layout.height * layout.width, layout.channels);
                let values = &values[(self.first + sample) * channels * pixels..][..channels * pixels];
                for (at, value) in values.iter().enumerate() {
                    let (row, column) = (at % pixels / layout.width, at % layout.width);
                    x[layout.offset(at / pixels, row, column)] = *value;
                }
            }
        }
    }

    fn forward(&self, index: usize, sample: usize, ahead: &Ahead<'_>, shard: &mut Shard) {
        let (node, place) = (&self.network.nodes[index], &self.plan.places[index]);
        let (input, output) = (self.values(place.input), self.values(place.output));
        let (xl, yl) = (&input.layout, &output.layout);
        let (gx, gy) = (xl.grid(), yl.grid());
        match &node.layer {
            Layer::Activation(function) => {
                self.copy(input, output, sample, shard);
                let [y] = shard.tensors.of(self.room(sample), [output]);
                match function {
                    Function::Relu => kernels::relu(self.isa, &gy, y),
                    function => activation::forward(*function, &gy, y),
                }
            }
            Layer::Dropout(dropout) => {
                self.copy(input, output, sample, shard);
                if self.training {
                    let room = place.factors.as_ref().expect("planned for dropout");
                    let [y, factors] = shard.tensors.of(self.room(sample), [output, room]);
                    self.draw_mask(dropout, index, sample, yl, factors);
                    kernels::multiply(self.isa, &gy, y, factors);
                }
            }
            Layer::Linear(_) | Layer::Conv2d(_) => {
                let (conv, packed) = self.convolution(index);
                let ([x, y], ahead) = shard.tensors.of_and_ahead(self.room(sample), [input, output], ahead);
                let aside = Aside { scratch: &mut shard.scratch, ahead };
                conv.forward(self.isa, packed, (xl, x), false, (yl, y), aside);
            }
            Layer::MaxPool(pool) => {
                let [x, y] = shard.tensors.of(self.room(sample), [input, output]);
                pool.max_forward(self.isa, &gx, x, &gy, y);
            }
            Layer::AvgPool(pool) | Layer::GlobalAvgPool(pool) => {
                let [x, y] = shard.tensors.of(self.room(sample), [input, output]);
                pool.avg_forward(self.isa, &gx, x, &gy, y);
            }
            Layer::Softmax => {
                let [x, y] = shard.tensors.of(self.room(sample), [input, output]);
                activation::softmax(&x[..xl.channels], &mut y[..yl.channels]);
            }
            Layer::Flatten => {
                let [x, y] = shard.tensors.of(self.room(sample), [input, output]);
                each_value(xl, |at, flat| y[flat] = x[at]);
            }
            Layer::BatchNorm(_) => unreachable!("planned as another operation"),
        }
    }

    /// Copies one sample's values, unless both use the same room.
    fn copy(&self, from: &Room, to: &Room, sample: usize, shard: &mut Shard) {
        if from != to {
            let [x, y] = shard.tensors.of(self.room(sample), [from, to]);
            kernels::copy(self.isa, &from.layout.grid(), x, &to.layout.grid(), y);
        }
    }

    /// A convolution followed by BatchNorm and ReLU, then possibly pooling.
    fn folded(&self, index: usize, sample: usize, shard: &mut Shard) {
        let (conv, packed) = self.convolution(index);
        let (place, norm) = (&self.plan.places[index], &self.plan.places[index + 1]);
        let (input, output) = (self.values(place.input), self.values(norm.output));
        let aside = Aside { scratch: &mut shard.scratch, ahead: [&[]; AHEAD] };
        let Some(size) = norm.tail.pool else {
            let [x, y] = shard.tensors.of(self.room(sample), [input, output]);
            conv.forward(self.isa, packed, (&input.layout, x), norm.tail.relu, (&output.layout, y), aside);
            return;
        };
        let between = self.values(place.output);
        let [x, z, y] = shard.tensors.of(self.room(sample), [input, between, output]);
        conv.forward(self.isa, packed, (&input.layout, x), norm.tail.relu, (&between.layout, z), aside);
        kernels::max_pool(self.isa, &between.layout.grid(), z, size, &output.layout.grid(), y);
    }

    fn moments(&self, node: usize, sample: usize, shard: &mut Shard) {
        let input = self.values(self.plan.places[node].input);
        let [x] = shard.tensors.of(self.room(sample), [input]);
        let [mean, m2] = sample_sums(&mut shard.sums[node], sample, input.layout.lanes);
        kernels::moments(self.isa, &input.layout.grid(), x, mean, m2);
    }

    fn normalize(&self, node: usize, sample: usize, shard: &mut Shard) {
        let place = &self.plan.places[node];
        let (input, output) = (self.values(place.input), self.values(place.output));
        let [x, y] = shard.tensors.of(self.room(sample), [input, output]);
        let (gx, gy, c, relu) = (input.layout.grid(), output.layout.grid(), self.norm(node), place.tail.relu);
        match place.tail.pool {
            None => kernels::normalize(self.isa, &gx, x, c.forward(), relu, &gy, y),
            Some(size) => kernels::normalize_pool(self.isa, &gx, x, c.forward(), relu, size, &gy, y),
        }
    }

    fn backward(&self, index: usize, sample: usize, shard: &mut Shard) {
        let (node, place) = (&self.network.nodes[index], &self.plan.places[index]);
        let (output, output_gradient) = (self.values(place.output), self.gradient(place.output));
        let (yl, dyl) = (&output.layout, &output_gradient.layout);
        let (gy, gdy) = (yl.grid(), dyl.grid());
        let (input, input_gradient) = (self.values(place.input), self.gradient(place.input));
        let (gx, gdx) = (input.layout.grid(), input_gradient.layout.grid());
        let loss = self.network.loss;
        match &node.layer {
            // The gradient that came is that of its sums already.
            Layer::Activation(function) if index + 1 == self.network.nodes.len() && loss.needs() == Some(*function) => {
                self.copy(output_gradient, input_gradient, sample, shard);
            }
            Layer::Activation(Function::Relu) => {
                let [y, dy] = shard.tensors.of(self.room(sample), [output, output_gradient]);
                kernels::relu_gradient(self.isa, &gdy, dy, &gy, y);
                self.copy(output_gradient, input_gradient, sample, shard);
            }
            Layer::Activation(function) => {
                let by = if function.slope_reads_z() { input } else { output };
                let [values, dy] = shard.tensors.of(self.room(sample), [by, output_gradient]);
                activation::backward(*function, &by.layout.grid(), values, &gdy, dy);
                self.copy(output_gradient, input_gradient, sample, shard);
            }
            Layer::Dropout(_) => {
                let room = place.factors.as_ref().expect("planned for dropout");
                let [dy, factors] = shard.tensors.of(self.room(sample), [output_gradient, room]);
                kernels::multiply(self.isa, &gdy, dy, factors);
                self.copy(output_gradient, input_gradient, sample, shard);
            }
            Layer::MaxPool(pool) => {
                let [x, dx, dy] = shard.tensors.of(self.room(sample), [input, input_gradient, output_gradient]);
                pool.max_backward(self.isa, (&gx, x), (&gdy, dy), (&gdx, dx));
            }
            Layer::AvgPool(pool) | Layer::GlobalAvgPool(pool) => {
                let [dx, dy] = shard.tensors.of(self.room(sample), [input_gradient, output_gradient]);
                pool.avg_backward(self.isa, (&gdy, dy), (&gdx, dx));
            }
            Layer::Softmax => {
                let [y, dx, dy] = shard.tensors.of(self.room(sample), [output, input_gradient, output_gradient]);
                activation::softmax_gradient(&y[..yl.channels], &dy[..yl.channels], &mut dx[..yl.channels]);
            }
            Layer::Flatten => {
                let [dx, dy] = shard.tensors.of(self.room(sample), [input_gradient, output_gradient]);
                each_value(&input_gradient.layout, |at, flat| dx[at] = dy[flat]);
            }
            Layer::Linear(_) | Layer::Conv2d(_) | Layer::BatchNorm(_) => unreachable!("planned as other operations"),
        }
    }

    fn weight_gradient(&self, node: usize, sample: usize, ahead: &Ahead<'_>, shard: &mut Shard) {
        let place = &self.plan.places[node];
        let (input, output) = (self.values(place.input), self.gradient(place.output));
        let ([x, dz], ahead) = shard.tensors.of_and_ahead(self.room(sample), [input, output], ahead);
        let (conv, packed) = self.convolution(node);
        let gradient = &mut shard.parameters[place.gradient.clone()];
        let products = &mut shard.products[place.products.clone()];
        let bias_cancels = self.network.bias_cancels(node);
        let aside = Aside { scratch: &mut shard.scratch, ahead };
        let (x, dz) = ((&input.layout, &*x), (&output.layout, &*dz));
        conv.parameter_gradient(self.isa, packed.algorithm(), x, dz, bias_cancels, gradient, products, aside);
    }

    /// To be called before the first sample of a phase that sums this weight gradient.
    pub(crate) fn start_weight_gradient(&self, node: usize, shard: &mut Shard) {
        shard.products[self.plan.places[node].products.clone()].fill(0.0);
    }

    /// To be called after the last one.
    pub(crate) fn finish_weight_gradient(&self, node: usize, shard: &mut Shard) {
        let (place, (conv, _)) = (&self.plan.places[node], self.convolution(node));
        let gradient = &mut shard.parameters[place.gradient.clone()];
        let products = &shard.products[place.products.clone()];
        conv.finish_gradient(self.isa, self.values(place.input).layout.lanes, products, gradient);
    }

    fn input_gradient(&self, node: usize, sample: usize, ahead: &Ahead<'_>, shard: &mut Shard) {
        let place = &self.plan.places[node];
        let (input, output) = (self.gradient(place.input), self.gradient(place.output));
        let ([dx, dz], ahead) = shard.tensors.of_and_ahead(self.room(sample), [input, output], ahead);
        let (conv, packed) = self.convolution(node);
        let aside = Aside { scratch: &mut shard.scratch, ahead };
        conv.input_gradient(self.isa, packed, (&output.layout, dz), (&input.layout, dx), aside);
    }

    fn gradient_sums(&self, node: usize, sample: usize, shard: &mut Shard) {
        let place = &self.plan.places[node];
        let (input, output) = (self.values(place.input), self.gradient(place.output));
        let [x, dy] = shard.tensors.of(self.room(sample), [input, output]);
        let (gx, gdy, c, relu) = (input.layout.grid(), output.layout.grid(), self.norm(node), place.tail.relu);
        let [sum, sum_x] = sample_sums(&mut shard.sums[node], sample, input.layout.lanes);
        match place.tail.pool {
            None => kernels::normalize_sums(self.isa, &gx, x, c.forward(), relu, &gdy, dy, sum, sum_x),
            Some(size) => {
                kernels::normalize_pool_sums(self.isa, &gx, x, c.forward(), relu, size, &gdy, dy, sum, sum_x);
            }
        }
    }

    fn normalize_gradient(&self, node: usize, sample: usize, shard: &mut Shard) {
        let place = &self.plan.places[node];
        let (input, input_gradient, output) =
            (self.values(place.input), self.gradient(place.input), self.gradient(place.output));
        let [x, dx, dy] = shard.tensors.of(self.room(sample), [input, input_gradient, output]);
        let (gx, gdx, gdy) = (input.layout.grid(), input_gradient.layout.grid(), output.layout.grid());
        let c = self.norm(node);
        match place.tail.pool {
            None => kernels::normalize_gradient(self.isa, &gx, x, c.forward(), c.backward(), &gdy, dy, &gdx, dx),
            Some(size) => {
                let relu = place.tail.relu;
                kernels::normalize_pool_gradient(
                    self.isa,
                    &gx,
                    x,
                    c.forward(),
                    c.backward(),
                    relu,
                    size,
                    &gdy,
                    dy,
                    &gdx,
                    dx,
                );
            }
        }
    }

    /// Loss and prediction; in training also the gradient of the outputs.
    fn score(&self, sample: usize, shard: &mut Shard, findings: &mut Findings) {
        let output = self.plan.buffers.len() - 1;
        let Shard { tensors, outputs: [a, t, da], .. } = shard;
        let [y] = tensors.of(self.room(sample), [self.values(output)]);
        let y = &y[..a.len()];
        findings.answers[sample * y.len()..][..y.len()].copy_from_slice(y);
        for (a, y) in a.iter_mut().zip(y) {
            *a = f64::from(*y);
        }
        let samples = match &self.shared.batch {
            Batch::Samples { set, samples, .. } => {
                t.fill(0.0);
                t[usize::from(set.labels[samples[self.first + sample] as usize])] = 1.0;
                samples.len()
            }
            Batch::Values { t: targets, .. } => {
                let outputs = t.len();
                for (t, target) in t.iter_mut().zip(&targets[(self.first + sample) * outputs..][..outputs]) {
                    *t = f64::from(*target);
                }
                targets.len() / outputs
            }
        };
        // This is the sample's own loss, but the gradient is of the batch's mean loss.
        let loss = self.network.loss;
        findings.losses[sample] = samples as f64 * loss.of_sample(a, t, samples, da);
        loss.through_its_function(a, t, samples, da);
        findings.correct[sample] = first_largest(a) == first_largest(t);
        if let (true, Some(gradient)) = (self.training, &self.plan.buffers[output].gradient) {
            let [dy] = tensors.of(self.room(sample), [gradient]);
            for (dy, da) in dy.iter_mut().zip(da) {
                *dy = if da.abs() < NEGLIGIBLE { 0.0 } else { *da as f32 };
            }
        }
    }

    /// Fills a sample's factors: 0 or `1 / (1 - p)`, in the order row, column, channel; lanes beyond the channels 0.
    fn draw_mask(&self, dropout: &Dropout, node: usize, sample: usize, layout: &Layout, factors: &mut [f32]) {
        let mut mask = dropout.mask(self.shared.seed, self.shared.step, node, self.first + sample);
        let survivor = dropout.survivor() as f32;
        if layout.channels == layout.lanes {
            return mask.fill(survivor, factors);
        }
        for pixel in factors.chunks_exact_mut(layout.lanes) {
            mask.fill(survivor, &mut pixel[..layout.channels]);
        }
    }
}

/// A sample's part of a BatchNorm's two sums.
fn sample_sums([first, second]: &mut [Vec<f32>; 2], sample: usize, lanes: usize) -> [&mut [f32]; 2] {
    [&mut first[sample * lanes..][..lanes], &mut second[sample * lanes..][..lanes]]
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
