//! `jenny openapi`: one document of all that the application answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{manifest_path, say};

/// Where the document lies, beside the manifest.
pub(crate) const FILE: &str = "openapi.json";

/// The arguments of `jenny openapi`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo jenny openapi
  cargo jenny openapi --check
  cargo jenny openapi --output /tmp/openapi.json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    manifest: manifest_path::Argument,

    /// Write nothing; fail if the file is not what would be written.
    #[arg(long)]
    check: bool,

    /// The file to write [default: `openapi.json` beside the manifest].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Merges the documents of the functions that the manifest names, and writes or compares the file.
///
/// # Errors
///
/// When a function has no document, when documents contradict each other or the manifest, when a file cannot
/// be read or written; with `--check`, when the file is another.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let manifest = arguments.manifest.find()?;
    let file = match &arguments.output {
        Some(file) => file.clone(),
        None => manifest.with_file_name(FILE),
    };
    let text = document(&manifest)?;
    if !arguments.check {
        fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
        say(&format!("Wrote {}", file.display()));
    } else if fs::read_to_string(&file).ok().as_deref() != Some(&text) {
        bail!(
            "{} is not what the functions' documents make: run `cargo jenny openapi`, and look at what changed",
            file.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The merged document, as it is written.
pub(crate) fn document(manifest: &Path) -> Result<String> {
    let merged = jenny_openapi::merge(manifest)?;
    if !merged.faults.is_empty() {
        bail!(
            "the functions' documents do not make one:\n{}\nDescribe what the code does \
             (`UPDATE_OPENAPI=1 cargo test --workspace --lib openapi_json`) or correct the manifest",
            merged.faults.join("\n")
        );
    }
    let mut text = serde_json::to_string_pretty(&merged.document)?;
    text.push('\n');
    Ok(text)
}

/// Whether a function that answers something has a document, so that there is anything to merge.
pub(crate) fn is_described(manifest: &Path) -> bool {
    let text = fs::read_to_string(manifest).unwrap_or_default();
    let functions = jenny_openapi::functions(&text).unwrap_or_default();
    let root = manifest.parent().unwrap_or(Path::new(""));
    let mut documents = functions.iter().map(|name| jenny_openapi::fragment(name));
    documents.any(|document| root.join(document).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str =
        "[application]\nname = 'a'\n[[trigger.http]]\nroute = '/tags'\ncomponent = 'tags'\n";

    fn arguments(folder: &Path, check: bool) -> Arguments {
        Arguments {
            manifest: manifest_path::Argument {
                from: Some(folder.to_owned()),
            },
            check,
            output: None,
        }
    }

    fn describe(folder: &Path, path: &str) {
        let file = folder.join(jenny_openapi::fragment("tags"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text = format!(r#"{{ "paths": {{ "{path}": {{ "get": {{}} }} }} }}"#);
        fs::write(file, text).unwrap();
    }

    #[test]
    fn what_is_written_passes_the_check_until_a_function_changes() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("spin.toml"), MANIFEST).unwrap();
        describe(folder, "/tags");
        assert!(
            run(&arguments(folder, true)).is_err(),
            "nothing is written yet"
        );

        run(&arguments(folder, false)).unwrap();
        run(&arguments(folder, true)).unwrap();

        let path = folder.join(jenny_openapi::fragment("tags"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("{}", r#"{ "summary": "Tags" }"#)).unwrap();
        let error = run(&arguments(folder, true)).unwrap_err().to_string();
        assert!(error.contains("run `cargo jenny openapi`"), "{error}");
    }

    #[test]
    fn half_a_document_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("spin.toml"), MANIFEST).unwrap();
        for path in [None, Some("/labels")] {
            path.into_iter().for_each(|path| describe(folder, path));
            let error = run(&arguments(folder, false)).unwrap_err().to_string();
            assert!(
                error.contains("tags ") && error.contains("UPDATE_OPENAPI"),
                "{error}"
            );
            assert!(!folder.join(FILE).exists());
        }
    }
}
