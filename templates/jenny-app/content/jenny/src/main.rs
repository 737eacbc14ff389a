//! `cargo jenny`.

fn main() -> std::process::ExitCode {
    jenny_cli::main()
}
