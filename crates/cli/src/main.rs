//! `jenny`.

use std::process::ExitCode;

fn main() -> ExitCode {
    jenny_cli::main()
}
