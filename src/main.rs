//! The `composeup` executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    composeup::cli::main()
}
