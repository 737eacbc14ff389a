//! What nothing can be built without.

use std::path::{Path, PathBuf};

use toml::Table;

use super::ask::{Answer, version};
use super::check::{Check, Group, Status};
use super::machine::{Machine, Package, Remedy};

/// What components are compiled for.
const TARGET: &str = "wasm32-wasip2";

const RUSTUP: &str = "install rustup, which brings Rust: https://rustup.rs";

const C_COMPILER: Package = Package {
    name: "a C compiler",
    apt: Some("gcc libc6-dev"),
    // Homebrew itself needs Apple's, which this brings.
    brew: None,
    otherwise: None,
};

pub(super) fn cargo(machine: &Machine) -> Check {
    const NAME: &str = "cargo";
    match machine.find(NAME) {
        None => missing(NAME, "it builds everything", rustup_or(machine, None)),
        Some(cargo) => match machine.ask(cargo, &["--version"]) {
            Answer::Said(line) => Check::ok(Group::Required, NAME, line),
            other => broken(NAME, &other, rustup_or(machine, None)),
        },
    }
}

/// The compiler, and whether it is the one that the application asks for.
pub(super) fn rustc(machine: &Machine) -> Check {
    const NAME: &str = "rustc";
    let wanted = Wanted::of(&machine.folder);
    let channel = wanted.channel.as_deref();
    let Some(rustc) = machine.find(NAME) else {
        return missing(NAME, "it compiles everything", rustup_or(machine, channel));
    };
    let line = match machine.ask(rustc, &["--version"]) {
        Answer::Said(line) => line,
        other => return broken(NAME, &other, rustup_or(machine, channel)),
    };
    match wanted.refuses(&line) {
        None => Check::ok(Group::Required, NAME, line),
        Some(why) => {
            let detail = format!("{line}, but {why}");
            let remedy = rustup_or(machine, channel);
            Check::ill(Group::Required, NAME, Status::Unfit, detail, remedy)
        }
    }
}

/// The standard library of components.
pub(super) fn target(machine: &Machine) -> Check {
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    let answer = machine
        .find("rustc")
        .map(|rustc| machine.ask(rustc, &arguments));
    match answer {
        Some(Answer::Said(library)) if Path::new(&library).is_dir() => {
            Check::ok(Group::Required, TARGET, library)
        }
        _ => {
            let remedy = match machine.find("rustup") {
                Some(_) => Remedy::Command(format!("rustup target add {TARGET}")),
                None => Remedy::Advice(RUSTUP.to_owned()),
            };
            missing(TARGET, "components are compiled for it", remedy)
        }
    }
}

/// A compiler that finds the headers of the C library: SQLite and ring are compiled with it.
pub(super) fn c_compiler(machine: &Machine) -> Check {
    const NAME: &str = "c-compiler";
    let remedy = || match machine.install(C_COMPILER) {
        Remedy::Advice(_) if cfg!(target_os = "macos") => {
            Remedy::Command("xcode-select --install".to_owned())
        }
        remedy => remedy,
    };
    // `CC` may bring arguments, as in `ccache cc`.
    let words: Vec<&str> = machine.compiler.split_whitespace().collect();
    let (name, own) = words.split_first().unwrap_or((&"cc", &[]));
    let Some(compiler) = machine.find(name) else {
        let detail = "SQLite and ring are compiled with it";
        return missing(NAME, detail, remedy());
    };
    let with =
        |arguments: &[&str]| -> Answer { machine.ask(&compiler, &[own, arguments].concat()) };
    let line = match with(&["--version"]) {
        Answer::Said(line) => line,
        other => return broken(NAME, &other, remedy()),
    };
    let empty = if cfg!(windows) { "NUL" } else { "/dev/null" };
    match with(&["-fsyntax-only", "-include", "stdlib.h", "-x", "c", empty]) {
        Answer::Said(_) => Check::ok(Group::Required, NAME, line),
        _ => {
            let detail = format!("{line}, but it cannot compile a program that uses the C library");
            Check::ill(Group::Required, NAME, Status::Unfit, detail, remedy())
        }
    }
}

fn missing(name: &'static str, detail: &str, remedy: Remedy) -> Check {
    Check::ill(Group::Required, name, Status::Missing, detail, remedy)
}

fn broken(name: &'static str, answer: &Answer, remedy: Remedy) -> Check {
    let detail = complaint(answer);
    Check::ill(Group::Required, name, Status::Unfit, detail, remedy)
}

/// What is wrong with a program that does not tell its version.
pub(super) fn complaint(answer: &Answer) -> String {
    match answer {
        Answer::Said(line) => format!("it says `{line}`, which names no version"),
        Answer::Failed(line) if line.is_empty() => "it ends with an error".to_owned(),
        Answer::Failed(line) => format!("it ends with an error: {line}"),
        Answer::Silent => "it does not answer".to_owned(),
        Answer::NotStarted(why) => format!("it cannot be started: {why}"),
    }
}

fn rustup_or(machine: &Machine, channel: Option<&str>) -> Remedy {
    match (machine.find("rustup"), channel) {
        (Some(_), Some(channel)) => Remedy::Command(format!("rustup toolchain install {channel}")),
        (Some(_), None) => Remedy::Command("rustup update stable".to_owned()),
        (None, _) => Remedy::Advice(RUSTUP.to_owned()),
    }
}

/// What the application asks of the compiler.
#[derive(Debug, Default)]
struct Wanted {
    /// Of the nearest toolchain file: `1.95.0`, `stable`, `nightly-2026-01-01`.
    channel: Option<String>,
    /// `rust-version` of the workspace, or of the package.
    at_least: Option<String>,
}

impl Wanted {
    fn of(folder: &Path) -> Self {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Self {
            channel: folder.ancestors().find_map(channel),
            at_least: folder.ancestors().find_map(|folder| {
                let manifest = table(&folder.join("Cargo.toml"))?;
                let workspace = manifest.get("workspace");
                let of_all = workspace.and_then(|table| table.get("package")?.get("rust-version"));
                let own = manifest
                    .get("package")
                    .and_then(|table| table.get("rust-version"));
                Some(of_all.or(own)?.as_str()?.to_owned())
            }),
        }
    }

    /// Why this is not the compiler, if it is not.
    fn refuses(&self, line: &str) -> Option<String> {
        let found = version(line)?;
        if let Some(channel) = &self.channel {
            let fits = match channel.split('-').next().unwrap_or_default() {
                "stable" => !line.contains("-nightly") && !line.contains("-beta"),
                // A dated one carries the date of its last commit, which is another.
                other @ ("beta" | "nightly") => line.contains(&format!("-{other}")),
                number => {
                    // `1.95` is the latest of its patches.
                    let same: Vec<_> = number.split('.').map(|part| part.parse().ok()).collect();
                    let parts = [Some(found.0), Some(found.1), Some(found.2)];
                    parts.starts_with(&same)
                }
            };
            if !fits {
                return Some(format!("the toolchain file names {channel}"));
            }
        }
        let wanted = self.at_least.as_deref()?;
        // Written with one dot or two; `1` alone would be every Rust.
        (found < version(wanted)?).then(|| format!("Cargo.toml names {wanted} as the oldest"))
    }
}

/// What the toolchain file of this folder names, in either of rustup's two forms.
fn channel(folder: &Path) -> Option<String> {
    let old = folder.join("rust-toolchain");
    let files: [PathBuf; 2] = [old.clone(), folder.join("rust-toolchain.toml")];
    let named = |file: &PathBuf| {
        let file = table(file)?;
        let channel = file.get("toolchain")?.get("channel")?.as_str()?;
        Some(channel.to_owned())
    };
    files.iter().find_map(named).or_else(|| {
        let text = std::fs::read_to_string(old).ok()?;
        let line = text.trim();
        (!line.is_empty() && !line.contains(['\n', '['])).then(|| line.to_owned())
    })
}

fn table(file: &Path) -> Option<Table> {
    std::fs::read_to_string(file).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(files: &[(&str, &str)]) -> Wanted {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Wanted::of(folder.path())
    }

    #[test]
    fn a_toolchain_file_names_one_compiler_or_a_line_of_them() {
        let stable = "rustc 1.95.0 (59807616e 2026-04-14)";
        let nightly = "rustc 1.97.0-nightly (59807616e 2026-04-14)";
        for (channel, line, fits) in [
            ("1.95.0", stable, true),
            ("1.95", stable, true),
            ("1.95.1", stable, false),
            ("1.9", stable, false),
            ("1.94", stable, false),
            ("1.95.0-x86_64-unknown-linux-gnu", stable, true),
            ("stable", stable, true),
            ("stable", nightly, false),
            ("nightly-2026-04-15", nightly, true),
            ("beta", nightly, false),
            ("nightly", stable, false),
        ] {
            let toml = format!("[toolchain]\nchannel = \"{channel}\"\n");
            for file in [
                ("rust-toolchain.toml", toml.as_str()),
                ("rust-toolchain", toml.as_str()),
                ("rust-toolchain", channel),
            ] {
                let wanted = wanted(&[file]);
                assert_eq!(wanted.channel.as_deref(), Some(channel), "{file:?}");
                assert_eq!(wanted.refuses(line).is_none(), fits, "{channel} {line}");
            }
        }
    }

    #[test]
    fn the_oldest_compiler_of_the_workspace_counts() {
        let wanted = wanted(&[(
            "Cargo.toml",
            "[workspace.package]\nrust-version = \"1.95\"\n",
        )]);
        assert_eq!(wanted.refuses("rustc 1.95.0 (1 2026-04-14)"), None);
        assert_eq!(wanted.refuses("rustc 1.100.0 (1 2026-04-14)"), None);
        assert_eq!(
            wanted.refuses("rustc 1.94.9 (1 2026-04-14)").as_deref(),
            Some("Cargo.toml names 1.95 as the oldest")
        );
    }
}
