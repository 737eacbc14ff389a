//! Values, and what to say of those of the wrong type.

use toml::de::DeValue;

use super::{Document, FileError, Located, Table};

/// The value of a field.
pub(crate) struct Value<'d> {
    document: &'d Document<'d>,
    pub(crate) name: String,
    pub(crate) line: usize,
    value: DeValue<'d>,
}

impl<'d> Value<'d> {
    pub(super) fn new(
        document: &'d Document<'d>,
        name: String,
        line: usize,
        value: DeValue<'d>,
    ) -> Self {
        Self {
            document,
            name,
            line,
            value,
        }
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> FileError {
        self.document.error(self.line, message)
    }

    pub(crate) fn is_string(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(self.value, DeValue::Array(_))
    }

    /// The error for a value of another type. The value itself is not shown: it may be a secret.
    pub(crate) fn mismatch(&self, expected: &str, remedy: &str) -> FileError {
        let found = match &self.value {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.error(format!(
            "{} must be {expected}, not {found}; {remedy}",
            self.name
        ))
    }

    pub(crate) fn string(self) -> Result<String, FileError> {
        match self.value {
            DeValue::String(text) => Ok(text.into_owned()),
            _ => Err(self.mismatch("a string", "write it in double quotes")),
        }
    }

    pub(crate) fn boolean(self) -> Result<bool, FileError> {
        match self.value {
            DeValue::Boolean(value) => Ok(value),
            _ => Err(self.mismatch("a boolean", "write true or false, without quotes")),
        }
    }

    pub(crate) fn integer(self) -> Result<i64, FileError> {
        match &self.value {
            DeValue::Integer(value) => i64::from_str_radix(value.as_str(), value.radix())
                .map_err(|_| self.error(format!("{} is out of range; make it smaller", self.name))),
            _ => Err(self.mismatch("an integer", "write a whole number, without quotes")),
        }
    }

    /// An integer that is not negative and fits a `usize`.
    pub(crate) fn size(self) -> Result<usize, FileError> {
        let (document, line, name) = (self.document, self.line, self.name.clone());
        usize::try_from(self.integer()?).map_err(|_| {
            document.error(
                line,
                format!("{name} must not be negative; write 0 or more"),
            )
        })
    }

    pub(crate) fn table(self, name: String) -> Result<Table<'d>, FileError> {
        match self.value {
            DeValue::Table(table) => Ok(Table::new(self.document, name, self.line, table)),
            _ => Err(self.mismatch("a table", "write it as { name = value }")),
        }
    }

    pub(crate) fn array(self) -> Result<Vec<Value<'d>>, FileError> {
        let DeValue::Array(array) = self.value else {
            return Err(self.mismatch("an array", "write it in square brackets"));
        };
        Ok(array
            .into_iter()
            .map(|item| Value {
                document: self.document,
                name: format!("an entry of {}", self.name),
                line: self.document.line(item.span().start),
                value: item.into_inner(),
            })
            .collect())
    }

    pub(crate) fn strings(self) -> Result<Vec<Located<String>>, FileError> {
        if !self.is_array() {
            return Err(self.mismatch("an array of strings", "write it as [\"…\"]"));
        }
        self.array()?
            .into_iter()
            .map(|item| {
                let line = item.line;
                Ok(Located {
                    value: item.string()?,
                    line,
                })
            })
            .collect()
    }

    /// A table whose values are all strings, such as `environment`, in the order of the file.
    pub(crate) fn string_table(self) -> Result<Vec<(String, Located<String>)>, FileError> {
        let name = self.name.clone();
        self.table(name)?
            .into_fields()
            .into_iter()
            .map(|(key, value)| {
                let line = value.line;
                let value = value.string()?;
                Ok((key, Located { value, line }))
            })
            .collect()
    }
}
