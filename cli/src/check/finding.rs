//! What a rule says.

use std::fmt;

/// What a rule reports, before the runner adds the rule's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    file: Option<String>,
    line: Option<usize>,
    message: String,
}

impl Report {
    /// A report about a file. `file` is relative to the project's root, with `/`.
    pub(super) fn at(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            line: None,
            message: message.into(),
        }
    }

    /// The same report about one line of its file; lines count from 1.
    pub(super) fn line(mut self, line: impl Into<Option<usize>>) -> Self {
        self.line = line.into();
        self
    }

    /// The finding that this report is once its rule is known.
    pub(super) fn of(self, rule: &'static str) -> Finding {
        Finding {
            file: self.file,
            line: self.line,
            rule,
            message: self.message,
        }
    }
}

/// One thing to mend. Ordered by file, line and rule, which is the order of printing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// The file it is about, relative to the project's root.
    pub(super) file: Option<String>,
    /// The line, counted from 1.
    pub(super) line: Option<usize>,
    /// The name of the rule.
    pub(super) rule: &'static str,
    /// One sentence that says what to do.
    pub(super) message: String,
}

impl Finding {
    pub(super) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "rule": self.rule,
            "file": self.file,
            "line": self.line,
            "message": self.message,
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, _) => {}
        }
        write!(f, "{} [{}]", self.message, self.rule)
    }
}
