//! Modules are named for what is in them.

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::rust_source::lines_with;

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
            let message = format!("`{name}` says nothing: name the module for what is in it");
            let is_file = source.path.ends_with(&format!("/{name}.rs"));
            if is_file || source.path.ends_with(&format!("/{name}/mod.rs")) {
                reports.push(Report::at(&source.path, &message));
            }
            // `mod name;` names a file, which is reported itself.
            let inline = format!("mod {name} {{");
            for line in lines_with(&source.code, &inline) {
                reports.push(Report::at(&source.path, &message).line(line));
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
    fn files_folders_and_inline_modules_are_found() {
        assert!(check(&Fixture::new().load()).is_empty());
        for (file, text) in [
            ("shared/src/utils.rs", ""),
            ("shared/src/common/mod.rs", ""),
            ("shared/src/slug.rs", "mod helpers {\n}\n"),
        ] {
            let found = messages(check(&Fixture::new().with(file, text).load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(file), "{found:?}");
        }
    }

    #[test]
    fn names_that_contain_such_a_word_are_fine() {
        let project = Fixture::new()
            .with(
                "shared/src/common_name.rs",
                "mod utils_of_x {\n}\n// mod utils {\n",
            )
            .load();
        assert!(check(&project).is_empty());
    }
}
