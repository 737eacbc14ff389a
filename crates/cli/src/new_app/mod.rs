//! `jenny new-app`: a fresh application, in a workspace of its own.
//!
//! It is Spin's template `jenny-app`, as `spin new` renders it. What only this command can know it adds: the
//! checkout that it was built from, whose packages and versions of dependencies the application then uses.

mod place;
mod source;

#[cfg(test)]
mod copies;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::changes::Changes;
use crate::new::name;
use crate::say;
use crate::template::{Making, Template};
use place::Place;
use source::Source;

/// What `templates/` calls it.
const TEMPLATE: &str = "jenny-app";

/// The parameters of the template.
const DESCRIPTION: &str = "project-description";
const PATH: &str = "jenny-path";

/// The arguments of `jenny new-app`.
#[derive(Args, Debug)]
#[command(after_help = "\
The application has the functions `health`, `docs` and `hello`. `spin new -t jenny-app` makes the same one.

Examples:
  cargo jenny new-app ../shop
  cargo jenny new-app ../shop --name corner-shop --description 'Sells what there is'
  cargo jenny new-app ../shop --published")]
pub(crate) struct Arguments {
    /// The folder to make. It may be there if it is empty.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// What the application is called, in kebab-case [default: the folder's name].
    #[arg(long)]
    name: Option<String>,

    /// What it does, in a sentence without a full stop [default: what the template says].
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Depend on the packages in this checkout of Jenny [default: the one that this command was built from,
    /// if it was; else the published packages].
    #[arg(long, value_name = "PATH", conflicts_with = "published")]
    jenny_path: Option<PathBuf>,

    /// Depend on the published packages, by version.
    #[arg(long)]
    published: bool,
}

/// Makes the application, all of it or nothing.
///
/// # Errors
///
/// When it cannot be called so or made there, and when something cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let place = Place::find(&arguments.folder)?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => place.name(),
    };
    if !name::is_kebab_case(&name) {
        bail!(
            "an application cannot be called `{name}`: give --name in kebab-case, words of lower-case letters \
             and digits that begin with a letter, with single hyphens between them"
        );
    }
    let source = if arguments.published {
        Source::Published
    } else if let Some(path) = &arguments.jenny_path {
        Source::checkout(path)?
    } else {
        Source::of_this_command()
    };

    let mut values = BTreeMap::from([(PATH, source.parameter()?)]);
    if let Some(description) = &arguments.description {
        values.insert(DESCRIPTION, description.clone());
    }
    let rendered = Template::embedded(TEMPLATE)?
        .render(Making::Application, &name, &arguments.folder, &values)
        .context("the application cannot be made")?;
    let mut changes = Changes::below(place.existing());
    for (path, bytes) in rendered.files {
        changes.create(place.below(&path), bytes);
    }
    if let Some(lock_file) = source.lock_file() {
        changes.create(place.below(Path::new("Cargo.lock")), lock_file);
    }
    let files = changes.created().count();
    changes.apply()?;
    let has_git = start_repository(&place);

    say(&told(&arguments.folder, &name, files, &source, has_git));
    Ok(ExitCode::SUCCESS)
}

fn told(folder: &Path, name: &str, files: usize, source: &Source, has_git: bool) -> String {
    let packages = match source {
        Source::Published => "the published packages".to_owned(),
        Source::Checkout(path) => format!("the packages in {}", path.display()),
    };
    let repository = if has_git {
        ", and a git repository"
    } else {
        ""
    };
    format!(
        "Made the application {name} in {}: {files} files{repository}. It depends on {packages}.\nNext:\n\n    \
         cd {}\n    cargo jenny up       # serves it on http://127.0.0.1:3000: /hello, /docs\n    \
         cargo jenny test\n    cargo jenny new <name>",
        folder.display(),
        shell_word(folder),
    )
}

/// A path as one writes it in a shell.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%".contains(c);
    match text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// Makes a git repository, as `cargo new` does, unless the folder is in one. Without git there is none, which
/// is no mistake.
fn start_repository(place: &Place) -> bool {
    let git = |arguments: &[&str]| {
        Command::new("git")
            .args(arguments)
            .current_dir(place.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    !git(&["rev-parse", "--is-inside-work-tree"]) && git(&["init", "--quiet"])
}
