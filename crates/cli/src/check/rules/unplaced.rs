//! What `spin add` had to leave below a function's folder is where it belongs.

use std::collections::BTreeSet;

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::new::place::UNPLACED;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let folders: BTreeSet<String> = project
        .files()
        .iter()
        .filter_map(|file| {
            let (function, rest) = file.strip_prefix("functions/")?.split_once('/')?;
            let is_unplaced = rest.split('/').next() == Some(UNPLACED);
            is_unplaced.then(|| format!("functions/{function}/{UNPLACED}"))
        })
        .collect();
    let report = |folder: String| {
        let message = "what is in this folder belongs elsewhere: run `cargo jenny check --fix`, which puts it \
                       there";
        Report::at(folder, message)
    };
    folders.into_iter().map(report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn a_folder_is_found_once() {
        let project = Fixture::new().with("functions/hello/src/unplaced.rs", "//! Nothing.\n");
        assert!(check(&project.load()).is_empty());
        let project = Fixture::new()
            .with("functions/hello/unplaced/world.wit", "")
            .with("functions/hello/unplaced/tests.rs", "");
        let found = messages(check(&project.load()));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("functions/hello/unplaced: "),
            "{found:?}"
        );
        assert!(found[0].contains("`cargo jenny check --fix`"), "{found:?}");
    }
}
