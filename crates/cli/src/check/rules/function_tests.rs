//! The test of a function is more than a file: it has a test, and sends requests to a route of the
//! function's. That there is such a file is the layout rule's question, what it must show the tests' own.

use jenny_manifest::{TriggerRoute, TriggerTarget};

use crate::check::finding::Report;
use crate::check::project::{Project, Source};
use crate::check::rust_source::attributes;

pub(super) fn check(project: &Project) -> Vec<Report> {
    project
        .functions()
        .iter()
        .filter_map(|name| {
            let file = project.test_file(name)?;
            let source = project
                .sources()
                .iter()
                .find(|source| source.path == file)?;
            let message = problem(project, name, source)?;
            Some(Report::at(file, message))
        })
        .collect()
}

fn problem(project: &Project, name: &str, source: &Source) -> Option<String> {
    let is_test = |attribute: &str| {
        let path = attribute.split('(').next().unwrap_or(attribute);
        path.trim().rsplit("::").next() == Some("test")
    };
    if !attributes(&source.code)
        .iter()
        .any(|(_, attribute)| is_test(attribute))
    {
        return Some(format!(
            "there is no test here: write one that sends a request to function `{name}` (#[tokio::test])"
        ));
    }
    let routes = routes(project, name);
    let sends = |route: &String| strings(source).any(|text| text.contains(beginning(route)));
    if routes.is_empty() || routes.iter().any(sends) {
        return None;
    }
    Some(format!(
        "no test here sends a request to a route of function `{name}`: send one to {}",
        routes[0]
    ))
}

fn routes(project: &Project, name: &str) -> Vec<String> {
    let triggers = project.manifest().map(|manifest| &manifest.triggers[..]);
    triggers
        .unwrap_or_default()
        .iter()
        .filter(|trigger| trigger.target == TriggerTarget::Component(name.to_owned()))
        .filter_map(|trigger| match &trigger.route {
            TriggerRoute::Path(route) => Some(route.clone()),
            TriggerRoute::Private => None,
        })
        .collect()
}

/// What of a route stands in every request for it: what is before its first parameter.
fn beginning(route: &str) -> &str {
    let end = [":", "...", "*"]
        .iter()
        .filter_map(|sign| route.find(sign))
        .min()
        .unwrap_or(route.len());
    &route[..end]
}

/// The lines of a source without what is commented out.
fn strings(source: &Source) -> impl Iterator<Item = &str> {
    let lines = source.text.lines().zip(source.code.lines());
    // What is blanked out in a comment leaves no quote.
    lines
        .filter(|(_, code)| code.contains('"'))
        .map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    const FILE: &str = "tests/it/hello.rs";

    #[test]
    fn a_test_that_sends_a_request_is_in_order() {
        assert!(check(&Fixture::new().load()).is_empty());
        for (route, test) in [
            (
                "/hello/:name",
                "#[tokio::test(flavor = \"current_thread\")]\nasync fn a() { get(\"/hello/eve\") }",
            ),
            ("/...", "#[test]\nfn a() { get(\"/\") }"),
        ] {
            let project = Fixture::new()
                .edit("spin.toml", "\"/hello\"", &format!("\"{route}\""))
                .with(FILE, test)
                .load();
            let found = messages(check(&project));
            assert!(found.is_empty(), "{found:?}");
        }
    }

    #[test]
    fn the_test_may_stand_in_another_package() {
        let elsewhere = |manifest: &str| {
            let fixture = Fixture::new()
                .without(FILE)
                .with("parts/tests/it/hello.rs", "");
            fixture.with(manifest, "").load()
        };
        let project = elsewhere("parts/tests/Cargo.toml");
        assert_eq!(project.test_file("hello"), Some("parts/tests/it/hello.rs"));
        let found = check(&project);
        assert_eq!(found.len(), 1);
        // A folder that is not a package is never compiled.
        assert_eq!(elsewhere("parts/Cargo.toml").test_file("hello"), None);
    }

    #[test]
    fn a_file_without_a_test_and_one_that_tests_something_else_are_found() {
        for (test, says) in [
            ("//! Tests.\n", "there is no test here"),
            (
                "// #[test]\nfn a() { get(\"/hello\") }",
                "there is no test here",
            ),
            ("#[test]\nfn a() { get(\"/other\") }", "send one to /hello"),
            (
                "#[test]\nfn a() {} // get(\"/hello\")",
                "send one to /hello",
            ),
        ] {
            let found = messages(check(&Fixture::new().with(FILE, test).load()));
            assert_eq!(found.len(), 1, "{test}: {found:?}");
            assert!(found[0].contains(says), "{found:?}");
        }
    }
}
