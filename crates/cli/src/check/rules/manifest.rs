//! The manifest can be used, and says nothing that is without effect. The rules that need it stay quiet
//! when it cannot be used.

use std::path::Path;

use crate::check::finding::Report;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    match project.manifest() {
        Ok(manifest) => manifest
            .warnings
            .iter()
            .map(|warning| {
                let (line, sentence) = place(warning, &manifest.path);
                Report::at(project.manifest_file(), sentence)
                    .line(line)
                    .warning()
            })
            .collect(),
        Err(error) => vec![Report::at(project.manifest_file(), error.message()).line(error.line())],
    }
}

/// Takes a warning of the manifest's reader apart: `spin.toml:7: sentence`.
fn place<'a>(warning: &'a str, path: &Path) -> (Option<usize>, &'a str) {
    let placed = || {
        let rest = warning.strip_prefix(&*path.to_string_lossy())?;
        let (line, sentence) = rest.strip_prefix(':')?.split_once(": ")?;
        Some((line.parse().ok()?, sentence))
    };
    match placed() {
        Some((line, sentence)) => (Some(line), sentence),
        None => (None, warning),
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

    #[test]
    fn what_has_no_effect_is_a_warning_with_its_line() {
        let project = Fixture::new()
            .edit("spin.toml", "component = \"hello\"", "static_response = {}")
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("spin.toml:12: warning: component 'hello' has no trigger"),
            "{found:?}"
        );
    }
}
