//! Files that are wrong, by accident or on purpose, are answered with an error. Those in `tests/files` go through what the
//! fuzz targets run: a folder for each kind, with files made by hand and what fuzzers have found.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use gradbook_fuzzing::{KINDS, Kind};

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(of)
}

#[test]
fn no_file_makes_the_program_panic() {
    for Kind { name, read, .. } in KINDS {
        let mut count = 0;
        for entry in fs::read_dir(folder(name)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            assert!(catch_unwind(|| read(&bytes).is_ok()).is_ok(), "{}", path.display());
            count += 1;
        }
        assert!(count >= 5, "{name}: {count}");
    }
}

/// What is said to files that were made by hand: where it is wrong, and what would be right.
#[test]
fn a_hostile_file_is_answered_with_what_is_wrong() {
    let answers = [
        ("idx/exabytes", "4294967295 x 4294967295 x 4294967295) needs more bytes than a file can have"),
        ("idx/gigabytes", "25 bytes, but its header (60000 x 4096 x 4096) needs 1006632960016"),
        ("idx/floats", "magic number 0x00000d03, but IDX images (unsigned bytes) start with 0x00000803"),
        ("picture/bomb.gz", "unpacked, it is longer than 16777216 bytes"),
        ("picture/huge.png", "60000 x 60000 pixels are more than"),
        ("picture/cut.png", "this PNG is damaged or cut off"),
        ("picture/no-end.jpeg", "this JPEG is damaged or cut off"),
        ("picture/terapixels.png", "this PNG is damaged or cut off"),
        ("weights/exabytes-of-header", "no safetensors file, or it is damaged (header too large)"),
        ("weights/overflowing-shape", "no safetensors file, or it is damaged (overflow"),
        ("weights/deep-header", "no safetensors file, or it is damaged (invalid JSON in header: recursion limit"),
        ("weights/integers", "tensor 0.weight is of type I32; F32, F64, F16 or BF16 is needed"),
        ("checkpoint/more-images-than-there-are", "this checkpoint is damaged"),
        ("checkpoint/later-step", "this checkpoint is damaged"),
        ("checkpoint/of-another-training", "this checkpoint belongs to another training"),
        ("checkpoint/other-digest", "this checkpoint is damaged"),
        ("description/deep-lists", "description.toml: TOML parse error at line 1"),
        ("description/deep-dots", "description.toml: recursion limit"),
        ("description/largest-number", "out_features = 9223372036854775807 must be between 1 and 65536"),
        ("description/huge-kernel", "kernel_size = 9223372036854775807 and stride = 1 must both be 1 to 255"),
        ("description/huge-batch", "train.epochs = 9223372036854775807: write at most 1,000,000"),
        ("description/nan-rate", "train.optimizer.lr = NaN: write a finite number"),
        ("sweep/grid-of-millions", "sweep.toml: grid: more than 1000 variants"),
        ("sweep/endless-seeds", "seeds = 4294967295: write a number from 1 to 10000"),
        ("sweep/outside", "no shipped network of this name and no file"),
        ("record/deep", "metrics.jsonl: damaged"),
        ("record/largest-floats", "metrics.jsonl: damaged: line 1 cannot belong to"),
        ("record/epochs-at-odds", "metrics.jsonl: damaged: line 1 cannot belong to"),
        ("workbook/truncated", "damaged: "),
        ("workbook/shared", "damaged: a formula that cells share has an impossible number"),
    ];
    for (file, words) in answers {
        let kind = KINDS.iter().find(|kind| file.starts_with(kind.name)).unwrap();
        let answer = format!("{:#}", (kind.read)(&fs::read(folder(file)).unwrap()).unwrap_err());
        assert!(answer.contains(words), "{file}: {answer}");
        // A file of one long line is not repeated.
        assert!(answer.len() < 1000, "{file}: {} bytes", answer.len());
    }
}

#[test]
fn what_fuzzers_start_from_is_right() {
    for Kind { name, read, seeds } in KINDS {
        for (number, seed) in seeds().iter().enumerate() {
            read(seed).unwrap_or_else(|error| panic!("{name} {number}: {error:#}"));
            assert!(seed.len() <= 8192, "{name} {number}: {} bytes", seed.len());
        }
    }
}

/// For `cargo xtask fuzz`.
#[test]
#[ignore = "writes into fuzz/corpus"]
fn seeds_are_written() {
    for Kind { name, seeds, .. } in KINDS {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
        fs::create_dir_all(&corpus).unwrap();
        for (number, seed) in seeds().iter().enumerate() {
            fs::write(corpus.join(format!("seed{number}")), seed).unwrap();
        }
    }
}
