//! The files that a component's manifest entry mounts.
//!
//! As on Spin they are read-only, and what a pattern matches is copied when the application is
//! loaded, keeping its path relative to the manifest: `files = ["assets/**/*.css"]` is seen as
//! `/assets/…`. A `{ source, destination }` entry names one directory, which is mounted as it is
//! (changes in it are seen at once), or one file, which is copied.

use std::io;
use std::path::{Component as PathPart, Path, PathBuf};

use tempfile::TempDir;

/// A folder of the host and its path in the component.
#[derive(Debug)]
pub(crate) struct Mount {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
}

/// The mounts of one component, and the folder that copies are in.
#[derive(Debug, Default)]
pub(crate) struct Files {
    mounts: Vec<Mount>,
    /// Removed with the application.
    copies: Option<TempDir>,
}

/// A mount that cannot be made. The message names the entry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    #[error("`{0}` matches no file")]
    NoMatch(String),
    #[error("`{0}` does not exist")]
    Missing(PathBuf),
    #[error("`{0}` leads out of the application's folder")]
    Outside(String),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl Files {
    pub(crate) fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// Copies what matches `pattern`, relative to `base`.
    pub(crate) fn add_pattern(
        &mut self,
        base: &Path,
        pattern: &str,
        exclude: &[String],
    ) -> Result<(), FilesError> {
        let parts: Vec<&str> = pattern
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        if parts.contains(&"..") || Path::new(pattern).is_absolute() {
            return Err(FilesError::Outside(pattern.to_owned()));
        }
        let mut found = Vec::new();
        // A pattern without wildcards that names a folder means all of it.
        let whole: Vec<&str> = parts.iter().copied().chain(["**"]).collect();
        let is_folder = !pattern.contains(['*', '?']) && base.join(pattern).is_dir();
        let parts = if is_folder { &whole } else { &parts };
        walk(base, &mut Vec::new(), &mut |path| {
            if matches(parts, path) && !is_excluded(path, exclude) {
                found.push(path.join("/"));
            }
        })?;
        if found.is_empty() {
            return Err(FilesError::NoMatch(pattern.to_owned()));
        }
        for path in found {
            self.copy(&base.join(&path), Path::new(&path))?;
        }
        Ok(())
    }

    /// Mounts the folder or copies the file `source` as `destination`.
    pub(crate) fn add_placement(
        &mut self,
        source: &Path,
        destination: &str,
        exclude: &[String],
    ) -> Result<(), FilesError> {
        if source.is_dir() {
            if exclude.is_empty() {
                self.mounts.push(Mount {
                    host: source.to_owned(),
                    guest: destination.to_owned(),
                });
                return Ok(());
            }
            let mut found = Vec::new();
            walk(source, &mut Vec::new(), &mut |path| {
                if !is_excluded(path, exclude) {
                    found.push(path.join("/"));
                }
            })?;
            let destination = inside(destination)?;
            for path in found {
                self.copy(&source.join(&path), &destination.join(&path))?;
            }
            return Ok(());
        }
        if !source.is_file() {
            return Err(FilesError::Missing(source.to_owned()));
        }
        self.copy(source, &inside(destination)?)
    }

    fn copy(&mut self, from: &Path, to: &Path) -> Result<(), FilesError> {
        let failed = |source| FilesError::Io {
            path: from.to_owned(),
            source,
        };
        let root = match &self.copies {
            Some(copies) => copies.path().to_owned(),
            None => {
                let copies = TempDir::with_prefix("jenny-files-").map_err(failed)?;
                let root = copies.path().to_owned();
                self.mounts.push(Mount {
                    host: root.clone(),
                    guest: "/".to_owned(),
                });
                self.copies = Some(copies);
                root
            }
        };
        let to = root.join(to);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::copy(from, to).map_err(failed)?;
        Ok(())
    }
}

/// `destination` relative to the component's root.
fn inside(destination: &str) -> Result<PathBuf, FilesError> {
    let mut path = PathBuf::new();
    for part in Path::new(destination).components() {
        match part {
            PathPart::Normal(part) => path.push(part),
            PathPart::RootDir | PathPart::CurDir => {}
            PathPart::ParentDir | PathPart::Prefix(_) => {
                return Err(FilesError::Outside(destination.to_owned()));
            }
        }
    }
    Ok(path)
}

/// Calls `found` with the path of every file under `folder`, relative to where the walk began.
/// Symbolic links to folders are not followed, since they can lead round in circles.
fn walk(
    folder: &Path,
    path: &mut Vec<String>,
    found: &mut impl FnMut(&[String]),
) -> Result<(), FilesError> {
    let failed = |source| FilesError::Io {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        // Neither holds anything to serve, and both can be huge.
        if is_folder && (name == "target" || name == ".git") {
            continue;
        }
        path.push(name);
        if is_folder {
            walk(&entry.path(), path, found)?;
        } else if entry.path().is_file() {
            found(path);
        }
        path.pop();
    }
    Ok(())
}

fn is_excluded(path: &[String], exclude: &[String]) -> bool {
    exclude.iter().any(|pattern| {
        let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        matches(&parts, path)
    })
}

/// Whether `path` matches a pattern in which `**` stands for any number of folders (at the end:
/// for everything below), `*` for any characters of one name and `?` for one of them.
fn matches(pattern: &[&str], path: &[String]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**"], rest) => !rest.is_empty(),
        (["**", rest @ ..], _) => (0..=path.len()).any(|skipped| matches(rest, &path[skipped..])),
        ([first, rest @ ..], [name, path @ ..]) => {
            matches_name(first.as_bytes(), name.as_bytes()) && matches(rest, path)
        }
        _ => false,
    }
}

fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            (0..=name.len()).any(|skipped| matches_name(rest, &name[skipped..]))
        }
        ([b'?', pattern @ ..], [_, name @ ..]) => matches_name(pattern, name),
        ([a, pattern @ ..], [b, name @ ..]) => a == b && matches_name(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, path: &str) -> bool {
        let pattern: Vec<&str> = pattern.split('/').collect();
        let path: Vec<String> = path.split('/').map(str::to_owned).collect();
        matches(&pattern, &path)
    }

    #[test]
    fn patterns_match_as_globs_do() {
        assert!(is_match("static/*", "static/a.css"));
        assert!(!is_match("static/*", "static/deep/a.css"));
        assert!(is_match("static/**", "static/deep/a.css"));
        assert!(is_match("**/*.css", "a.css"));
        assert!(is_match("static/**/*.css", "static/very/deep/a.css"));
        assert!(!is_match("static/**/*.css", "other/a.css"));
        assert!(is_match("?.txt", "a.txt"));
    }

    #[test]
    fn matching_files_are_copied_under_their_own_paths() {
        let base = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(base.path().join("assets/css")).unwrap();
        std::fs::write(base.path().join("assets/css/a.css"), "a").unwrap();
        std::fs::write(base.path().join("assets/secret"), "s").unwrap();

        let mut files = Files::default();
        files
            .add_pattern(base.path(), "assets/**", &["**/secret".to_owned()])
            .unwrap();

        let [mount] = files.mounts() else {
            panic!("one mount")
        };
        assert_eq!(mount.guest, "/");
        assert!(mount.host.join("assets/css/a.css").is_file());
        assert!(!mount.host.join("assets/secret").exists());
    }

    #[test]
    fn what_is_not_there_or_leads_out_is_an_error() {
        let base = tempfile::tempdir().unwrap();
        let mut files = Files::default();
        assert!(matches!(
            files.add_pattern(base.path(), "no/*", &[]),
            Err(FilesError::NoMatch(_))
        ));
        assert!(matches!(
            files.add_pattern(base.path(), "../*", &[]),
            Err(FilesError::Outside(_))
        ));
        assert!(matches!(
            files.add_placement(&base.path().join("x"), "/x", &[]),
            Err(FilesError::Missing(_))
        ));
    }
}
