//! The merged document is what the functions' documents make.

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::openapi;

/// Looks only where a function has a document: an application need not have one, and may write its own.
pub(super) fn check(project: &Project) -> Vec<Report> {
    if project.manifest().is_err() || !openapi::is_described(&project.manifest_path()) {
        return Vec::new();
    }
    // What does not agree with the manifest cannot be merged, and is told by the rule that knows where.
    if !super::operations::check(project).is_empty() {
        return Vec::new();
    }
    let message = match openapi::document(&project.manifest_path()) {
        Err(error) => format!("{error:#}").replace('\n', " "),
        Ok(text) if project.read(openapi::FILE).as_ref() == Some(&text) => return Vec::new(),
        Ok(_) => {
            "it is not what the functions' documents make: run `cargo jenny openapi`".to_owned()
        }
    };
    vec![Report::at(openapi::FILE, message)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    const FRAGMENT: &str = r#"{ "paths": { "/hello": {} } }"#;

    #[test]
    fn an_application_without_documents_is_in_order() {
        assert!(check(&Fixture::new().load()).is_empty());
    }

    #[test]
    fn a_document_that_is_missing_or_old_is_found() {
        let described = || Fixture::new().with("functions/hello/openapi.json", FRAGMENT);
        for project in [described(), described().with("openapi.json", "{}\n")] {
            let found = messages(check(&project.load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("run `cargo jenny openapi`"), "{found:?}");
        }
    }

    #[test]
    fn a_document_as_the_functions_have_it_is_in_order() {
        let project = Fixture::new()
            .with("functions/hello/openapi.json", FRAGMENT)
            .load();
        let text = openapi::document(&project.manifest_path()).unwrap();
        let project = Fixture::new()
            .with("functions/hello/openapi.json", FRAGMENT)
            .with("openapi.json", &text)
            .load();
        assert!(check(&project).is_empty());
    }

    #[test]
    fn what_the_operations_rule_finds_is_not_told_twice() {
        let project = Fixture::new()
            .with(
                "functions/hello/openapi.json",
                r#"{ "paths": { "/hi": {} } }"#,
            )
            .load();
        assert!(check(&project).is_empty());
    }

    #[test]
    fn documents_that_contradict_each_other_are_found() {
        let project = Fixture::new()
            .with("functions/hello/openapi.json", "{")
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("functions/hello/openapi.json"),
            "{found:?}"
        );
    }
}
