//! The static plan of one network: where every tensor lies in memory, and in which order a step visits the layers.
//!
//! A step is a list of phases. Within a phase every sample goes through all operations independently; between two
//! phases the whole batch meets, because a BatchNorm needs its moments (forward) or its sums (backward).

use std::ops::Range;

use crate::function::Function;
use crate::kernels::{AHEAD, Precision};
use crate::layer::{Conv2d, Layer};
use crate::layout::Layout;
use crate::network::{Network, Node};

/// Consecutive samples that are worked on together and share one memory.
pub(crate) const SHARD: usize = 8;

/// One operation on one sample; the number is the node's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Writes the sample's input.
    Load,
    /// Every layer except BatchNorm.
    Forward(usize),
    /// BatchNorm's moments of this sample; ends a phase.
    Moments(usize),
    /// BatchNorm's output with its [`Tail`]; recalculated in a backward phase, because it was not kept.
    Normalize(usize),
    /// Only in evaluation: a linear layer or convolution whose weights include the BatchNorm after it.
    Folded(usize),
    /// Loss, prediction and the gradient of the outputs.
    Loss,
    /// Loss and prediction only.
    Score,
    /// Every layer except BatchNorm, linear and convolution.
    Backward(usize),
    /// For linear layers and convolutions; includes the bias's gradient.
    WeightGradient(usize),
    /// For linear layers and convolutions.
    InputGradient(usize),
    /// BatchNorm's sums over this sample's gradient, after the gradient of its tail; ends a phase.
    GradientSums(usize),
    /// BatchNorm's input gradient, after the gradient of its tail.
    NormalizeGradient(usize),
}

/// What directly follows a BatchNorm and is done in the same pass over its input: the fused nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    pub relu: bool,
    /// Height, width and stride of a max-pooling whose windows do not overlap.
    pub pool: Option<[usize; 3]>,
}

/// Where the values of one tensor lie in a shard's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub layout: Layout,
    /// Offset of the first sample.
    start: usize,
    /// Floats from one sample to the next. If 0, all samples use the same room in turn, and it stays in the cache.
    each: usize,
}

impl Room {
    /// One sample's part.
    pub(crate) fn range(&self, sample: usize) -> Range<usize> {
        let start = self.start + sample * self.each;
        start..start + self.layout.size()
    }

    /// Whether every sample has its own part.
    fn is_kept(&self) -> bool {
        self.each > 0
    }
}

/// One tensor of activations, which several layers may share in place.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    /// Kept until the backward pass, except for what is cheaper to recalculate than to store: a BatchNorm's output.
    pub values: Room,
    /// Absent where no gradient is needed: for the input, and for what only reshapes it. Used up in the phase that
    /// makes it, except at a BatchNorm's output, where the batch must meet first.
    pub gradient: Option<Room>,
}

/// The buffers of a node; input and output are the same if the node works in place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub input: usize,
    pub output: usize,
    /// Whether the BatchNorm before it does its work, so that it has no operations of its own.
    pub fused: bool,
    /// What a BatchNorm does for the nodes after it.
    pub tail: Tail,
    /// Dropout's factors.
    pub factors: Option<Room>,
    /// Its part of a shard's parameter gradients, in the kernels' order; empty except for linear and convolution.
    pub gradient: Range<usize>,
    /// Its part of a shard's products of Winograd's algorithm, during the phase that sums them.
    pub products: Range<usize>,
}

/// What happens to every sample before the batch meets.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    pub ops: Vec<Op>,
    /// One per operation: tensors of the next sample that other operations will need and no cache holds, to be
    /// prefetched meanwhile. Convolutions have time for that.
    pub ahead: Vec<[Option<Room>; AHEAD]>,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub buffers: Vec<Buffer>,
    pub places: Vec<Place>,
    /// Floats of a shard's tensors.
    pub floats: usize,
    /// Floats of a shard's parameter gradients.
    pub gradient_len: usize,
    /// Floats of its products of Winograd's algorithm in one phase.
    pub products_len: usize,
    /// Floats that a convolution needs for intermediate results.
    pub scratch_len: usize,
    /// The phases of a training step.
    pub train: Vec<Phase>,
    /// The only phase of an evaluation.
    pub eval: Phase,
}

impl Plan {
    /// Training with `precision`, evaluation in f32.
    pub(crate) fn new(network: &Network, precision: Precision) -> Plan {
        let (drafts, mut places) = draft(network);
        let mut floats = 0;
        let buffers = give_room(network, &drafts, &mut places, &mut floats);
        let (mut gradient_len, mut scratch_len) = (0, 0);
        for (node, place) in network.nodes.iter().zip(&mut places) {
            if let Some(conv) = as_convolution(node) {
                let [algorithm, in_f32] = [precision, Precision::F32].map(|precision| conv.algorithm(precision));
                let len = conv.gradient_len(buffers[place.input].values.layout.lanes);
                place.gradient = gradient_len..gradient_len + len;
                gradient_len += len;
                scratch_len = scratch_len.max(conv.scratch_len(algorithm)).max(conv.scratch_len(in_f32));
            }
        }
        let train = train_phases(network, &buffers, &places);
        let mut products_len = 0;
        for ops in &train {
            let mut end = 0;
            for node in weight_gradients(ops) {
                let conv = as_convolution(&network.nodes[node]).expect("only convolutions have weight gradients");
                let x_lanes = buffers[places[node].input].values.layout.lanes;
                let len = conv.products_len(conv.algorithm(precision), x_lanes);
                places[node].products = end..end + len;
                end += len;
            }
            products_len = products_len.max(end);
        }
        let phase = |ops: Vec<Op>| Phase { ahead: ahead(&ops, network, &buffers, &places), ops };
        let train = train.into_iter().map(phase).collect();
        let ops = eval_phase(network, &places);
        let eval = Phase { ahead: vec![[None; AHEAD]; ops.len()], ops };
        Plan { buffers, places, floats, gradient_len, products_len, scratch_len, train, eval }
    }
}

/// The nodes whose weight gradients these operations sum.
pub(crate) fn weight_gradients(ops: &[Op]) -> impl Iterator<Item = usize> {
    ops.iter().filter_map(|op| match op {
        Op::WeightGradient(node) => Some(*node),
        _ => None,
    })
}

/// Linear layers are convolutions of one pixel.
pub(crate) fn as_convolution(node: &Node) -> Option<Conv2d> {
    match &node.layer {
        Layer::Linear(linear) => Some(linear.as_convolution()),
        Layer::Conv2d(conv) => Some(conv.clone()),
        _ => None,
    }
}

/// A buffer before it has a place in memory.
struct Draft {
    values: Layout,
    keeps_values: bool,
    gradient: Option<Layout>,
    /// True for the gradient of a BatchNorm's output.
    keeps_gradients: bool,
}

/// Decides which nodes share a buffer, and how its values are laid out.
fn draft(network: &Network) -> (Vec<Draft>, Vec<Place>) {
    let mut input = Layout::dense(network.input);
    // Layers that visit channels one by one need no padding, which would make one-channel images eight times as large.
    let walks_channels = match &network.nodes[0].layer {
        Layer::Conv2d(conv) => !conv.is_winograd(),
        layer => matches!(layer, Layer::Linear(_) | Layer::Flatten),
    };
    if walks_channels {
        input.lanes = input.channels;
    }
    let mut drafts = vec![Draft { values: input, keeps_values: true, gradient: None, keeps_gradients: false }];
    let mut places: Vec<Place> = Vec::new();
    // How many of the following nodes the last BatchNorm has taken over.
    let mut taken = 0;
    for (index, node) in network.nodes.iter().enumerate() {
        let input = places.last().map_or(0, |place| place.output);
        let mut place = Place {
            input,
            output: input,
            fused: taken > 0,
            tail: Tail::default(),
            factors: None,
            gradient: 0..0,
            products: 0..0,
        };
        if taken > 0 {
            taken -= 1;
            places.push(place);
            continue;
        }
        let overwrites_needed = match index.checked_sub(1) {
            Some(previous) => network.nodes[previous].layer.backward_reads_output() && !places[previous].fused,
            None => true,
        };
        if node.layer.works_in_place() && !overwrites_needed {
            // If other nodes also write to a BatchNorm's output, it cannot be recalculated from the input.
            drafts[input].keeps_values = true;
            places.push(place);
            continue;
        }
        let below_is_trained = drafts[input].gradient.is_some();
        if let Layer::Conv2d(conv) = &node.layer {
            drafts[input].values.border = conv.padding;
            drafts[input].values.far_border = conv.far_border();
        }
        let is_norm = matches!(node.layer, Layer::BatchNorm(_));
        if is_norm {
            (place.tail, taken) = tail(&network.nodes[index + 1..]);
        }
        let values = Layout::dense(network.nodes[index + taken].output);
        let gradient = match &node.layer {
            Layer::Conv2d(conv) if below_is_trained || conv.is_winograd() => Some(conv.output_gradient_layout()),
            _ if below_is_trained || !node.tensors.is_empty() => Some(values),
            _ => None,
        };
        // Pooled maps are small, but recalculating them is expensive.
        let keeps_values = !is_norm || place.tail.pool.is_some();
        drafts.push(Draft { values, keeps_values, gradient, keeps_gradients: is_norm });
        place.output = drafts.len() - 1;
        places.push(place);
    }
    (drafts, places)
}

/// What a BatchNorm takes over from the nodes after it, and how many nodes that is.
fn tail(behind: &[Node]) -> (Tail, usize) {
    let layers: Vec<_> = behind.iter().take(2).map(|node| &node.layer).collect();
    let relu = matches!(layers.first(), Some(Layer::Activation(Function::Relu)));
    let pool = match layers.get(usize::from(relu)) {
        Some(Layer::MaxPool(pool)) if [pool.height, pool.width] == [pool.stride; 2] => Some(pool.size()),
        _ => None,
    };
    (Tail { relu, pool }, usize::from(relu) + usize::from(pool.is_some()))
}

/// Gives every tensor its place in a shard's memory.
fn give_room(network: &Network, drafts: &[Draft], places: &mut [Place], floats: &mut usize) -> Vec<Buffer> {
    let mut room = |layout: Layout, kept: bool| {
        let each = if kept { layout.size() } else { 0 };
        let start = *floats;
        *floats += if kept { SHARD * layout.size() } else { layout.size() };
        Room { layout, start, each }
    };
    let values: Vec<Room> = drafts.iter().map(|draft| room(draft.values, draft.keeps_values)).collect();
    let gradients = drafts.iter().enumerate().map(|(index, draft)| {
        let layout = draft.gradient?;
        match over(network, places, drafts, index) {
            Some(output) if draft.keeps_gradients && layout.size() <= values[output].layout.size() => {
                Some(Room { layout, ..values[output] })
            }
            _ => Some(room(layout, draft.keeps_gradients)),
        }
    });
    let gradients: Vec<_> = gradients.collect();
    for (node, place) in network.nodes.iter().zip(places) {
        if let Layer::Dropout(_) = node.layer {
            place.factors = Some(room(Layout::dense(node.output), true));
        }
    }
    values.into_iter().zip(gradients).map(|(values, gradient)| Buffer { values, gradient }).collect()
}

/// The buffer whose values the gradient of buffer `index` may overwrite: the output of the convolution that reads
/// `index`, if a BatchNorm follows it. By the time the convolution's input gradient is calculated, that BatchNorm has
/// used this sample's values for the last time.
fn over(network: &Network, places: &[Place], drafts: &[Draft], index: usize) -> Option<usize> {
    let reader = places.iter().position(|place| place.input == index && place.output != index)?;
    let is_convolution = as_convolution(&network.nodes[reader]).is_some();
    let before_norm = matches!(network.nodes.get(reader + 1)?.layer, Layer::BatchNorm(_));
    let output = places[reader].output;
    (is_convolution && before_norm && drafts[output].keeps_values).then_some(output)
}

/// Nodes with operations of their own.
fn visited<'n>(
    network: &'n Network,
    places: &'n [Place],
) -> impl DoubleEndedIterator<Item = (usize, &'n Node, &'n Place)> {
    let all = (0..places.len()).map(|index| (index, &network.nodes[index], &places[index]));
    all.filter(|(_, _, place)| !place.fused)
}

fn train_phases(network: &Network, buffers: &[Buffer], places: &[Place]) -> Vec<Vec<Op>> {
    let (mut phases, mut ops) = (Vec::new(), vec![Op::Load]);
    for (index, node, _) in visited(network, places) {
        if let Layer::BatchNorm(_) = node.layer {
            ops.push(Op::Moments(index));
            phases.push(std::mem::take(&mut ops));
            ops.push(Op::Normalize(index));
        } else {
            ops.push(Op::Forward(index));
        }
    }
    ops.push(Op::Loss);
    for (index, node, place) in visited(network, places).rev() {
        let gradient_below = buffers[place.input].gradient.is_some();
        if let Layer::BatchNorm(_) = node.layer {
            ops.push(Op::GradientSums(index));
            phases.push(std::mem::take(&mut ops));
            if gradient_below {
                ops.push(Op::NormalizeGradient(index));
            }
            continue;
        }
        if !gradient_below && node.tensors.is_empty() {
            continue;
        }
        if node.layer.backward_reads_input() && !buffers[place.input].values.is_kept() {
            let norm = places.iter().position(|other| other.output == place.input).expect("a BatchNorm wrote it");
            // In the phase that made them, the values are still there.
            if !ops.contains(&Op::Normalize(norm)) {
                ops.push(Op::Normalize(norm));
            }
        }
        if as_convolution(node).is_none() {
            ops.push(Op::Backward(index));
            continue;
        }
        ops.push(Op::WeightGradient(index));
        if gradient_below {
            ops.push(Op::InputGradient(index));
        }
    }
    phases.push(ops);
    phases
}

fn eval_phase(network: &Network, places: &[Place]) -> Vec<Op> {
    let is_norm = |index: usize| matches!(network.nodes.get(index), Some(Node { layer: Layer::BatchNorm(_), .. }));
    let mut ops = vec![Op::Load];
    for (index, node, _) in visited(network, places) {
        let behind_convolution = index > 0 && as_convolution(&network.nodes[index - 1]).is_some();
        match (is_norm(index), as_convolution(node)) {
            (true, _) if behind_convolution => {}
            (true, _) => ops.push(Op::Normalize(index)),
            (false, Some(_)) if is_norm(index + 1) => ops.push(Op::Folded(index)),
            (false, _) => ops.push(Op::Forward(index)),
        }
    }
    ops.push(Op::Score);
    ops
}

/// Distributes what the operations of a phase read from and write to memory among its convolutions, for prefetching.
fn ahead(ops: &[Op], network: &Network, buffers: &[Buffer], places: &[Place]) -> Vec<[Option<Room>; AHEAD]> {
    let mut rooms: Vec<Room> = Vec::new();
    for op in ops {
        let (node, uses) = match *op {
            Op::Forward(node) => (node, [Some(buffers[places[node].output].values), places[node].factors]),
            Op::Normalize(node) => {
                (node, [Some(buffers[places[node].input].values), Some(buffers[places[node].output].values)])
            }
            Op::NormalizeGradient(node) => {
                (node, [Some(buffers[places[node].input].values), buffers[places[node].output].gradient])
            }
            Op::GradientSums(node) | Op::WeightGradient(node) => {
                (node, [Some(buffers[places[node].input].values), None])
            }
            Op::Backward(node) => (node, [places[node].factors, None]),
            _ => continue,
        };
        // What is not kept is still in the cache, and small maps are read quickly.
        let is_map = network.nodes[node].output.dimensions().1 > 1;
        for room in uses.into_iter().flatten().filter(|room| is_map && room.is_kept()) {
            if rooms.iter().all(|other| other.start != room.start) {
                rooms.push(room);
            }
        }
    }
    let is_large = |op: &&Op| match **op {
        Op::Forward(node) | Op::WeightGradient(node) | Op::InputGradient(node) => {
            matches!(network.nodes[node].layer, Layer::Conv2d(_))
        }
        _ => false,
    };
    let mut left = ops.iter().filter(is_large).count();
    let hand_out = |op: &Op| {
        if !is_large(&op) {
            return [None; AHEAD];
        }
        let share = rooms.len().div_ceil(left).min(AHEAD);
        left -= 1;
        let mut share = rooms.drain(..share);
        std::array::from_fn(|_| share.next())
    };
    ops.iter().map(hand_out).collect()
}
