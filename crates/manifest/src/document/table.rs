//! Tables, and the fields that nobody asked for.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::{Document, FileError, Located, Value};

/// A table whose fields are taken out one by one; what is left in the end is unknown.
pub(crate) struct Table<'d> {
    document: &'d Document<'d>,
    /// How messages call it: `component 'account'`.
    pub(crate) name: String,
    pub(crate) line: usize,
    fields: BTreeMap<String, Value<'d>>,
    known: Vec<&'static str>,
}

impl<'d> Table<'d> {
    pub(super) fn new(
        document: &'d Document<'d>,
        name: String,
        line: usize,
        table: DeTable<'d>,
    ) -> Self {
        let fields = table
            .into_iter()
            .map(|(key, value)| {
                let line = document.line(key.span().start);
                let key = key.into_inner().into_owned();
                let called = format!("'{key}' of {name}");
                let value = Value::new(document, called, line, value.into_inner());
                (key, value)
            })
            .collect();
        Self {
            document,
            name,
            line,
            fields,
            known: Vec::new(),
        }
    }

    /// The lines of the fields, by name.
    pub(crate) fn lines(&self) -> BTreeMap<String, usize> {
        self.fields
            .iter()
            .map(|(name, value)| (name.clone(), value.line))
            .collect()
    }

    pub(crate) fn take(&mut self, field: &'static str) -> Option<Value<'d>> {
        self.known.push(field);
        self.fields.remove(field)
    }

    pub(crate) fn require(
        &mut self,
        field: &'static str,
        remedy: &str,
    ) -> Result<Value<'d>, FileError> {
        if let Some(value) = self.take(field) {
            return Ok(value);
        }
        // A misspelt field is better named than the one that is then missing.
        let misspelt = self
            .fields
            .iter()
            .find(|(written, _)| nearest(written, &[field]).is_some());
        Err(match misspelt {
            Some((written, value)) => value.error(format!(
                "{} has no field '{written}'; did you mean '{field}'?",
                self.name
            )),
            None => self.error(format!("{} has no '{field}'; {remedy}", self.name)),
        })
    }

    pub(crate) fn take_string(&mut self, field: &'static str) -> Result<Option<String>, FileError> {
        self.take(field).map(Value::string).transpose()
    }

    pub(crate) fn take_strings(
        &mut self,
        field: &'static str,
    ) -> Result<Vec<Located<String>>, FileError> {
        self.take(field).map_or(Ok(Vec::new()), Value::strings)
    }

    pub(crate) fn take_boolean(&mut self, field: &'static str) -> Result<Option<bool>, FileError> {
        self.take(field).map(Value::boolean).transpose()
    }

    pub(crate) fn take_table(
        &mut self,
        field: &'static str,
        name: String,
    ) -> Result<Option<Table<'d>>, FileError> {
        self.take(field).map(|value| value.table(name)).transpose()
    }

    /// Every remaining field, for tables whose keys are names that the user chose, in the order
    /// of the file.
    pub(crate) fn into_fields(self) -> Vec<(String, Value<'d>)> {
        let mut fields: Vec<_> = self.fields.into_iter().collect();
        fields.sort_by_key(|(_, value)| value.line);
        fields
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> FileError {
        self.document.error(self.line, message)
    }

    pub(crate) fn error_at(&self, line: usize, message: impl Into<String>) -> FileError {
        self.document.error(line, message)
    }

    /// Refuses the fields that nobody took.
    pub(crate) fn finish(self) -> Result<(), FileError> {
        let Some((field, value)) = self.fields.iter().min_by_key(|(_, value)| value.line) else {
            return Ok(());
        };
        let remedy = match nearest(field, &self.known) {
            Some(known) => format!("did you mean '{known}'?"),
            None => format!("remove it, or use one of: {}", self.known.join(", ")),
        };
        Err(value.error(format!("{} has no field '{field}'; {remedy}", self.name)))
    }
}

/// The known name that the user most likely meant: within two slips of the pen.
fn nearest<'k>(field: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|known| (edit_distance(field, known), *known))
        .filter(|(distance, known)| *distance <= 2 && *distance < known.len())
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein's distance, over characters.
pub(super) fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
