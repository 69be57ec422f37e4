//! The text of the PyTorch module. `tests/export/onnxruntime.rs` tests that it is Python; `cargo xtask exports`
//! measures that PyTorch gives the same numbers with it.

use crate::support::{all_layers, case};
use gradbook_export::pytorch::pytorch;
use gradbook_export::{About, Export};

fn text(about: &About) -> String {
    let case = all_layers();
    pytorch(
        &Export { network: &case.network, model: &case.model, normalize: case.normalize(), about },
        "model.safetensors",
    )
}

#[test]
fn every_layer_is_a_module_in_its_place() {
    let about = About { name: "all".into(), sentence: "Every layer that there is.".into(), properties: Vec::new() };
    assert_eq!(text(&about), include_str!("../golden/all_layers.py"));
}

#[test]
fn inputs_may_be_vectors() {
    let case = case(
        "input = [784]\nlayers = [{ type = \"linear\", out_features = 10 }]\nloss = { type = \"cross_entropy\" }\n\
         train = { epochs = 1, batch = 1, optimizer = { type = \"adam\", lr = 0.01 } }",
        1,
    );
    let about = About::default();
    let export = Export { network: &case.network, model: &case.model, normalize: case.normalize(), about: &about };
    let text = pytorch(&export, "model.safetensors");
    for line in ["[N, 784]", "reshape(-1, 784)", "nn.Linear(784, 10),  # 0: 10", "/ 255 - 0.1307) / 0.3081"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn channels_may_be_normalised_by_numbers_of_their_own() {
    let colours = |input: &str, layers: &str| {
        let case = case(
            &format!(
                "input = {input}\nlayers = [{layers}{{ type = \"linear\", out_features = 2 }}]\n\
                 loss = {{ type = \"cross_entropy\" }}\n[train]\nepochs = 1\nbatch = 1\n\
                 optimizer = {{ type = \"adam\", lr = 0.01 }}\nnormalize = {{ mean = [0.5, 0.4, 0.3], std = 0.25 }}"
            ),
            1,
        );
        let about = About::default();
        pytorch(
            &Export { network: &case.network, model: &case.model, normalize: case.normalize(), about: &about },
            "model.safetensors",
        )
    };
    let line = "/ 255 - torch.tensor([0.5, 0.4, 0.3]).reshape(-1, 1, 1)) / 0.25";
    assert!(colours("[3, 4, 5]", "{ type = \"flatten\" }, ").contains(line));
    assert!(colours("[60]", "").contains("/ 255 - torch.tensor([0.5, 0.4, 0.3]).repeat_interleave(20)) / 0.25"));
}

#[test]
fn no_name_ends_the_string_that_it_is_in() {
    let about = About { name: "a\"\"\"\nimport os\\".into(), sentence: "\"".into(), properties: Vec::new() };
    assert!(text(&about).starts_with("\"\"\"a\\\"\\\"\\\" import os\\\\: \\\"\n\nNeeds"));
}
