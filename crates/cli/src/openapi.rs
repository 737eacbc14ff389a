//! `jenny openapi`: one document of all that the application answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::{cargo, manifest_path, say};

/// Where the document lies, beside the manifest.
pub(crate) const FILE: &str = jenny_openapi::FILE;

/// Has each function's test write its part into the folder that it names.
const PARTS: &str = "JENNY_OPENAPI_PARTS";

/// The test that `shared::function!` makes.
const TEST: &str = "openapi_json_is_what_the_code_says";

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

/// Has the functions describe themselves, and writes or compares the file.
///
/// # Errors
///
/// When the functions do not compile, when their parts contradict each other or the manifest, when a file cannot
/// be read or written; with `--check`, when the file is another.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let manifest = arguments.manifest.find()?;
    let file = match &arguments.output {
        Some(file) => file.clone(),
        None => manifest.with_file_name(FILE),
    };
    let text = document(&manifest, &parts(&manifest)?)?;
    let before = fs::read_to_string(&file).ok();
    if before.as_deref() == Some(&text) {
        say(&format!("{} is what the functions say", file.display()));
    } else if arguments.check {
        bail!(
            "{} is not what the functions say: run `cargo jenny openapi`, and look at what changed",
            file.display()
        );
    } else {
        fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
        say(&format!("Wrote {}", file.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// What the functions say of themselves, by their names: each one's unit test makes it.
fn parts(manifest: &Path) -> Result<BTreeMap<String, Value>> {
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    // The packages that `cargo jenny test` compiles, so that nothing is compiled twice.
    let output = cargo::command("test", manifest)
        .args(["--quiet", "--workspace", "--lib", TEST])
        .env(PARTS, folder.path())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "the functions do not describe themselves:\n{}",
            String::from_utf8_lossy(&output.stdout).trim()
        );
    }
    read(folder.path())
}

fn read(folder: &Path) -> Result<BTreeMap<String, Value>> {
    let mut parts = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned());
        let part = serde_json::from_str(&fs::read_to_string(&path)?);
        let part = part.with_context(|| format!("{} is no JSON", path.display()))?;
        parts.insert(name.unwrap_or_default(), part);
    }
    Ok(parts)
}

/// The merged document, as it is written.
pub(crate) fn document(manifest: &Path, parts: &BTreeMap<String, Value>) -> Result<String> {
    let merged = jenny_openapi::merge(manifest, parts)?;
    if !merged.faults.is_empty() {
        bail!(
            "the functions do not make one document:\n{}\nCorrect the code or the manifest",
            merged.faults.join("\n")
        );
    }
    let mut text = serde_json::to_string_pretty(&merged.document)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MANIFEST: &str =
        "[application]\nname = 'a'\n[[trigger.http]]\nroute = '/tags'\ncomponent = 'tags'\n";

    #[test]
    fn parts_become_one_document_or_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("spin.toml");
        fs::write(&manifest, MANIFEST).unwrap();
        let folder = folder.path().join("parts");
        fs::create_dir(&folder).unwrap();
        let merged = |path: &str| {
            let part = json!({ "paths": { path: { "get": {} } } });
            fs::write(folder.join("tags.json"), part.to_string()).unwrap();
            document(&manifest, &read(&folder).unwrap())
        };

        let text = merged("/tags").unwrap();
        assert!(
            text.contains("\"x-function\": \"tags\"") && text.ends_with("}\n"),
            "{text}"
        );
        let error = merged("/labels").unwrap_err().to_string();
        assert!(error.contains("tags describes /labels"), "{error}");
    }
}
