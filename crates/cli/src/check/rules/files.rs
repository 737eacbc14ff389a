//! What a component's `files` name is there. A pattern that matches nothing is a grant of nothing, and a
//! name that is not there keeps the application from starting. What a component is given, it may show to
//! its callers: no file of secrets is among it.

use std::path::{Path, PathBuf};

use glob::Pattern;
use jenny_manifest::{Component, FileMount};

use crate::check::finding::Report;
use crate::check::project::Project;

/// What holds secrets by custom: variables, and the state that `up` keeps.
const SECRETS: [&str; 3] = ["**/.env", "**/.env.*", "**/.spin/**/*"];

/// Those of them that are made to be shown.
const SAMPLES: [&str; 3] = [".env.example", ".env.sample", ".env.template"];

pub(super) fn check(project: &Project) -> Vec<Report> {
    let entries = project
        .components()
        .flat_map(|component| component.files.iter().map(move |mount| (component, mount)));
    let mut reports = Vec::new();
    for (component, mount) in entries {
        let line = project.manifest_line(&format!("component.{}", component.id), "files");
        let at = |message| Report::at(project.manifest_file(), message).line(line);
        match problem(project.root(), component, mount) {
            Some(message) => reports.push(at(message)),
            None => {
                let secret = secret(project.root(), component, mount);
                reports.extend(secret.map(|message| at(message).warning()));
            }
        }
    }
    reports
}

/// What to do about the first file of an entry that holds secrets.
fn secret(root: &Path, component: &Component, mount: &FileMount) -> Option<String> {
    let secrets = SECRETS.map(|pattern| Pattern::new(pattern).expect("it is a pattern"));
    let is_secret = |file: &Path| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        secrets.iter().any(|secret| secret.matches_path(file)) && !SAMPLES.contains(&&*name)
    };
    let (named, folder) = match mount {
        FileMount::Pattern(pattern) => (pattern.clone(), root.join(pattern)),
        FileMount::Placement { source, .. } => (source.display().to_string(), root.join(source)),
    };
    let pattern = if folder.is_dir() {
        format!("{}/**/*", Pattern::escape(&named))
    } else if folder.exists() {
        Pattern::escape(&named)
    } else {
        named.clone()
    };
    let mut files = matches(root, &pattern, &component.exclude_files).ok()?;
    let file = files.find(|file| is_secret(file))?;
    let (id, file) = (&component.id, file.display());
    Some(format!(
        "`{named}` in `files` of component `{id}` gives it `{file}`, where secrets are kept: name the \
         files that it needs, or add `{file}` to `exclude_files`"
    ))
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
    match matches(root, &named, &component.exclude_files).map(|mut files| files.next()) {
        Ok(Some(_)) => None,
        Ok(None) => Some(format!(
            "`{named}` in `files` of component `{id}` matches no file: correct the pattern or remove it"
        )),
        Err(error) => Some(format!(
            "`{named}` in `files` of component `{id}` is no pattern ({}): correct it",
            error.msg
        )),
    }
}

/// The files that a pattern matches and that are not excluded, as Spin reads both, relative to the
/// project's folder.
fn matches(
    root: &Path,
    pattern: &str,
    excluded: &[String],
) -> Result<impl Iterator<Item = PathBuf>, glob::PatternError> {
    // The folder's own name may look like a pattern.
    let root_pattern = Pattern::escape(&root.to_string_lossy());
    let excluded: Vec<_> = excluded
        .iter()
        .filter_map(|text| Pattern::new(text).ok())
        .collect();
    let found = glob::glob(&Path::new(&root_pattern).join(pattern).to_string_lossy())?;
    let files = found.filter_map(Result::ok).filter(|path| path.is_file());
    let relative = files.map(move |path| {
        let relative = path.strip_prefix(root).map(Path::to_owned);
        relative.unwrap_or(path)
    });
    Ok(relative.filter(move |path| {
        let mut excluded = excluded.iter();
        !excluded.any(|pattern| pattern.matches_path(path))
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
    #[test]
    fn a_file_of_secrets_is_warned_of() {
        for (file, files, is_found) in [
            ("assets/.env", "files = ['assets/**/*']", true),
            ("assets/.env", "files = ['assets']", true),
            (
                "assets/.env",
                "files = [{ source = 'assets', destination = '/' }]",
                true,
            ),
            ("assets/.env", "files = ['assets/.env']", true),
            (".env", "files = ['./**/*']", true),
            (".env.production", "files = ['*']", true),
            (".spin/sqlite_db.db", "files = ['./**/*']", true),
            (".env.example", "files = ['./**/*']", false),
            ("assets/dot.env", "files = ['assets/*']", false),
            (".env", "files = ['assets/*']", false),
            (
                ".env",
                "files = ['./**/*']\nexclude_files = ['.env']",
                false,
            ),
        ] {
            let project = Fixture::new()
                .with("assets/site.css", "")
                .with(file, "")
                .edit("spin.toml", "key_value_stores = [\"default\"]", files)
                .load();
            let found = messages(check(&project));
            assert_eq!(
                found.len(),
                usize::from(is_found),
                "{file}, {files}: {found:?}"
            );
            assert!(
                found.iter().all(|message| message.contains(file)),
                "{found:?}"
            );
        }
    }
}
