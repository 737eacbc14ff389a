//! The files that a component's manifest entry mounts.
//!
//! As on Spin they are read-only copies, made when the application is loaded, in one folder that
//! the component sees as `/`: several entries may fill one destination. A pattern keeps the path
//! that a file has in the application's folder (`files = ["assets/**/*.css"]` is seen as
//! `/assets/…`), a `{ source, destination }` entry chooses another. Patterns are those of the
//! `glob` crate, which Spin uses.
//!
//! Unlike Spin, an entry does not follow symbolic links out of the folder that it names: out of
//! `assets` for `assets/**/*` and for `assets/site.css`. Links that appear later lead nowhere, since
//! only the copies are seen.

mod links;

use std::io;
use std::path::{Component as PathPart, Path, PathBuf};

use glob::{Pattern, PatternError, glob};
use tempfile::TempDir;

use jenny_manifest::{Component, FileMount};

/// A folder of the host and its path in the component.
#[derive(Debug)]
pub(crate) struct Mount {
    pub(crate) host: PathBuf,
    pub(crate) guest: &'static str,
}

/// The copies that one component sees. They go with the application.
#[derive(Debug, Default)]
pub(crate) struct Files(Option<(Mount, TempDir)>);

/// A mount that cannot be made. The message names the entry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    #[error("`{0}` does not exist and is no pattern either")]
    Missing(String),
    #[error(
        "`{0}` ends in a folder's name for itself; name the folder as {{ source, destination }}, or \
         end the pattern in `**/*`"
    )]
    Dots(String),
    #[error("`{0}` leads out of the application's folder; files must be in it")]
    Outside(String),
    #[error(
        "the link {} leads out of {}, to {}; put what it leads to in its place, or leave the link out \
         with exclude_files", .link.display(), .folder.display(), .target.display()
    )]
    Link {
        link: PathBuf,
        target: PathBuf,
        folder: PathBuf,
    },
    #[error("the destination `{0}` leads out of the component's files")]
    DestinationOutside(String),
    #[error("the destination `{0}` is a folder; name the file")]
    DestinationIsFolder(String),
    #[error("`{pattern}` is no pattern: {source}")]
    Pattern {
        pattern: String,
        source: PatternError,
    },
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl FilesError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl Files {
    /// Copies what the entry of `component` names in the application's folder, `root`.
    pub(crate) fn of(component: &Component, root: &Path) -> Result<Self, FilesError> {
        if component.files.is_empty() {
            return Ok(Self::default());
        }
        let root = std::path::absolute(root).map_err(FilesError::io(root))?;
        let copies = TempDir::with_prefix("jenny-files-").map_err(FilesError::io(&root))?;
        let copy = Copy {
            root: &root,
            to: copies.path(),
            exclude: patterns(&component.exclude_files)?,
            component: &component.id,
        };
        for mount in &component.files {
            match mount {
                FileMount::Pattern(pattern) => copy.pattern(pattern)?,
                FileMount::Placement {
                    source,
                    destination,
                } => copy.placement(source, destination)?,
            }
        }
        let mount = Mount {
            host: copies.path().to_owned(),
            guest: "/",
        };
        Ok(Self(Some((mount, copies))))
    }

    pub(crate) fn mount(&self) -> Option<&Mount> {
        self.0.as_ref().map(|(mount, _)| mount)
    }
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, FilesError> {
    let pattern = |text: &String| {
        Pattern::new(text).map_err(|source| FilesError::Pattern {
            pattern: text.clone(),
            source,
        })
    };
    texts.iter().map(pattern).collect()
}

/// Copies from the application's folder to a component's.
struct Copy<'a> {
    root: &'a Path,
    to: &'a Path,
    /// They match paths relative to `root`, in which `*` stands for slashes too.
    exclude: Vec<Pattern>,
    component: &'a str,
}

impl Copy<'_> {
    fn pattern(&self, pattern: &str) -> Result<(), FilesError> {
        if [".", ".."].contains(&pattern) || pattern.ends_with("/.") || pattern.ends_with("/..") {
            return Err(FilesError::Dots(pattern.to_owned()));
        }
        if ["*", "**/*"].contains(&pattern) {
            self.warn(format_args!(
                "`{pattern}` is the whole of the application's folder; if that is meant, write \
                 `./{pattern}`"
            ));
        }
        let path = self.root.join(pattern);
        if path.is_dir() {
            // Before anything is made: the folder may be one outside.
            let to = self.to.join(inside(pattern, FilesError::Outside)?);
            // The folder's path comes twice, which is what Spin does.
            self.warn(format_args!(
                "the folder `{pattern}` is seen as `/{pattern}/{pattern}`; to have it as \
                 `/{pattern}`, write \"{pattern}/**/*\""
            ));
            self.all(&literal(&path).join("**/*"), &path, self.root, &to, pattern)
        } else if path.exists() {
            let to = inside(pattern, FilesError::Outside)?;
            self.one(&path, self.parent(&path), &to, pattern)
        } else if pattern.contains(['*', '?', '[']) {
            let glob = literal(self.root).join(pattern);
            let folder = self.root.join(fixed(pattern));
            self.all(&glob, &folder, self.root, self.to, pattern)
        } else {
            Err(FilesError::Missing(pattern.to_owned()))
        }
    }

    fn placement(&self, source: &Path, destination: &str) -> Result<(), FilesError> {
        let named = source.to_string_lossy();
        let path = self.root.join(source);
        let inside = inside(
            destination.trim_start_matches('/'),
            FilesError::DestinationOutside,
        )?;
        if path.is_dir() {
            let glob = literal(&path).join("**/*");
            return self.all(&glob, &path, &path, &self.to.join(inside), &named);
        }
        if !path.exists() {
            return Err(FilesError::Missing(named.into_owned()));
        }
        if inside.as_os_str().is_empty() || destination.ends_with('/') {
            return Err(FilesError::DestinationIsFolder(destination.to_owned()));
        }
        self.one(&path, self.parent(&path), &inside, &named)
    }

    /// The folder of a file that an entry names.
    fn parent<'a>(&'a self, file: &'a Path) -> &'a Path {
        file.parent().unwrap_or(self.root)
    }

    /// Copies the files in `folder` that match `pattern` to where they are relative to `from`, in `to`.
    fn all(
        &self,
        pattern: &Path,
        folder: &Path,
        from: &Path,
        to: &Path,
        named: &str,
    ) -> Result<(), FilesError> {
        let text = pattern.to_string_lossy();
        let found = glob(&text).map_err(|source| FilesError::Pattern {
            pattern: named.to_owned(),
            source,
        })?;
        std::fs::create_dir_all(to).map_err(FilesError::io(to))?;
        let mut matched = false;
        for path in found {
            let path = path.map_err(|error| FilesError::Io {
                path: error.path().to_owned(),
                source: error.into(),
            })?;
            if !path.is_file() {
                continue;
            }
            let outside = || FilesError::Outside(named.to_owned());
            let relative = normal(&path)
                .strip_prefix(normal(self.root))
                .map(Path::to_owned)
                .map_err(|_| outside())?;
            if self
                .exclude
                .iter()
                .any(|pattern| pattern.matches_path(&relative))
            {
                continue;
            }
            matched = true;
            let below = path.strip_prefix(from).map_err(|_| outside())?;
            self.one(&path, folder, &normal(&to.join(below)), named)?;
        }
        if !matched {
            self.warn(format_args!("`{named}` matches no file"));
        }
        Ok(())
    }

    /// Copies one file of `folder`.
    fn one(&self, from: &Path, folder: &Path, to: &Path, named: &str) -> Result<(), FilesError> {
        let to = self.to.join(to);
        let is_ours = |path: &Path| normal(path).starts_with(normal(self.root));
        if !is_ours(from) || !is_ours(folder) || !to.starts_with(self.to) {
            return Err(FilesError::Outside(named.to_owned()));
        }
        links::follow(folder, self.root)?;
        let from = &links::follow(from, folder)?;
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(FilesError::io(parent))?;
        }
        std::fs::copy(from, to).map_err(FilesError::io(from))?;
        Ok(())
    }

    fn warn(&self, sentence: std::fmt::Arguments<'_>) {
        let id = self.component;
        tracing::warn!(component = %id, "component `{id}`, files: {sentence}");
    }
}

/// The folder that a pattern's matches are in: its parts before the first that is not only a name.
fn fixed(pattern: &str) -> PathBuf {
    let parts = Path::new(pattern).components();
    parts
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']))
        .collect()
}

/// `path` as a pattern that only it matches: a folder may be named like `app[1]`.
fn literal(path: &Path) -> PathBuf {
    Pattern::escape(&path.to_string_lossy()).into()
}

/// `path` as a relative path that does not leave where it starts.
fn inside(path: &str, error: fn(String) -> FilesError) -> Result<PathBuf, FilesError> {
    let normal = normal(Path::new(path));
    let stays = |part: PathPart<'_>| matches!(part, PathPart::Normal(_));
    if normal.components().all(stays) {
        Ok(normal)
    } else {
        Err(error(path.to_owned()))
    }
}

/// `path` without `.` and, as far as it has something to cancel, `..`: what it says, whatever
/// symbolic links there are.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match (part, normal.components().next_back()) {
            (PathPart::CurDir, _) => {}
            (PathPart::ParentDir, Some(PathPart::Normal(_))) => {
                normal.pop();
            }
            _ => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests;
