//! Models for other programs, and weights from them.

use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::desk::{Desk, lines};

/// A run's weights as somebody else would save them: f64 in a module named `net`, without PyTorch's counters.
fn foreign(run: &Path) -> Vec<u8> {
    let bytes = fs::read(run.join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let wide = |data: &[u8]| -> Vec<u8> {
        let values = data.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)));
        values.flat_map(f64::to_le_bytes).collect()
    };
    let tensors = file.tensors().into_iter().filter(|(_, view)| view.dtype() == Dtype::F32);
    let tensors: Vec<_> = tensors.map(|(name, view)| (name, view.shape().to_vec(), wide(view.data()))).collect();
    let views = tensors
        .iter()
        .map(|(name, shape, data)| (format!("net.{name}"), TensorView::new(Dtype::F64, shape.clone(), data).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn a_model_is_exported_beside_its_run_or_elsewhere_and_nothing_is_replaced_unasked() {
    let desk = Desk::new();
    desk.quarters();
    desk.succeed("train tiny.toml --data quarters --epochs 1 --out run");
    let printed = desk.succeed("export run");
    assert!(printed.contains("image: batch x 1 x 8 x 8") && printed.contains("logits: batch x 4"), "{printed}");
    let onnx = fs::read(desk.path("run/model.onnx")).unwrap();
    let module = fs::read_to_string(desk.path("run/model.py")).unwrap();
    let result: Value = serde_json::from_slice(&fs::read(desk.path("run/result.json")).unwrap()).unwrap();
    let words = format!("with seed 1; {:.2} % (", 100.0 * result["accuracy"].as_f64().unwrap());
    assert!(module.contains("nn.Conv2d(1, 4, kernel_size=3)") && module.contains(&words), "{module}");
    let hash = result["model_sha256"].as_str().unwrap().as_bytes();
    assert!(onnx.windows(words.len()).any(|part| part == words.as_bytes()));
    assert!(onnx.windows(hash.len()).any(|part| part == hash));

    // The same once more is the same.
    desk.succeed("export run");
    let exported = &lines(&desk.succeed("export run --out elsewhere --json"))[0];
    assert_eq!(exported["files"].as_array().unwrap().len(), 3);
    for file in ["model.onnx", "model.py", "model.safetensors"] {
        assert_eq!(
            fs::read(desk.path("elsewhere").join(file)).unwrap(),
            fs::read(desk.path("run").join(file)).unwrap()
        );
    }
    desk.succeed("export run --format onnx --out onnx");
    assert_eq!(fs::read_dir(desk.path("onnx")).unwrap().count(), 1);
    desk.write("run/model.py", "# my own");
    desk.fail("export run", 1, &["run/model.py", "--force", "--out"]);
    desk.succeed("export run --force");

    // What was exported from an earlier run is not that of the next one.
    desk.succeed("train tiny.toml --data quarters --epochs 1 --seed 2 --out other");
    desk.fail("export run --out other --force", 1, &["other", "another run", "--out"]);
    desk.succeed("train tiny.toml --data quarters --epochs 1 --seed 2 --out run --force");
    assert!(!desk.path("run/model.onnx").exists() && !desk.path("run/model.py").exists());
    // Without its result, nothing is claimed.
    fs::remove_file(desk.path("other/result.json")).unwrap();
    desk.succeed("export other");
    assert!(fs::read_to_string(desk.path("other/model.py")).unwrap().contains("with seed 2.\n"));
    desk.fail("export tiny.toml", 1, &["tiny.toml", "not a folder"]);
    desk.fail("export run --format tensorflow", 2, &["tensorflow", "onnx, pytorch"]);
}

#[test]
fn a_model_that_was_changed_is_not_used_as_that_of_its_run() {
    let desk = Desk::new();
    desk.quarters();
    desk.succeed("train tiny.toml --data quarters --epochs 1 --out run");
    let file = desk.path("run/model.safetensors");
    let mut model = fs::read(&file).unwrap();
    *model.last_mut().unwrap() ^= 1;
    fs::write(&file, model).unwrap();
    for command in ["eval run", "export run", "predict run quarters/t10k-images-idx3-ubyte", "report run"] {
        desk.fail(command, 1, &["run/model.safetensors", "SHA-256", "changed or damaged", "--force"]);
    }
    desk.succeed("eval run --weights run/model.safetensors");
}

#[test]
fn weights_from_elsewhere_are_evaluated_as_their_values_say() {
    let desk = Desk::new();
    desk.quarters();
    desk.succeed("train tiny.toml --data quarters --epochs 2 --out run");
    fs::write(desk.path("foreign.safetensors"), foreign(&desk.path("run"))).unwrap();
    let own = &lines(&desk.succeed("eval run --json"))[0];
    for source in ["run", "tiny.toml --data quarters"] {
        let evaluated = &lines(&desk.succeed(&format!("eval {source} --weights foreign.safetensors --json")))[0];
        assert_eq!((&evaluated["correct"], &evaluated["loss"]), (&own["correct"], &own["loss"]));
        assert_eq!((&evaluated["seed"], &evaluated["recipe"]), (&Value::Null, &"tiny".into()));
        assert_ne!(evaluated["model_sha256"], own["model_sha256"]);
    }
    desk.fail("eval swift", 1, &["swift", "gradbook train"]);
    desk.fail(
        "eval swift --weights foreign.safetensors",
        1,
        &["foreign.safetensors: ", "[4, 1, 3, 3]", "[8, 1, 5, 5]"],
    );
    desk.fail("eval swift --weights none.safetensors", 1, &["none.safetensors", "cannot be read"]);
}

#[test]
fn a_training_from_given_weights_is_another_one_and_can_be_repeated() {
    let desk = Desk::new();
    desk.quarters();
    let model = |run: &str| fs::read(desk.path(run).join("model.safetensors")).unwrap();
    let train = "train tiny.toml --data quarters --epochs 1";
    desk.succeed(&format!("{train} --out first"));
    fs::write(desk.path("given.safetensors"), foreign(&desk.path("first"))).unwrap();
    let words = desk.succeed(&format!("{train} --init given.safetensors --out second"));
    assert!(words.contains("started from the weights with SHA-256") && words.contains("needs a run"), "{words}");
    assert_ne!(model("first"), model("second"));
    let sha256 = Sha256::digest(fs::read(desk.path("given.safetensors")).unwrap());
    let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    for file in ["run.toml", "result.json"] {
        assert!(fs::read_to_string(desk.path("second").join(file)).unwrap().contains(&sha256), "{file}");
    }
    assert!(desk.succeed("show second").contains(&sha256));

    // The loss goes on where it was.
    let loss =
        |run: &str| lines(&fs::read_to_string(desk.path(run).join("metrics.jsonl")).unwrap())[0]["train_loss"].clone();
    assert!(loss("second").as_f64().unwrap() < loss("first").as_f64().unwrap());

    // Found as the same, told from another, and repeated from the run folder alone.
    let found = desk.run(&format!("{train} --init given.safetensors --out second"));
    assert!(found.stderr.contains("done before"), "{}", found.stderr);
    desk.fail(&format!("{train} --out second"), 1, &["second", &sha256, "initial weights", "--force"]);
    desk.fail(&format!("{train} --init given.safetensors --out first"), 1, &["first", "random", "--force"]);
    fs::remove_file(desk.path("given.safetensors")).unwrap();
    desk.succeed("train second --out third");
    assert_eq!(model("second"), model("third"));
    fs::copy(desk.path("first/model.safetensors"), desk.path("third/init.safetensors")).unwrap();
    desk.fail("train third --out fourth", 1, &["third/init.safetensors", "changed since", "--init"]);
    fs::remove_file(desk.path("third/init.safetensors")).unwrap();
    desk.fail("train third --out fourth", 1, &["third/init.safetensors", "--init"]);

    // Several seeds begin with the same weights.
    desk.succeed(&format!("{train} --init first/model.safetensors --seeds 2 --out several"));
    assert!(desk.path("several/seed2/init.safetensors").exists());
    desk.succeed(&format!("{train} --seed 1 --out several/seed1 --force"));
    assert!(!desk.path("several/seed1/init.safetensors").exists());
    assert_eq!(model("first"), model("several/seed1"));
    desk.fail("train swift --init first/model.safetensors", 1, &["[4, 1, 3, 3]", "[8, 1, 5, 5]"]);
}
