//! Functions are built by the one command into the one place, so that `spin build`, `jenny` and a
//! developer at the shell make the same component.

use jenny_manifest::{Component, ComponentSource};

use crate::check::finding::Report;
use crate::check::project::Project;

/// The build profile of components that change while they run.
const QUICK: &str = "quick";

pub(super) fn check(project: &Project) -> Vec<Report> {
    let crates = project
        .functions()
        .iter()
        .filter_map(|name| crate_type(project, name));
    let components = project
        .components()
        .filter(|component| project.functions().contains(&component.id))
        .flat_map(|component| entry(project, component));
    crates.chain(components).collect()
}

/// The command that builds a function.
pub(super) fn command(name: &str) -> String {
    format!("cargo build -p {name} --profile function --target wasm32-wasip2")
}

/// Where that command leaves the component.
fn source(name: &str) -> String {
    let file = name.replace('-', "_");
    format!("target/wasm32-wasip2/function/{file}.wasm")
}

fn crate_type(project: &Project, name: &str) -> Option<Report> {
    let file = format!("functions/{name}/Cargo.toml");
    let table: toml::Table = project.read(&file)?.parse().ok()?;
    let types: Vec<_> = table
        .get("lib")
        .and_then(|lib| lib.get("crate-type"))
        .and_then(toml::Value::as_array)
        .map(|types| types.iter().filter_map(toml::Value::as_str).collect())
        .unwrap_or_default();
    (types != ["cdylib"]).then(|| {
        Report::at(
            file,
            "write `crate-type = [\"cdylib\"]` under [lib] and no other type: beside `rlib` cargo \
             silently drops link-time optimisation",
        )
    })
}

fn entry(project: &Project, component: &Component) -> Vec<Report> {
    let name = &component.id;
    let manifest = project.manifest_file();
    let mut reports = Vec::new();

    let expected = source(name);
    let in_place = match &component.source {
        ComponentSource::Local(path) => path.ends_with(&expected),
        ComponentSource::Remote { .. } => false,
    };
    if !in_place {
        let line = project.manifest_line(&format!("component.{name}"), "source");
        reports.push(
            Report::at(
                manifest,
                format!("component `{name}` comes from elsewhere: write `source = \"{expected}\"`"),
            )
            .line(line),
        );
    }

    let expected = command(name);
    let built = component.build.as_ref().is_some_and(|build| {
        build.workdir.is_none() && build.commands.len() == 1 && build.commands[0] == expected
    });
    if !built {
        let line = project.manifest_line(&format!("component.{name}.build"), "command");
        reports.push(
            Report::at(
                manifest,
                format!(
                    "component `{name}` is not built as the others are: write \
                     `command = \"{expected}\"` under [component.{name}.build] and no workdir"
                ),
            )
            .line(line),
        );
    }
    reports.extend(quick(project, component));
    reports
}

/// What `jenny up --watch` builds instead, where the manifest has it: the same way, into the place of its
/// profile.
fn quick(project: &Project, component: &Component) -> Option<Report> {
    let name = &component.id;
    let profile = component.profiles.get(QUICK)?;
    let (source, command) = (
        source(name).replace("/function/", "/quick/"),
        command(name).replace("--profile function", "--profile quick"),
    );
    let in_place = matches!(
        &profile.source,
        Some(ComponentSource::Local(path)) if path.ends_with(&source)
    );
    let built = profile.commands.as_deref() == Some(&[command.clone()][..]);
    (!in_place || !built).then(|| {
        let line = project.manifest_line(&format!("component.{name}.profile.{QUICK}"), "source");
        Report::at(
            project.manifest_file(),
            format!(
                "the quick profile of component `{name}` is not as `cargo jenny up --watch` expects it: \
                 write `source = \"{source}\"` and `build.command = \"{command}\"`"
            ),
        )
        .line(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn each_departure_is_one_finding() {
        assert!(check(&Fixture::new().load()).is_empty());
        for (file, from, to, says) in [
            (
                "functions/hello/Cargo.toml",
                "[\"cdylib\"]",
                "[\"cdylib\", \"rlib\"]",
                "crate-type",
            ),
            (
                "functions/hello/Cargo.toml",
                "crate-type",
                "other",
                "crate-type",
            ),
            (
                "spin.toml",
                "--profile function",
                "--release",
                "--profile function",
            ),
            (
                "spin.toml",
                "wasm32-wasip2/function/hello.wasm",
                "wasm32-wasip2/release/hello.wasm",
                "source = \"target/wasm32-wasip2/function/hello.wasm\"",
            ),
        ] {
            let found = messages(check(&Fixture::new().edit(file, from, to).load()));
            assert_eq!(found.len(), 1, "{to}: {found:?}");
            assert!(found[0].starts_with(file), "{found:?}");
            assert!(found[0].contains(says), "{found:?}");
        }
    }

    #[test]
    fn the_quick_profile_is_built_like_the_other() {
        let quick = "[component.hello.profile.quick]\n\
                     source = \"target/wasm32-wasip2/quick/hello.wasm\"\n\
                     build.command = \"cargo build -p hello --profile quick --target wasm32-wasip2\"\n\n\
                     [component.hello.build]";
        let with = |text: &str| {
            let fixture = Fixture::new().edit("spin.toml", "[component.hello.build]", text);
            messages(check(&fixture.load()))
        };
        let found = with(quick);
        assert!(found.is_empty(), "{found:?}");
        for (from, to) in [("/quick/", "/debug/"), ("--profile quick", "--profile dev")] {
            let found = with(&quick.replace(from, to));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].starts_with("spin.toml:17: the quick profile"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_component_of_a_hyphenated_package_has_underscores() {
        assert_eq!(
            source("sign-in"),
            "target/wasm32-wasip2/function/sign_in.wasm"
        );
    }
}
