//! The `invset` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    invset::cli::main(std::env::args_os())
}
