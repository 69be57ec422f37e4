//! A model as an ONNX file: inference from pixel values to the network's outputs.
//!
//! The input is `image`, float32 `[batch, 1, 28, 28]` (or `[batch, 784]`, as the description says), with pixel values
//! from 0 to 255: normalisation is part of the graph, so a program needs nothing but the picture. The output is
//! `[batch, 10]`, named by [`output_name`]. Each layer, including BatchNorm, is one node; dropout, which does nothing
//! in inference, has none. Tensors keep their names: `0.weight`.

mod proto;
#[cfg(test)]
mod tests;

use gradbook_engine::layer::{Layer, Pool};
use gradbook_engine::network::{Network, Node, Shape, Tensor};
use gradbook_engine::spec::{NormalizeSpec, PerChannel};
use prost::Message;
use thiserror::Error;

use crate::{Export, output_name, sizes};
use proto::{
    AttributeProto, Dimension, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

/// The version of ONNX's operators, from 2022, so that every maintained runtime knows it.
const OPSET: i64 = 17;

/// The version of the file format that came with them.
const IR_VERSION: i64 = 8;

/// The name of the input.
pub const INPUT: &str = "image";

/// The name of the dimension of variable size.
const BATCH: &str = "batch";

/// A model too large for a protobuf message, which is what an ONNX file is.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the model takes {bytes} bytes, but an ONNX file holds at most 2 GB; use its weights as safetensors")]
pub struct TooLarge {
    pub bytes: usize,
}

/// The bytes of the file.
///
/// # Errors
/// If the file would be larger than 2 GB.
pub fn onnx(export: &Export<'_>) -> Result<Vec<u8>, TooLarge> {
    let bytes = model(export).encode_to_vec();
    if i32::try_from(bytes.len()).is_ok() { Ok(bytes) } else { Err(TooLarge { bytes: bytes.len() }) }
}

fn model(export: &Export<'_>) -> ModelProto {
    let about = export.about;
    let property =
        |(key, value): &(String, String)| StringStringEntryProto { key: Some(key.clone()), value: Some(value.clone()) };
    ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("gradbook".into()),
        producer_version: Some(env!("CARGO_PKG_VERSION").into()),
        doc_string: Some(about.sentence.clone()),
        graph: Some(graph(export)),
        opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) }],
        metadata_props: about.properties.iter().map(property).collect(),
    }
}

fn graph(export: &Export<'_>) -> GraphProto {
    let Export { network, model, normalize, about } = *export;
    let mut chain = Chain { nodes: Vec::new(), initializers: Vec::new(), value: INPUT.into() };
    chain.normalize(normalize, network.input);
    for (list, values) in [(&network.tensors, &model.parameters), (&network.statistics, &model.statistics)] {
        for Tensor { name, shape, range, .. } in list {
            chain.initializer(name.clone(), shape, &values[range.clone()]);
        }
    }
    for (index, node) in network.nodes.iter().enumerate() {
        chain.layer(index, network, node);
    }
    let output = output_name(network);
    let last = chain.nodes.last_mut().expect("normalisation, at least");
    last.output = vec![output.into()];
    GraphProto {
        node: chain.nodes,
        name: Some(about.name.clone()),
        initializer: chain.initializers,
        input: vec![value_info(
            INPUT,
            network.input,
            "pixel values from 0 (black) to 255 (white), not from 0 to 1; their normalisation is part of the graph",
        )],
        output: vec![value_info(output, network.output(), "a value a class; the largest is the answer")],
    }
}

/// A sequence of nodes, each of which takes the output of the one before.
struct Chain {
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
    /// The name of the last value.
    value: String,
}

impl Chain {
    /// `(image - 255 mean) / (255 std)`.
    fn normalize(&mut self, NormalizeSpec { mean, std }: &NormalizeSpec, input: Shape) {
        for (name, op_type, numbers) in [("mean", "Sub", mean), ("std", "Div", std)] {
            let values = numbers.numbers().iter().map(|number| (255.0 * number) as f32);
            match (numbers, input) {
                (PerChannel::All(_), _) => self.initializer(name.into(), &[], &values.collect::<Vec<_>>()),
                (PerChannel::Each(list), Shape::Map { .. }) => {
                    self.initializer(name.into(), &[list.len(), 1, 1], &values.collect::<Vec<_>>());
                }
                // The channels of an image, one behind the other.
                (PerChannel::Each(list), Shape::Vector(features)) => {
                    let each = features / list.len();
                    let values: Vec<f32> = values.flat_map(|value| std::iter::repeat_n(value, each)).collect();
                    self.initializer(name.into(), &[values.len()], &values);
                }
            }
            self.node("normalize", op_type, [name.into()], Vec::new());
        }
    }

    fn layer(&mut self, index: usize, network: &Network, node: &Node) {
        let names = |tensors: &[Tensor]| tensors.iter().map(|tensor| tensor.name.clone()).collect::<Vec<String>>();
        let mut tensors = names(&network.tensors[node.tensors.clone()]);
        tensors.extend(names(&network.statistics[node.statistics.clone()]));
        let mut add = |op_type: &str, attributes: Vec<AttributeProto>| {
            self.node(&index.to_string(), op_type, std::mem::take(&mut tensors), attributes);
        };
        match &node.layer {
            Layer::Linear(_) => add("Gemm", vec![int("transB", 1)]),
            Layer::Conv2d(conv) => add(
                "Conv",
                vec![
                    ints("kernel_shape", [conv.kernel; 2]),
                    ints("strides", [conv.stride; 2]),
                    ints("pads", [conv.padding; 4]),
                ],
            ),
            // ONNX's momentum is the share of the old statistics; PyTorch's, and ours, is the share of the new ones.
            Layer::BatchNorm(norm) => {
                add("BatchNormalization", vec![float("epsilon", norm.eps), float("momentum", 1.0 - norm.momentum)]);
            }
            Layer::Activation(function) => {
                let (operator, attribute) = function.entry().onnx;
                add(operator, attribute.map(|(name, value)| float(name, value)).into_iter().collect());
            }
            Layer::Softmax => add("Softmax", vec![int("axis", 1)]),
            Layer::Dropout(_) => {}
            Layer::MaxPool(pool) => add("MaxPool", window(pool)),
            Layer::AvgPool(pool) => add("AveragePool", window(pool)),
            Layer::GlobalAvgPool(_) => {
                add("GlobalAveragePool", Vec::new());
                add("Flatten", vec![int("axis", 1)]);
            }
            Layer::Flatten => add("Flatten", vec![int("axis", 1)]),
        }
    }

    /// Appends an operator on the last value and on `tensors`; for `0` and `Conv` it is named `0.Conv`.
    fn node(
        &mut self,
        place: &str,
        op_type: &str,
        tensors: impl IntoIterator<Item = String>,
        attribute: Vec<AttributeProto>,
    ) {
        let name = format!("{place}.{op_type}");
        let output = format!("{name}.output");
        let mut input = vec![std::mem::replace(&mut self.value, output.clone())];
        input.extend(tensors);
        self.nodes.push(NodeProto {
            input,
            output: vec![output],
            name: Some(name),
            op_type: Some(op_type.into()),
            attribute,
        });
    }

    fn initializer(&mut self, name: String, shape: &[usize], values: &[f32]) {
        self.initializers.push(TensorProto {
            dims: shape.iter().map(|&size| size as i64).collect(),
            data_type: Some(TensorProto::FLOAT),
            name: Some(name),
            raw_data: Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        });
    }
}

/// Windows without padding, and none that cross the edge, which is ONNX's default.
fn window(pool: &Pool) -> Vec<AttributeProto> {
    vec![ints("kernel_shape", [pool.height, pool.width]), ints("strides", [pool.stride; 2])]
}

fn int(name: &str, value: i64) -> AttributeProto {
    let r#type = Some(AttributeProto::INT);
    AttributeProto { name: Some(name.into()), i: Some(value), r#type, ..Default::default() }
}

fn ints<const N: usize>(name: &str, values: [usize; N]) -> AttributeProto {
    let (ints, r#type) = (values.iter().map(|&value| value as i64).collect(), Some(AttributeProto::INTS));
    AttributeProto { name: Some(name.into()), ints, r#type, ..Default::default() }
}

fn float(name: &str, value: f64) -> AttributeProto {
    let r#type = Some(AttributeProto::FLOAT);
    AttributeProto { name: Some(name.into()), f: Some(value as f32), r#type, ..Default::default() }
}

/// float32 `[batch, ..]`.
fn value_info(name: &str, sample: Shape, doc_string: &str) -> ValueInfoProto {
    let mut dim = vec![DimensionProto { value: Some(Dimension::DimParam(BATCH.into())) }];
    let sizes = sizes(sample).into_iter().map(|size| Dimension::DimValue(size as i64));
    dim.extend(sizes.map(|size| DimensionProto { value: Some(size) }));
    let tensor_type = TensorTypeProto { elem_type: Some(TensorProto::FLOAT), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto {
        name: Some(name.into()),
        r#type: Some(TypeProto { tensor_type: Some(tensor_type) }),
        doc_string: Some(doc_string.into()),
    }
}
