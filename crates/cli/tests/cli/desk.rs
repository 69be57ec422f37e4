//! A folder in which tests run the program, and what they give it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gradbook_data::idx::{Images, write_images, write_labels};
use serde_json::Value;
use tempfile::TempDir;

/// A folder to run in, which goes away again.
pub(crate) struct Desk(pub(crate) TempDir);

/// What a command printed, and its exit code.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn run(&self, arguments: &str) -> Answer {
        let arguments = arguments.split_whitespace();
        let program = Path::new(env!("CARGO_BIN_EXE_gradbook"));
        let mut command = Command::new(program);
        // Hints then name the program as a user who has installed it would.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let dirs = program.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(dirs).unwrap());
        let Output { status, stdout, stderr } = command.args(arguments).current_dir(&self.0).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Answer { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    pub(crate) fn succeed(&self, arguments: &str) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.code, Some(0), "{arguments}: {}", answer.stderr);
        answer.stdout
    }

    /// The command fails with this exit code and an error that contains all of `words`; no file appears or changes.
    pub(crate) fn fail(&self, arguments: &str, code: i32, words: &[&str]) {
        let before = files(self.0.path());
        let answer = self.run(arguments);
        assert_eq!(answer.code, Some(code), "{arguments}: {}", answer.stderr);
        assert_eq!(answer.stdout, "", "{arguments}");
        for word in words {
            assert!(answer.stderr.contains(word), "{arguments}: `{word}` is not in {}", answer.stderr);
        }
        assert_eq!(files(self.0.path()), before, "{arguments}");
    }

    /// The workbook that this command writes, which is gone again afterwards.
    pub(crate) fn workbook(&self, arguments: &str) -> Vec<u8> {
        self.succeed(&format!("sheet {arguments} -o workbook.xlsx"));
        let bytes = fs::read(self.path("workbook.xlsx")).unwrap();
        fs::remove_file(self.path("workbook.xlsx")).unwrap();
        bytes
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Four classes of 8 x 8 images, a bright quarter each; and a recipe for them.
    pub(crate) fn quarters(&self) {
        self.write_images(4);
        self.write("tiny.toml", TINY);
    }

    /// The first digits of MNIST.
    pub(crate) fn digits(&self) {
        let dir = self.path("digits");
        fs::create_dir(&dir).unwrap();
        let splits = gradbook_data::mnist().unwrap();
        for (split, set, count) in [("train", splits.train, 300), ("t10k", splits.test, 100)] {
            let file = |kind: &str| File::create(dir.join(format!("{split}-{kind}-ubyte"))).unwrap();
            let pixels = set.bytes().unwrap()[..count * 784].to_vec();
            write_images(file("images-idx3"), &Images { count, height: 28, width: 28, pixels }).unwrap();
            write_labels(file("labels-idx1"), &set.labels[..count]).unwrap();
        }
    }

    /// Labels go round so many classes.
    pub(crate) fn write_images(&self, classes: usize) {
        let dir = self.path("quarters");
        fs::create_dir(&dir).unwrap();
        for (split, count) in [("train", 200), ("t10k", 40)] {
            let pixel = |image: usize, row: usize, column: usize| {
                let class = 2 * (row / 4) + column / 4;
                let noise = (image * 31 + row * 17 + column * 7) % 60;
                if class == image % 4 { 255 - noise as u8 } else { noise as u8 }
            };
            let mut pixels = Vec::new();
            for image in 0..count {
                pixels.extend((0..64).map(|at| pixel(image, at / 8, at % 8)));
            }
            let labels: Vec<u8> = (0..count).map(|image| (image % classes) as u8).collect();
            let file = |kind: &str| File::create(dir.join(format!("{split}-{kind}-ubyte"))).unwrap();
            write_images(file("images-idx3"), &Images { count, height: 8, width: 8, pixels }).unwrap();
            write_labels(file("labels-idx1"), &labels).unwrap();
        }
    }
}

pub(crate) const TINY: &str = r#"
input = [1, 8, 8]
layers = [
    { type = "conv2d", out_channels = 4, kernel_size = 3 },
    { type = "batch_norm" },
    { type = "relu" },
    { type = "dropout", p = 0.1 },
    { type = "flatten" },
    { type = "linear", out_features = 4 },
]
loss = { type = "cross_entropy" }

[train]
epochs = 3
batch = 24
optimizer = { type = "adam", lr = 0.01 }
augment = { shift_pixels = 1.0 }

[require]
parameters_below = 1000
accuracy = 0.9
layers = ["dropout"]
"#;

/// Path and content of every file below `dir`.
pub(crate) fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut list = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list.push((path.clone(), Vec::new()));
            list.extend(files(&path));
        } else {
            list.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    list.sort();
    list
}

pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
