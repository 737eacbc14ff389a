//! Files are short enough to be read at once.

use crate::check::finding::Report;
use crate::check::project::Project;

const MAX_SOURCE_LINES: usize = 400;
const MAX_FUNCTION_LIB_LINES: usize = 80;
const MAX_README_LINES: usize = 150;
const MAX_ARCHITECTURE_LINES: usize = 200;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let sources = project.sources().iter().filter_map(|source| {
        let (limit, mend) = if is_function_lib(&source.path) {
            (
                MAX_FUNCTION_LIB_LINES,
                "move handlers to routes.rs, types to model.rs and SQL to store.rs",
            )
        } else {
            (
                MAX_SOURCE_LINES,
                "turn the module into a folder of smaller ones",
            )
        };
        too_long(&source.path, &source.text, limit, mend)
    });
    let pages = [
        (
            "README.md",
            MAX_README_LINES,
            "move what a newcomer does not need first to docs/",
        ),
        (
            "docs/architecture.md",
            MAX_ARCHITECTURE_LINES,
            "keep the code map and the invariants, and move the rest beside the code it explains",
        ),
    ];
    let pages = pages
        .into_iter()
        .filter_map(|(file, limit, mend)| too_long(file, &project.read(file)?, limit, mend));
    sources.chain(pages).collect()
}

fn is_function_lib(path: &str) -> bool {
    path.strip_prefix("functions/")
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(_, file)| file == "src/lib.rs")
}

fn too_long(file: &str, text: &str, limit: usize, mend: &str) -> Option<Report> {
    let lines = text.lines().count();
    (lines > limit)
        .then(|| Report::at(file, format!("{lines} lines are more than {limit}: {mend}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn each_kind_of_file_has_its_limit() {
        assert!(check(&Fixture::new().load()).is_empty());
        for (file, limit) in [
            ("shared/src/long.rs", 400),
            ("functions/hello/src/lib.rs", 80),
            ("functions/hello/src/routes.rs", 400),
            ("README.md", 150),
            ("docs/architecture.md", 200),
        ] {
            let at_limit = Fixture::new().with(file, "\n".repeat(limit)).load();
            assert!(check(&at_limit).is_empty(), "{file}");
            let over = Fixture::new().with(file, "\n".repeat(limit + 1)).load();
            let found = messages(check(&over));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(file), "{found:?}");
        }
    }
}
