//! A component imports and exports what its world says.
//!
//! Only what is used survives into a component, so its import list is a fact about what the
//! endpoint can do; the world is the same fact in words that a reviewer reads.

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::world::{Interfaces, World};

/// Packages that Rust's `std` and the HTTP entry bring along, whatever the function does. None of
/// them reaches a store, a file or the network.
const BASELINE_PACKAGES: [&str; 4] = ["wasi:cli/", "wasi:clocks/", "wasi:io/", "wasi:random/"];

/// The types of the exported handler. The interfaces that send requests are not among them.
const BASELINE_INTERFACE: &str = "wasi:http/types";

pub(super) fn check(project: &Project) -> Vec<Report> {
    if let Err(error) = project.worlds() {
        return vec![Report::at(
            "wit",
            format!("the worlds cannot be read: {error}"),
        )];
    }
    project
        .decoded()
        .filter_map(|(component, interfaces)| {
            // A missing world is a finding of the layout rule.
            Some((&component.id, interfaces, project.world(&component.id)?))
        })
        .flat_map(|(name, component, world)| compare(project, name, component, world))
        .collect()
}

/// Whether every component may import this without its world saying so.
fn baseline(interface: &str) -> bool {
    let name = interface.split('@').next().unwrap_or(interface);
    name == BASELINE_INTERFACE
        || BASELINE_PACKAGES
            .iter()
            .any(|package| name.starts_with(package))
}

fn compare(project: &Project, name: &str, component: &Interfaces, world: &World) -> Vec<Report> {
    let file = format!("wit/{name}.wit");
    let text = project.read(&file).unwrap_or_default();
    let world_line = line_with(&text, &format!("world {name}"));
    let declared = &world.interfaces;
    let mut reports = Vec::new();

    for (import, functions) in &component.imports {
        if !baseline(import) && !declared.imports.contains_key(import) {
            let used = used(functions);
            reports.push(
                Report::at(
                    &file,
                    format!(
                        "component `{name}` imports `{import}`{used}: add `import {import};` to \
                         its world, or stop using it"
                    ),
                )
                .line(world_line),
            );
        }
    }
    for import in declared.imports.keys() {
        if !baseline(import) && !component.imports.contains_key(import) {
            reports.push(
                Report::at(
                    &file,
                    format!(
                        "world `{name}` imports `{import}` but the compiled component does not \
                         use it: remove it from the world"
                    ),
                )
                .line(line_with(&text, import).or(world_line)),
            );
        }
    }
    for export in component.exports.difference(&declared.exports) {
        reports.push(
            Report::at(
                &file,
                format!(
                    "component `{name}` exports `{export}`: add `export {export};` to its world"
                ),
            )
            .line(world_line),
        );
    }
    for export in declared.exports.difference(&component.exports) {
        reports.push(
            Report::at(
                &file,
                format!(
                    "world `{name}` exports `{export}` but the compiled component does not: remove \
                     it from the world, or export it"
                ),
            )
            .line(line_with(&text, export).or(world_line)),
        );
    }
    reports
}

/// The first few functions that are used, to find the call by.
fn used(functions: &[String]) -> String {
    const SHOWN: usize = 3;
    if functions.is_empty() {
        return String::new();
    }
    let shown = functions[..functions.len().min(SHOWN)].join("`, `");
    let more = if functions.len() > SHOWN { ", …" } else { "" };
    format!(" (`{shown}`{more})")
}

/// The first line, counted from 1, that has this text outside a comment.
fn line_with(text: &str, needle: &str) -> Option<usize> {
    text.lines()
        .position(|line| {
            line.find(needle)
                .is_some_and(|at| !line[..at].contains("//"))
        })
        .map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn an_import_that_the_world_lacks_is_found_with_what_is_used_of_it() {
        assert!(check(&Fixture::new().load()).is_empty());
        let project = Fixture::new()
            .edit(
                "wit/hello.wit",
                "import spin:key-value/key-value@3.0.0;",
                "",
            )
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("wit/hello.wit:"), "{found:?}");
        assert!(
            found[0].contains("add `import spin:key-value/key-value@3.0.0;`"),
            "{found:?}"
        );
        assert!(found[0].contains("(`open`)"), "{found:?}");
    }

    #[test]
    fn an_import_that_the_component_lacks_is_found_on_its_line() {
        let project = Fixture::new()
            .component(&["wasi:cli/stdout@0.2.6"], &["wasi:http/handler@0.3.0"])
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("wit/hello.wit:7: "), "{found:?}");
    }

    #[test]
    fn exports_are_compared_too() {
        let project = Fixture::new()
            .component(&["spin:key-value/key-value@3.0.0"], &["wasi:cli/run@0.3.0"])
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_world_that_does_not_parse_is_found_with_its_line() {
        let project = Fixture::new()
            .edit("wit/hello.wit", "import", "imprt")
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("hello.wit:5:5: "), "{found:?}");
    }

    #[test]
    fn the_baseline_holds_no_capability() {
        for interface in [
            "wasi:cli/environment@0.2.6",
            "wasi:http/types@0.3.0",
            "wasi:io/poll@0.2.6",
        ] {
            assert!(baseline(interface), "{interface}");
        }
        for interface in [
            "wasi:http/client@0.3.0",
            "wasi:filesystem/preopens@0.2.6",
            "wasi:sockets/tcp@0.2.6",
            "spin:sqlite/sqlite@3.1.0",
            "wasi:client/x@0.2.0",
        ] {
            assert!(!baseline(interface), "{interface}");
        }
    }
}
