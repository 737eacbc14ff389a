//! A function describes the operations that the manifest routes to it.
//!
//! That `functions/<name>/openapi.json` is what its router answers to is shown by the test that
//! `function!` makes; here the same file is held against the routes. A function without such a file is
//! the documents rule's question.

use std::collections::BTreeSet;

use jenny_manifest::route::RouteTable;
use jenny_manifest::{HttpTrigger, Manifest, TriggerRoute, TriggerTarget};
use serde_json::Value;

use crate::check::finding::Report;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let Ok(manifest) = project.manifest() else {
        return Vec::new();
    };
    let Ok(routes) = RouteTable::new(manifest) else {
        return Vec::new();
    };
    project
        .functions()
        .iter()
        .filter(|name| project.component(name).is_some())
        .flat_map(|name| function(project, manifest, &routes, name))
        .collect()
}

fn function(
    project: &Project,
    manifest: &Manifest,
    routes: &RouteTable,
    name: &str,
) -> Vec<Report> {
    let file = format!("functions/{name}/openapi.json");
    let Some(text) = project.read(&file) else {
        return Vec::new();
    };
    let Some(described) = described(&text) else {
        return Vec::new();
    };
    let mut reports = Vec::new();
    let mut answered = BTreeSet::new();
    for path in &described {
        let found = routes
            .route(path)
            .map(|found| (found.trigger(), found.component()));
        match found {
            Some((trigger, Some(component))) if component == name => {
                answered.insert(trigger);
            }
            other => {
                let instead = match other {
                    Some((trigger, _)) => {
                        format!("goes by `{}` to another", raw(&manifest.triggers[trigger]))
                    }
                    None => "has no route".to_owned(),
                };
                reports.push(
                    Report::at(
                        &file,
                        format!(
                            "function `{name}` describes {path}, which {instead} in {}: give it \
                             [[trigger.http]] with route = \"{}\", or take the operation out of its router",
                            project.manifest_file(),
                            route(path),
                        ),
                    )
                    .line(line_of(&text, path)),
                );
            }
        }
    }
    let own = manifest.triggers.iter().enumerate().filter(|(_, trigger)| {
        trigger.target == TriggerTarget::Component(name.to_owned())
            && matches!(trigger.route, TriggerRoute::Path(_))
    });
    for (index, trigger) in own {
        // A route that nothing reaches is a finding of the routes rule.
        let shadowed = !routes.entries().any(|entry| entry.trigger == index);
        if answered.contains(&index) || shadowed {
            continue;
        }
        reports.push(
            Report::at(
                project.manifest_file(),
                format!(
                    "function `{name}` describes no operation for route `{}`: write its handler, or \
                     remove the trigger (UPDATE_OPENAPI=1 cargo test --workspace --lib openapi_json \
                     describes what the code does)",
                    raw(trigger),
                ),
            )
            .line(trigger.line),
        );
    }
    reports
}

fn raw(trigger: &HttpTrigger) -> &str {
    match &trigger.route {
        TriggerRoute::Path(route) => route,
        TriggerRoute::Private => "",
    }
}

/// The paths that a document describes, in order; none if it is no document, of which the documents rule
/// speaks.
fn described(text: &str) -> Option<Vec<String>> {
    let document: Value = serde_json::from_str(text).ok()?;
    let paths = document["paths"].as_object()?;
    Some(paths.keys().cloned().collect())
}

/// A path of a document as the manifest writes it: `:slug` for `{slug}`.
fn route(path: &str) -> String {
    path.replace('{', ":").replace('}', "")
}

fn line_of(text: &str, path: &str) -> Option<usize> {
    let member = format!("{}:", Value::from(path));
    text.lines()
        .position(|line| line.trim_start().starts_with(&member))
        .map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    const FILE: &str = "functions/hello/openapi.json";

    fn described(paths: &str) -> Fixture {
        Fixture::new().with(FILE, format!("{{\n\"paths\": {{\n{paths}\n}}\n}}"))
    }

    #[test]
    fn agreement_is_quiet() {
        assert!(check(&Fixture::new().load()).is_empty());
        assert!(check(&described("\"/hello\": {}").load()).is_empty());
        for (route, paths) in [
            ("/hello/:name", "\"/hello/{name}\": {}"),
            ("/hello/...", "\"/hello\": {},\n\"/hello/{name}/again\": {}"),
        ] {
            let project = described(paths).edit("spin.toml", "\"/hello\"", &format!("\"{route}\""));
            let found = messages(check(&project.load()));
            assert!(found.is_empty(), "{route}: {found:?}");
        }
    }

    #[test]
    fn an_operation_without_a_route_is_found_on_its_line() {
        let project = described("\"/hello\": {},\n\"/hello/{name}\": {}").load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("functions/hello/openapi.json:4: "),
            "{found:?}"
        );
        assert!(found[0].contains("route = \"/hello/:name\""), "{found:?}");
    }

    #[test]
    fn an_operation_that_another_component_gets_is_found() {
        let project = described("\"/hello\": {}")
            .edit(
                "spin.toml",
                "[component.hello]",
                "[[trigger.http]]\nroute = \"/hi\"\ncomponent = \"hello\"\n\n[component.hello]",
            )
            .edit("spin.toml", "component = \"hello\"", "static_response = {}")
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].contains("goes by `/hello` to another"),
            "{found:?}"
        );
        assert!(
            found[1].contains("no operation for route `/hi`"),
            "{found:?}"
        );
    }

    #[test]
    fn a_route_without_an_operation_is_found_on_the_line_of_its_trigger() {
        let found = messages(check(&described("").load()));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("spin.toml:8: "), "{found:?}");
    }
}
