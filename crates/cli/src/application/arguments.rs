//! What an application gets to see, and where its state lives: the same flags for every command that
//! runs one.

use std::path::PathBuf;

use clap::Args;

use crate::logging::{self, LogFormat};

/// What the application gets to see, and where its state lives.
#[derive(Args, Debug)]
#[command(next_help_heading = "Application")]
pub struct Arguments {
    /// Set an application variable. It takes precedence over `SPIN_VARIABLE_…` and the manifest's
    /// default; of several for one variable the last counts.
    #[arg(long, value_name = "KEY=VALUE | KEY=@FILE | @FILE.json | @FILE.toml")]
    // Parsed later, because clap would repeat a value that is wrong, and somebody may have written
    // a secret without its name.
    pub(crate) variable: Vec<String>,

    /// Set an environment variable in every component.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) env: Vec<(String, String)>,

    /// Stores, databases and variable providers, in Spin's format.
    #[arg(long, env = "RUNTIME_CONFIG_FILE", value_name = "FILE")]
    pub(crate) runtime_config_file: Option<PathBuf>,

    /// Where stores, databases and logs are kept [default: `.spin` next to the manifest]. Empty
    /// means nowhere: they live in memory.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) state_dir: Option<String>,

    /// Where the output of components is logged [default: `logs` in the state directory]. Empty
    /// means nowhere.
    #[arg(short = 'L', long, env = "SPIN_LOG_DIR", value_name = "DIRECTORY")]
    pub(crate) log_dir: Option<String>,

    /// Run SQL in the default database before the first request, or the SQL of a file, in the database with
    /// that label.
    #[arg(long, value_name = "SQL | @FILE | @FILE:LABEL")]
    pub(crate) sqlite: Vec<String>,

    /// Set a value in the default key-value store before the first request.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) key_value: Vec<(String, String)>,

    /// Compile every component anew, without the cache on disk.
    #[arg(long, env = "DISABLE_WASMTIME_CACHE")]
    pub(crate) disable_cache: bool,

    /// The form of the host's own log. `RUST_LOG` chooses what is in it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) log_format: LogFormat,
}

impl Arguments {
    /// Starts the host's log, in the form that was asked for.
    pub fn start_log(&self) {
        logging::start(self.log_format);
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it needs a key and a value; write key=value".to_owned()),
    }
}
