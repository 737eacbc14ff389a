//! The manifest can be used. The rules that need it stay quiet when it cannot.

use crate::check::finding::Report;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    match project.manifest() {
        Ok(_) => Vec::new(),
        Err(error) => vec![Report::at(project.manifest_file(), error.message()).line(error.line())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn a_manifest_that_does_not_parse_is_reported() {
        assert!(messages(check(&Fixture::new().load())).is_empty());
        let project = Fixture::new().with("spin.toml", "[[[").load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("spin.toml:1: "), "{found:?}");
    }
}
