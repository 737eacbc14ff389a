//! Which commands run, and which of them become one.

use std::path::PathBuf;

/// One command that a build runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The ids of the components that it builds.
    pub components: Vec<String>,
    /// The command line, for the shell.
    pub command: String,
    /// Where it runs.
    pub directory: PathBuf,
}

/// One command of one component, as the manifest has it.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) component: String,
    pub(super) line: String,
    pub(super) directory: PathBuf,
}

/// Puts neighbours that may share a cargo together and leaves the order as it is.
///
/// Commands are joined when they are the same but for their packages: cargo then compiles once
/// what these share and links them side by side. It also unifies the features of their common
/// dependencies, as separate commands would not. So functions that need different features of one
/// dependency must be kept apart, by another `workdir` or an explicit `--features`
/// (`docs/adr/0009-components-are-built-in-one-cargo.md`).
pub(super) fn plan(commands: Vec<Planned>) -> Vec<Step> {
    let mut steps: Vec<(Step, Option<CargoBuild>)> = Vec::new();
    for planned in commands {
        let build = CargoBuild::parse(&planned.line);
        if let (Some(build), Some((step, Some(earlier)))) = (&build, steps.last_mut())
            && step.directory == planned.directory
            && earlier.options == build.options
        {
            earlier.join(build);
            step.command = earlier.line();
            step.components.push(planned.component);
            continue;
        }
        let step = Step {
            components: vec![planned.component],
            command: planned.line,
            directory: planned.directory,
        };
        steps.push((step, build));
    }
    steps.into_iter().map(|(step, _)| step).collect()
}

/// A `cargo build` of named packages and nothing that a shell would have to interpret.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CargoBuild {
    packages: Vec<String>,
    /// Everything else, in its order.
    options: Vec<String>,
}

impl CargoBuild {
    fn parse(line: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -_./=+,:@".contains(&byte);
        if !line.bytes().all(plain) {
            return None;
        }
        let mut words = line.split_ascii_whitespace();
        if (words.next(), words.next()) != (Some("cargo"), Some("build")) {
            return None;
        }
        let mut build = Self {
            packages: Vec::new(),
            options: Vec::new(),
        };
        while let Some(word) = words.next() {
            match word {
                "-p" | "--package" => build.packages.push(words.next()?.to_owned()),
                // These mean a package of the whole command, not of one `-p`; what they would
                // do to a neighbour is not worth finding out.
                "--features" | "-F" | "--manifest-path" | "--target-dir" | "--workspace" => {
                    return None;
                }
                _ if word.starts_with("--features=") || word.starts_with("--manifest-path=") => {
                    return None;
                }
                _ => match word.strip_prefix("--package=") {
                    Some(package) => build.packages.push(package.to_owned()),
                    None => build.options.push(word.to_owned()),
                },
            }
        }
        (!build.packages.is_empty()).then_some(build)
    }

    fn join(&mut self, other: &Self) {
        for package in &other.packages {
            if !self.packages.contains(package) {
                self.packages.push(package.clone());
            }
        }
    }

    fn line(&self) -> String {
        let packages = self.packages.iter().flat_map(|package| ["-p", package]);
        let options = self.options.iter().map(String::as_str);
        let words: Vec<&str> = ["cargo", "build"]
            .into_iter()
            .chain(packages)
            .chain(options)
            .collect();
        words.join(" ")
    }
}

/// The targets that cargo commands ask for, each once.
pub(super) fn targets(steps: &[Step]) -> Vec<(String, PathBuf)> {
    let mut targets: Vec<(String, PathBuf)> = Vec::new();
    for step in steps {
        let mut words = step.command.split_ascii_whitespace();
        while let Some(word) = words.next() {
            let target = match word.strip_prefix("--target") {
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            // Only a bare triple: what the shell has yet to expand is not ours to guess.
            let Some(target) = target.filter(|target| {
                target
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            }) else {
                continue;
            };
            if !targets.iter().any(|(known, _)| known == target) {
                targets.push((target.to_owned(), step.directory.clone()));
            }
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(component: &str, line: &str) -> Planned {
        Planned {
            component: component.to_owned(),
            line: line.to_owned(),
            directory: PathBuf::from("/app"),
        }
    }

    fn lines(commands: Vec<Planned>) -> Vec<String> {
        plan(commands)
            .into_iter()
            .map(|step| step.command)
            .collect()
    }

    #[test]
    fn plain_cargo_builds_with_the_same_options_become_one() {
        let steps = plan(vec![
            planned(
                "account",
                "cargo build -p account --profile function --target wasm32-wasip2",
            ),
            planned(
                "health",
                "cargo build --profile function --package health --target wasm32-wasip2",
            ),
            planned(
                "sign-in",
                "cargo build --package=sign-in --profile function --target wasm32-wasip2",
            ),
        ]);
        let step = Step {
            components: vec!["account".into(), "health".into(), "sign-in".into()],
            command: "cargo build -p account -p health -p sign-in --profile function --target wasm32-wasip2".into(),
            directory: "/app".into(),
        };
        assert_eq!(steps, [step]);
    }

    #[test]
    fn a_package_that_two_components_share_is_built_once() {
        let commands = vec![
            planned("a", "cargo build -p one --target wasm32-wasip2"),
            planned("b", "cargo build -p one --target wasm32-wasip2"),
        ];
        assert_eq!(
            lines(commands),
            ["cargo build -p one --target wasm32-wasip2"]
        );
    }

    #[test]
    fn other_options_another_directory_or_another_program_stay_apart() {
        let mut elsewhere = planned("c", "cargo build -p c");
        elsewhere.directory = "/elsewhere".into();
        let commands = vec![
            planned("a", "cargo build -p a --release"),
            planned("b", "cargo build -p b"),
            elsewhere,
            planned("d", "npm run build"),
            planned("e", "cargo build -p e"),
        ];
        let expected: Vec<String> = commands
            .iter()
            .map(|command| command.line.clone())
            .collect();
        assert_eq!(lines(commands), expected);
    }

    #[test]
    fn what_the_shell_or_a_feature_would_change_is_left_as_it_is() {
        for line in [
            "cargo build -p a && cp a b",
            "cargo build -p $NAME",
            "cargo build -p \"a\"",
            "cargo build -p a --features x",
            "cargo build -p a --features=x",
            "cargo build --target wasm32-wasip2",
            "cargo build -p",
            "cargo component build -p a",
        ] {
            assert_eq!(CargoBuild::parse(line), None, "{line}");
        }
    }

    #[test]
    fn a_step_between_two_builds_keeps_its_place() {
        let commands = vec![
            planned("a", "cargo build -p a"),
            planned("a", "wasm-opt a.wasm -o a.wasm"),
            planned("b", "cargo build -p b"),
        ];
        assert_eq!(
            lines(commands),
            [
                "cargo build -p a",
                "wasm-opt a.wasm -o a.wasm",
                "cargo build -p b"
            ]
        );
    }

    #[test]
    fn targets_are_found_once_each_in_either_spelling() {
        let steps = plan(vec![
            planned("a", "cargo build -p a --target wasm32-wasip2"),
            planned("b", "cargo build -p b --release --target=wasm32-wasip2"),
            planned("c", "make TARGET=--target"),
            planned("d", "cargo build --target $WHERE --target-dir /somewhere"),
        ]);
        let found: Vec<String> = targets(&steps)
            .into_iter()
            .map(|(target, _)| target)
            .collect();
        assert_eq!(found, ["wasm32-wasip2"]);
    }
}
