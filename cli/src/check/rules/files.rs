//! What a component's `files` name is there. A pattern that matches nothing is a grant of nothing, and a
//! name that is not there keeps the application from starting.

use std::path::Path;

use glob::Pattern;
use jenny_host::manifest::{Component, FileMount};

use crate::check::finding::Report;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let entries = project
        .components()
        .flat_map(|component| component.files.iter().map(move |mount| (component, mount)));
    entries
        .filter_map(|(component, mount)| {
            let message = problem(project.root(), component, mount)?;
            let line = project.manifest_line(&format!("component.{}", component.id), "files");
            Some(Report::at(project.manifest_file(), message).line(line))
        })
        .collect()
}

fn problem(root: &Path, component: &Component, mount: &FileMount) -> Option<String> {
    let (named, is_pattern) = match mount {
        FileMount::Pattern(pattern) => (pattern.clone(), pattern.contains(['*', '?', '['])),
        FileMount::Placement { source, .. } => (source.display().to_string(), false),
    };
    let id = &component.id;
    if root.join(&named).exists() {
        return None;
    }
    if !is_pattern {
        return Some(format!(
            "`{named}` in `files` of component `{id}` does not exist: correct the path or remove it"
        ));
    }
    match matches_some(root, &named, &component.exclude_files) {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "`{named}` in `files` of component `{id}` matches no file: correct the pattern or remove it"
        )),
        Err(error) => Some(format!(
            "`{named}` in `files` of component `{id}` is no pattern ({}): correct it",
            error.msg
        )),
    }
}

/// Whether a pattern matches a file that is not excluded, as Spin reads both.
fn matches_some(
    root: &Path,
    pattern: &str,
    excluded: &[String],
) -> Result<bool, glob::PatternError> {
    // The folder's own name may look like a pattern.
    let root_pattern = Pattern::escape(&root.to_string_lossy());
    let excluded: Vec<_> = excluded
        .iter()
        .filter_map(|text| Pattern::new(text).ok())
        .collect();
    let mut found = glob::glob(&Path::new(&root_pattern).join(pattern).to_string_lossy())?;
    Ok(found.any(|path| {
        path.is_ok_and(|path| {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            path.is_file()
                && !excluded
                    .iter()
                    .any(|pattern| pattern.matches_path(relative))
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    fn found(files: &str) -> Vec<String> {
        let project = Fixture::new()
            .with("assets/site.css", "")
            .edit("spin.toml", "key_value_stores = [\"default\"]", files)
            .load();
        messages(check(&project))
    }

    #[test]
    fn what_is_there_is_in_order() {
        for files in [
            "files = ['assets/site.css', 'assets', 'assets/**/*', '*/site.css']",
            "files = [{ source = 'assets', destination = '/' }]",
            "files = ['**/*.css']\nexclude_files = ['*.toml']",
        ] {
            let found = found(files);
            assert!(found.is_empty(), "{files}: {found:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_found_on_its_line() {
        for (files, says) in [
            ("files = ['assets/site.js']", "does not exist"),
            (
                "files = [{ source = 'static', destination = '/' }]",
                "does not exist",
            ),
            ("files = ['assets/*.js']", "matches no file"),
            (
                "files = ['assets/*']\nexclude_files = ['**/*.css']",
                "matches no file",
            ),
            ("files = ['assets/[']", "is no pattern"),
        ] {
            let found = found(files);
            assert_eq!(found.len(), 1, "{files}: {found:?}");
            assert!(found[0].starts_with("spin.toml:14: "), "{found:?}");
            assert!(found[0].contains(says), "{found:?}");
        }
    }
}
