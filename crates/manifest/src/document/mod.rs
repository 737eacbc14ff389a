//! Reading a TOML file with the line of everything in it.
//!
//! `spin.toml` and the runtime configuration are both read through this module rather than
//! through serde's derives: untagged enums lose the position of what is wrong in them, and a
//! message without its line, or with the names of Rust types in it, does not tell anybody what
//! to change.

mod table;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

pub(crate) use table::Table;
pub(crate) use value::Value;

/// What is wrong with a file of the application, where, and what to do about it.
///
/// Its `Display` is one sentence that starts with the place, `spin.toml:12: …`, and never shows
/// the value of a variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", Place { path, line: *line })]
pub struct FileError {
    path: PathBuf,
    line: Option<usize>,
    message: String,
}

impl FileError {
    pub(crate) fn new(path: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }

    /// The file, as it was named by whoever asked for it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line, counted from 1, unless the file as a whole is meant.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The same place with another sentence.
    pub(crate) fn with_message(&self, message: impl Into<String>) -> Self {
        Self::new(&self.path, self.line, message)
    }

    /// The sentence without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

struct Place<'a> {
    path: &'a Path,
    line: Option<usize>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// The text of a file, able to say on which line a byte stands.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    path: &'t Path,
    text: &'t str,
    line_starts: Vec<usize>,
}

impl<'t> Document<'t> {
    pub(crate) fn new(path: &'t Path, text: &'t str) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            path,
            text,
            line_starts,
        }
    }

    /// The file as a table, which messages call `name`.
    pub(crate) fn root(&self, name: &str) -> Result<Table<'_>, FileError> {
        let table = DeTable::parse(self.text).map_err(|error| {
            // Only the description: the full text of the error repeats the offending line, which
            // may hold a secret.
            let description = error.message().replace('\n', ", ");
            let line = error.span().map(|span| self.line(span.start));
            FileError::new(
                self.path,
                line,
                format!("this is not valid TOML ({description}); correct it"),
            )
        })?;
        Ok(Table::new(self, name.to_owned(), 1, table.into_inner()))
    }

    fn line(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    pub(crate) fn error(&self, line: usize, message: impl Into<String>) -> FileError {
        FileError::new(self.path, Some(line), message)
    }
}

/// Reads a text file, saying which one and why when that fails.
pub(crate) fn read_text(path: &Path, missing: &str) -> Result<String, FileError> {
    let bytes = std::fs::read(path).map_err(|error| {
        let message = if error.kind() == std::io::ErrorKind::NotFound {
            format!("there is no such file; {missing}")
        } else {
            format!("the file cannot be read ({error}); make it readable")
        };
        FileError::new(path, None, message)
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        FileError::new(
            path,
            Some(line),
            "this is not UTF-8; save the file as UTF-8",
        )
    })
}

/// Something and the line that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) line: usize,
}
