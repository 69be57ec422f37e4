#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gradbook::fuzzing::fuzz("workbook", bytes));
