//! The program `gradbook`; all of it is in the library beside it, where tests and fuzz targets reach it too.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    gradbook::main()
}
