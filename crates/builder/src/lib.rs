//! Building the components of a manifest by their own `[component.<id>.build]` commands.
//!
//! Commands run in the order of the manifest, each in its `workdir`, through the shell, as
//! `spin build` runs them. There is one difference: neighbouring `cargo build -p <package> …`
//! commands that agree in everything but the package become a single `cargo build -p <a> -p <b> …`.
//! One cargo resolves once, shares what the packages have in common and keeps every core busy; five
//! in a row spend most of their time waiting on each other's last crate.
//!
//! Whether a component is stale is cargo's question: it answers in a moment when nothing changed.

mod plan;
mod target;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use thiserror::Error;

use jenny_manifest::Manifest;
use plan::Planned;
pub use plan::Step;

/// Set by `cargo jenny test`, which builds the components of a manifest once before it starts the
/// tests: to the path of that manifest.
pub const COMPONENTS_BUILT_VARIABLE: &str = "JENNY_COMPONENTS_BUILT";

/// What a build tells while it runs. cargo's own progress goes to standard error by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// A Rust target is missing and rustup is adding it.
    AddingTarget {
        /// For example `wasm32-wasip2`.
        target: &'a str,
    },
    /// A command starts.
    Running(&'a Step),
}

/// Why a build failed. Each message is one sentence that says what to do.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A command ended with an error, which it told on standard error itself.
    #[error(
        "building {} failed ({status}); the command was `{command}` in {}",
        names(.components), .directory.display()
    )]
    Failed {
        /// The components that it was to build.
        components: Vec<String>,
        /// The command line.
        command: String,
        /// Where it ran.
        directory: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// A command that could not be started.
    #[error(
        "cannot start `{command}` to build {}: {source}; is its program installed and on the PATH?",
        names(.components)
    )]
    NotStarted {
        /// The components that it was to build.
        components: Vec<String>,
        /// The command line.
        command: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// `workdir` names a directory that is not there.
    #[error(
        "the build directory {} of component {component} does not exist; correct `workdir` in {}",
        .directory.display(), .manifest.display()
    )]
    NoDirectory {
        /// The component.
        component: String,
        /// The directory.
        directory: PathBuf,
        /// The manifest that names it.
        manifest: PathBuf,
    },
    /// The target is missing and rustup could not add it.
    #[error(
        "the Rust target {target} is missing and rustup could not add it ({reason}); run `rustup target \
         add {target}`"
    )]
    NoTarget {
        /// For example `wasm32-wasip2`.
        target: String,
        /// Why not.
        reason: String,
    },
}

fn names(components: &[String]) -> String {
    let noun = if components.len() == 1 {
        "component"
    } else {
        "components"
    };
    format!("{noun} {}", components.join(", "))
}

/// The commands that [`components`] would run, in order.
///
/// # Errors
///
/// [`BuildError::NoDirectory`] when a `workdir` does not exist.
pub fn steps(manifest: &Manifest) -> Result<Vec<Step>, BuildError> {
    steps_for(manifest, |_| true)
}

/// The commands that build those components whose ids are `wanted`, in order.
///
/// # Errors
///
/// As [`steps`].
pub fn steps_for(
    manifest: &Manifest,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Step>, BuildError> {
    let mut commands = Vec::new();
    for (id, component) in &manifest.components {
        let Some(build) = component.build.as_ref().filter(|_| wanted(id)) else {
            continue;
        };
        let directory = match &build.workdir {
            Some(workdir) => manifest.directory().join(workdir),
            None => manifest.directory().to_owned(),
        };
        if !directory.is_dir() {
            return Err(BuildError::NoDirectory {
                component: id.clone(),
                directory,
                manifest: manifest.path.clone(),
            });
        }
        commands.extend(build.commands.iter().map(|line| Planned {
            component: id.clone(),
            line: line.clone(),
            directory: directory.clone(),
        }));
    }
    Ok(plan::plan(commands))
}

/// Builds every component that has a build command, after adding a missing Rust target.
///
/// It blocks until everything is built: commands inherit standard error, so that cargo shows its
/// progress where the user looks, and what they print to standard output goes there too, because
/// the caller's standard output is for its own results.
///
/// # Errors
///
/// The first [`BuildError`]; later commands are not run.
pub fn components(
    manifest: &Manifest,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<(), BuildError> {
    let steps = steps(manifest)?;
    ensure_targets(&steps, &mut progress)?;
    for step in &steps {
        progress(Progress::Running(step));
        step.ended(step.process().status())?;
    }
    Ok(())
}

/// Adds with rustup the targets that `steps` name and the toolchain lacks. It blocks.
///
/// # Errors
///
/// [`BuildError::NoTarget`].
pub fn ensure_targets(
    steps: &[Step],
    mut progress: impl FnMut(Progress<'_>),
) -> Result<(), BuildError> {
    target::ensure(steps, &mut progress)
}

impl Step {
    /// The process that runs it, for whoever wants to be able to stop it; [`components`] starts the same.
    pub fn process(&self) -> Command {
        let mut command = shell(&self.command);
        outside_cargo(&mut command);
        command
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(io::stderr());
        command
    }

    /// What came of it.
    ///
    /// # Errors
    ///
    /// [`BuildError::NotStarted`] or [`BuildError::Failed`].
    pub fn ended(&self, status: io::Result<ExitStatus>) -> Result<(), BuildError> {
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(BuildError::Failed {
                components: self.components.clone(),
                command: self.command.clone(),
                directory: self.directory.clone(),
                status,
            }),
            Err(source) => Err(BuildError::NotStarted {
                components: self.components.clone(),
                command: self.command.clone(),
                source,
            }),
        }
    }
}

/// [`components`], unless [`COMPONENTS_BUILT_VARIABLE`] says that it was done already for this very
/// manifest. This is what a test calls, so that it never runs against a stale component and never
/// builds one twice.
///
/// # Errors
///
/// As [`components`].
pub fn components_unless_built(
    manifest: &Manifest,
    progress: impl FnMut(Progress<'_>),
) -> Result<(), BuildError> {
    let built = std::env::var_os(COMPONENTS_BUILT_VARIABLE);
    if built.is_some_and(|built| is_same_file(built.as_ref(), &manifest.path)) {
        return Ok(());
    }
    components(manifest, progress)
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize()
        .is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

#[cfg(not(windows))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd.exe");
    command.args(["/C", line]);
    command
}

/// Takes away what `cargo run` and `cargo test` told this process about *its own* package. A build
/// script that depends on such a variable would otherwise run again at every change between
/// `cargo jenny up` and a plain `cargo build`, and everything after it too.
pub fn outside_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let own = text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || text.starts_with("CARGO_BIN_")
            || matches!(
                text,
                "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR"
            );
        if own {
            command.env_remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_the_same_by_whatever_path() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::create_dir(file("inner")).unwrap();
        for name in ["spin.toml", "inner/spin.toml"] {
            std::fs::write(file(name), "").unwrap();
        }
        let same = |one: &str, other: &str| is_same_file(&file(one), &file(other));

        assert!(same("spin.toml", "inner/../spin.toml"));
        assert!(!same("spin.toml", "inner/spin.toml"));
        assert!(!same("gone.toml", "gone.toml"));
        // What an older version of the command said.
        assert!(!is_same_file("1".as_ref(), &file("spin.toml")));
    }
}
