//! gradbook.
fn main() {}
