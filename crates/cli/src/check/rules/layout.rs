//! Folder, package, component, world and test of a function share one name.

use std::collections::BTreeSet;

use jenny_manifest::ComponentSource;

use crate::check::finding::Report;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    // What is downloaded was built elsewhere.
    let local = project
        .components()
        .filter(|component| matches!(component.source, ComponentSource::Local(_)));
    let components = local.map(|component| component.id.as_str());
    let folders = project.functions().iter().map(String::as_str);
    let names: BTreeSet<&str> = if project.manifest().is_ok() {
        folders.chain(components).collect()
    } else {
        folders.collect()
    };
    names
        .into_iter()
        .flat_map(|name| function(project, name))
        .collect()
}

fn function(project: &Project, name: &str) -> Vec<Report> {
    let mut reports = Vec::new();
    if !project.functions().iter().any(|folder| folder == name) {
        let manifest = project.manifest_file();
        let line = project.manifest_line(&format!("component.{name}"), "source");
        return vec![
            Report::at(
                manifest,
                format!(
                    "component `{name}` has no folder: create functions/{name}/ or remove the \
                     component from {manifest}"
                ),
            )
            .line(line),
        ];
    }
    reports.extend(package(project, name));
    if project.manifest().is_ok() && project.component(name).is_none() {
        let manifest = project.manifest_file();
        reports.push(Report::at(
            manifest,
            format!(
                "function `{name}` is in no component: add [component.{name}] and a \
                 [[trigger.http]] for it to {manifest}, or remove functions/{name}/"
            ),
        ));
    }
    reports.extend(world(project, name));
    if project.test_file(name).is_none() {
        let test = format!("tests/it/{name}.rs");
        reports.push(Report::at(
            test.clone(),
            format!("function `{name}` has no test: write {test}"),
        ));
    }
    reports
}

fn package(project: &Project, name: &str) -> Option<Report> {
    let file = format!("functions/{name}/Cargo.toml");
    let Some(text) = project.read(&file) else {
        return Some(Report::at(
            file.clone(),
            format!("function `{name}` has no package: write {file}"),
        ));
    };
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        // Cargo says the rest better.
        Err(_) => {
            return Some(Report::at(
                file,
                "this is no valid TOML: run cargo to see why",
            ));
        }
    };
    let package = table.get("package")?.get("name")?.as_str()?;
    (package != name).then(|| {
        Report::at(
            file,
            format!(
                "package `{package}` is in the folder functions/{name}/: give folder, package and \
                 component one name"
            ),
        )
    })
}

fn world(project: &Project, name: &str) -> Option<Report> {
    let file = format!("wit/{name}.wit");
    match project.read(&file) {
        None => Some(Report::at(
            file.clone(),
            format!("function `{name}` has no world: write `world {name}` into {file}"),
        )),
        Some(text) if !declares(&text, name) => Some(Report::at(
            file,
            format!("the world of function `{name}` is missing here: write `world {name}`"),
        )),
        Some(_) => None,
    }
}

fn declares(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("world")
            && words
                .next()
                .is_some_and(|word| word.trim_end_matches('{').trim_start_matches('%') == name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn each_missing_part_is_one_finding() {
        assert!(check(&Fixture::new().load()).is_empty());
        for missing in [
            "tests/it/hello.rs",
            "wit/hello.wit",
            "functions/hello/Cargo.toml",
        ] {
            let found = messages(check(&Fixture::new().without(missing).load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(missing), "{found:?}");
        }
    }

    #[test]
    fn a_package_of_another_name_is_found() {
        let project = Fixture::new()
            .edit("functions/hello/Cargo.toml", "\"hello\"", "\"hullo\"")
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`hullo`"), "{found:?}");
    }

    #[test]
    fn a_world_of_another_name_is_found() {
        let project = Fixture::new()
            .edit("wit/hello.wit", "world hello", "world hello-again")
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`world hello`"), "{found:?}");
    }

    #[test]
    fn a_component_without_a_folder_is_found_where_it_is_declared() {
        let project = Fixture::new()
            .without("functions/hello/Cargo.toml")
            .without("functions/hello/src/lib.rs")
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("spin.toml:"), "{found:?}");
    }

    #[test]
    fn a_component_that_is_downloaded_has_no_folder() {
        let manifest = format!(
            "{}\n[[trigger.http]]\nroute = \"/files/...\"\ncomponent = \"files\"\n\n\
             [component.files]\nsource = {{ url = \"https://example.com/files.wasm\", digest = \"sha256:{}\" }}\n",
            Fixture::new().project().read("spin.toml").unwrap(),
            "0".repeat(64),
        );
        let project = Fixture::new().with("spin.toml", manifest).load();
        assert!(project.manifest().is_ok());
        let found = messages(check(&project));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_folder_without_a_component_is_found() {
        let project = Fixture::new()
            .with(
                "functions/other/Cargo.toml",
                "[package]\nname = \"other\"\n",
            )
            .with("wit/other.wit", "package test:worlds;\nworld other {}\n")
            .with("tests/it/other.rs", "")
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("[component.other]"), "{found:?}");
    }
}
