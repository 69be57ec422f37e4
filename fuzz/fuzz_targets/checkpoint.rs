#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gradbook_fuzzing::fuzz("checkpoint", bytes));
