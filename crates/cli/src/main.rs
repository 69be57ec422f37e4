//! The program `gradbook`. All of it is in the library beside it, where tests and fuzz targets can also reach it.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    gradbook::main()
}
