//! Modules are named for what is in them.

use crate::check::finding::Report;
use crate::check::project::Project;

/// Names that say nothing, and so collect anything.
const EMPTY_NAMES: [&str; 8] = [
    "common",
    "helper",
    "helpers",
    "misc",
    "stuff",
    "util",
    "utilities",
    "utils",
];

pub(super) fn check(project: &Project) -> Vec<Report> {
    let mut reports = Vec::new();
    for source in project.sources() {
        for name in EMPTY_NAMES {
            let is_file = source.path.ends_with(&format!("/{name}.rs"));
            if is_file || source.path.ends_with(&format!("/{name}/mod.rs")) {
                let message = format!("`{name}` says nothing: name the module for what is in it");
                reports.push(Report::at(&source.path, message));
            }
        }
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn files_and_folders_are_found() {
        assert!(check(&Fixture::new().load()).is_empty());
        for file in ["shared/src/utils.rs", "shared/src/common/mod.rs"] {
            let found = messages(check(&Fixture::new().with(file, "").load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(file), "{found:?}");
        }
    }

    #[test]
    fn names_that_contain_such_a_word_are_fine() {
        let project = Fixture::new().with("shared/src/common_name.rs", "").load();
        assert!(check(&project).is_empty());
    }
}
