//! The content of a file. Whether runtimes give the same numbers with it is tested in `tests/export/onnxruntime.rs`.

use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::spec::Spec;
use prost::Message;

use super::proto::{AttributeProto, Dimension, ModelProto, NodeProto, TensorProto, ValueInfoProto};
use super::{INPUT, onnx};
use crate::{About, Export};

const ALL_LAYERS: &str = include_str!("../../tests/support/all_layers.toml");

fn exported(spec: &Spec) -> ModelProto {
    let network = Network::new(spec).unwrap();
    let mut model = Model::new(&network, &spec.init, 7);
    model.statistics.iter_mut().zip(1..).for_each(|(value, number)| *value = number as f32);
    let properties = vec![("seed".into(), "7".into())];
    let about = About { name: "all".into(), sentence: "All layers.".into(), properties };
    let normalize = &spec.train.as_ref().unwrap().normalize;
    let bytes = onnx(&Export { network: &network, model: &model, normalize, about: &about }).unwrap();
    ModelProto::decode(bytes.as_slice()).unwrap()
}

/// `0.Conv(image, 0.weight) strides=[2, 2]`.
fn words(node: &NodeProto) -> String {
    let attribute = |attribute: &AttributeProto| {
        let value = match attribute.r#type {
            Some(AttributeProto::INT) => attribute.i.unwrap().to_string(),
            Some(AttributeProto::FLOAT) => attribute.f.unwrap().to_string(),
            Some(AttributeProto::INTS) => format!("{:?}", attribute.ints),
            other => panic!("{other:?}"),
        };
        format!(" {}={value}", attribute.name())
    };
    let attributes: String = node.attribute.iter().map(attribute).collect();
    assert_eq!(node.name().rsplit('.').next(), node.op_type.as_deref());
    format!("{}({}){attributes}", node.name(), node.input.join(", "))
}

fn shape(value: &ValueInfoProto) -> Vec<String> {
    let tensor = value.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
    assert_eq!(tensor.elem_type, Some(TensorProto::FLOAT));
    let size = |dimension: Dimension| match dimension {
        Dimension::DimValue(size) => size.to_string(),
        Dimension::DimParam(name) => name,
    };
    tensor.shape.as_ref().unwrap().dim.iter().map(|dim| size(dim.value.clone().unwrap())).collect()
}

#[test]
fn every_layer_is_a_node_with_its_tensors_and_settings() {
    let graph = exported(&toml::from_str(ALL_LAYERS).unwrap()).graph.unwrap();
    let nodes: Vec<String> = graph.node.iter().map(words).collect();
    let needed = [
        "normalize.Sub(image, mean)",
        "normalize.Div(normalize.Sub.output, std)",
        "0.Conv(normalize.Div.output, 0.weight, 0.bias) kernel_shape=[5, 5] strides=[2, 2] pads=[1, 1, 1, 1]",
        "1.BatchNormalization(0.Conv.output, 1.weight, 1.bias, 1.running_mean, 1.running_var) epsilon=0.001 momentum=0.8",
        "2.Relu(1.BatchNormalization.output)",
        "3.MaxPool(2.Relu.output) kernel_shape=[3, 3] strides=[2, 2]",
        "4.Conv(3.MaxPool.output, 4.weight) kernel_shape=[3, 3] strides=[1, 1] pads=[2, 2, 2, 2]",
        "5.Tanh(4.Conv.output)",
        "6.AveragePool(5.Tanh.output) kernel_shape=[3, 3] strides=[1, 1]",
        "7.BatchNormalization(6.AveragePool.output, 7.weight, 7.bias, 7.running_mean, 7.running_var) epsilon=0.00001 momentum=0.9",
        "8.MaxPool(7.BatchNormalization.output) kernel_shape=[2, 2] strides=[2, 2]",
        "9.Sigmoid(8.MaxPool.output)",
        "10.GlobalAveragePool(9.Sigmoid.output)",
        "10.Flatten(10.GlobalAveragePool.output) axis=1",
        "11.Flatten(10.Flatten.output) axis=1",
        "12.Gemm(11.Flatten.output, 12.weight) transB=1",
        "13.BatchNormalization(12.Gemm.output, 13.weight, 13.bias, 13.running_mean, 13.running_var) epsilon=0.00001 momentum=0.9",
        "14.LeakyRelu(13.BatchNormalization.output) alpha=0.2",
        "16.Gemm(14.LeakyRelu.output, 16.weight, 16.bias) transB=1",
        "17.Softplus(16.Gemm.output)",
        "18.Softmax(17.Softplus.output) axis=1",
    ];
    assert_eq!(nodes, needed);
    assert_eq!(graph.node.last().unwrap().output, ["probabilities"]);
}

#[test]
fn tensors_inputs_outputs_and_words_are_those_of_the_model() {
    let spec: Spec = toml::from_str(ALL_LAYERS).unwrap();
    let network = Network::new(&spec).unwrap();
    let model = exported(&spec);
    assert_eq!((model.ir_version(), model.opset_import[0].version()), (8, 17));
    assert_eq!((model.producer_name(), model.doc_string()), ("gradbook", "All layers."));
    let property = &model.metadata_props[0];
    assert_eq!((property.key(), property.value()), ("seed", "7"));

    let graph = model.graph.unwrap();
    let [input, output] = [&graph.input, &graph.output].map(|list| &list[0]);
    assert_eq!((input.name(), shape(input)), (INPUT, ["batch", "1", "28", "28"].map(String::from).to_vec()));
    assert_eq!((output.name(), shape(output)), ("probabilities", ["batch", "10"].map(String::from).to_vec()));
    let value = |name: &str| {
        let tensor = graph.initializer.iter().find(|tensor| tensor.name() == name).unwrap();
        assert_eq!(tensor.data_type, Some(TensorProto::FLOAT));
        let values = tensor.raw_data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        (tensor.dims.clone(), values.collect::<Vec<f32>>())
    };
    assert_eq!(value("mean"), (vec![], vec![63.75]));
    assert_eq!(value("std"), (vec![], vec![127.5]));
    assert_eq!(value("1.running_var"), (vec![5], vec![6.0, 7.0, 8.0, 9.0, 10.0]));
    assert_eq!(value("4.weight").0, [6, 5, 3, 3]);
    let values: usize = graph.initializer.iter().map(|tensor| tensor.raw_data().len() / 4).sum();
    assert_eq!(values, 2 + network.parameters() + network.statistics_len());
}

#[test]
fn outputs_are_named_by_what_they_are_and_vectors_need_no_channels() {
    let network = |layers: &str, loss: &str| {
        let text = format!(
            "input = [784]\nlayers = [{layers}]\nloss = {{ type = \"{loss}\" }}\n\
             train = {{ epochs = 1, batch = 1, optimizer = {{ type = \"adam\", lr = 0.01 }} }}"
        );
        let graph = exported(&toml::from_str(&text).unwrap()).graph.unwrap();
        assert_eq!(shape(&graph.input[0]), ["batch", "784"]);
        assert_eq!(graph.node.last().unwrap().output[0], graph.output[0].name());
        graph.output[0].name().to_owned()
    };
    let linear = "{ type = \"linear\", out_features = 10 }";
    // The layer that is left out may be the last.
    assert_eq!(network(&format!("{linear}, {{ type = \"dropout\", p = 0.5 }}"), "cross_entropy"), "logits");
    assert_eq!(network(linear, "squared_error"), "outputs");
    assert_eq!(network("{ type = \"dropout\", p = 0.5 }", "squared_error"), "outputs");
}
