//! How much work, memory and depth one file may cost, all in one place.
//!
//! Work is counted and not measured in time: what a file comes to is the same on every machine. A limit is far above what
//! an exercise by hand needs, and low enough that no file, however it was made, takes long, fills the memory or overflows
//! the stack.

// A file, before anything in it is understood.

/// Bytes of the file; pictures included, submissions have a few hundred kilobytes.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Bytes of all that is packed in it: a zip archive may unpack to a thousand times its size.
pub(crate) const MAX_UNPACKED_BYTES: u64 = 256 << 20;
/// Entries of the zip archive.
pub(crate) const MAX_ARCHIVE_ENTRIES: usize = 10_000;
pub(crate) const MAX_SHEETS: usize = 250;
/// Cells with a value or a formula, in all sheets together.
pub(crate) const MAX_CELLS: usize = 1_000_000;
/// Bytes of all their texts and formulas, written out where cells share them.
pub(crate) const MAX_TEXT_BYTES: usize = 128 << 20;

// One formula.

/// Bytes of its text; a spreadsheet's own limit.
pub(crate) const MAX_FORMULA_BYTES: usize = 8_192;
/// Brackets and names within each other. Deeper formulas are nobody's exercise, and would take the stack.
pub(crate) const MAX_BRACKETS: usize = 60;
/// Divisions, powers and percents: they make a tree deep, one within the other.
pub(crate) const MAX_DIVISIONS: usize = 200;
/// Parts of a tree within each other, helpers included. Whatever walks through trees does so on the stack.
pub(crate) const MAX_TREE_DEPTH: usize = 100;
/// Parts of a formula, its names written out and its arrays element by element; also what is left out of the result.
pub(crate) const MAX_FORMULA_PARTS: usize = 50_000;

// All formulas of a file. What is left over is not judged.

/// Parts of formulas that are read, and of those that helpers are put into.
pub(crate) const MAX_PARTS: usize = 20_000_000;
/// Numbers looked up while formulas are calculated: one for each cell that a formula refers to, each time.
pub(crate) const MAX_LOOK_UPS: usize = 100_000_000;
/// Parts of the trees that are kept to be used again; others are parsed again.
pub(crate) const MAX_KEPT_PARTS: usize = 1_000_000;

// A table.

/// Characters of a name; longer texts are notes.
pub(crate) const MAX_NAME_CHARS: usize = 48;
/// Letters of a group's header.
pub(crate) const MAX_GROUP_LETTERS: usize = 32;
/// Names of one sheet; what comes after them is no exercise.
pub(crate) const MAX_NAMES: usize = 4_000;
/// Cells without a number between a name and its first number: units, notes, signs.
pub(crate) const MAX_SKIPPED_CELLS: u32 = 2;
/// Longer tables are judged up to here.
pub(crate) const MAX_STEPS: usize = 12_000;
/// Helper cells that refer to helper cells that refer ...
pub(crate) const MAX_HELPER_DEPTH: usize = 24;
/// Parts of a formula with all its helpers.
pub(crate) const MAX_PARTS_WITH_HELPERS: usize = 20_000;
/// Parts of all formulas of a table, because they are in memory together.
pub(crate) const MAX_TABLE_PARTS: usize = 6_000_000;

// A network.

/// Larger networks are not done by hand.
pub(crate) const MAX_UNITS: usize = 64;
/// More hidden units are not shared out among layers: every way of sharing out is tried, 2^11 of them.
pub(crate) const MAX_SHARED_UNITS: usize = 12;
/// Quantities in no column that are calculated from others in no column, and helper columns of helper columns.
pub(crate) const MAX_DERIVED_DEPTH: usize = 12;

// A diagnosis. Cells beyond these limits are wrong without a reason.

/// Wrong cells of a file whose mistake is looked for.
pub(crate) const MAX_DIAGNOSES: usize = 2_000;
/// Wrong cells of a file in which two mistakes at once are looked for ...
pub(crate) const MAX_DOUBLE_DIAGNOSES: usize = 6;
/// ... and pairs of mistakes that are tried for each.
pub(crate) const MAX_PAIRS: usize = 2_000;
/// Helpers of helpers through which a wrong reference is followed to the cell that has it.
pub(crate) const MAX_FOLLOWED_HELPERS: usize = 6;

// A finding in words.

/// Quantities in no column that are written out in a right formula, from others that are ...
pub(crate) const MAX_SPELLED_DEPTH: usize = 6;
/// Lines left free within one range of wrong cells.
pub(crate) const MAX_GAP: u32 = 3;

// An exercise.

/// Values of units in all samples; what a file says of its network is not trusted.
pub(crate) const MAX_EXERCISE_VALUES: usize = 1_000_000;
/// Cells that refer to cells that refer to the measurements.
pub(crate) const MAX_COPY_DEPTH: usize = 64;
