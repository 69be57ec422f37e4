//! The four files of MNIST as their authors published them. Read by this crate, which unpacks them, and by
//! `cargo xtask data`, which packs them.

/// One of the files, and how it is stored: cut into `pieces` of equal length (the last may be shorter), each a zstd
/// frame of its own, so that several threads can unpack it.
pub(crate) struct Original {
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
    pub(crate) sha256: &'static str,
    pub(crate) pieces: usize,
}

impl Original {
    /// Length of a piece before compression.
    pub(crate) fn piece_bytes(&self) -> usize {
        self.bytes.div_ceil(self.pieces)
    }
}

pub(crate) const TRAIN_IMAGES: Original = Original {
    name: "train-images-idx3-ubyte",
    bytes: 47_040_016,
    sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    pieces: 4,
};

pub(crate) const TRAIN_LABELS: Original = Original {
    name: "train-labels-idx1-ubyte",
    bytes: 60_008,
    sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    pieces: 1,
};

pub(crate) const TEST_IMAGES: Original = Original {
    name: "t10k-images-idx3-ubyte",
    bytes: 7_840_016,
    sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    pieces: 1,
};

pub(crate) const TEST_LABELS: Original = Original {
    name: "t10k-labels-idx1-ubyte",
    bytes: 10_008,
    sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    pieces: 1,
};
