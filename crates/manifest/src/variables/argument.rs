//! The `--variable` flag.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Secret, VariableError};

/// The value of one `--variable` flag, in Spin's syntax: `name=value`, `name=@file`,
/// `@file.toml` or `@file.json`.
///
/// ```
/// use jenny_manifest::variables::VariableArgument;
///
/// let argument: VariableArgument = "log_level=debug".parse()?;
/// assert_eq!(argument.read()?["log_level"].reveal(), "debug");
/// # Ok::<(), jenny_manifest::variables::VariableError>(())
/// ```
#[derive(Clone)]
pub struct VariableArgument(Form);

#[derive(Clone)]
enum Form {
    Value(String, Secret),
    FileText(String, PathBuf),
    Json(PathBuf),
    Toml(PathBuf),
}

impl FromStr for VariableArgument {
    type Err = VariableError;

    fn from_str(argument: &str) -> Result<Self, Self::Err> {
        let form = if let Some(path) = argument.strip_prefix('@') {
            let path = PathBuf::from(path);
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => Form::Json(path),
                Some("toml") => Form::Toml(path),
                _ => {
                    return Err(VariableError::Provider(format!(
                        "--variable @{} must name a .toml or .json file; rename it, or write name=@file",
                        path.display()
                    )));
                }
            }
        } else if let Some((name, value)) = argument.split_once('=') {
            match value.strip_prefix('@') {
                Some(path) => Form::FileText(name.to_owned(), path.into()),
                None => Form::Value(name.to_owned(), value.into()),
            }
        } else {
            // Not repeated: somebody may have forgotten the name and written the secret alone.
            return Err(VariableError::Provider(
                "--variable needs a name and a value; write name=value, name=@file, @file.toml or @file.json"
                    .to_owned(),
            ));
        };
        Ok(Self(form))
    }
}

impl VariableArgument {
    /// The file that it names, if it names one.
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Form::Value(..) => None,
            Form::FileText(_, path) | Form::Json(path) | Form::Toml(path) => Some(path),
        }
    }

    /// The names and values that it stands for; files are read now.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not a flat table of strings.
    pub fn read(&self) -> Result<BTreeMap<String, Secret>, VariableError> {
        let parsed = |path: &Path, values: Result<BTreeMap<String, String>, ()>| {
            values
                .map(|values| values.into_iter().map(|(n, v)| (n, v.into())).collect())
                .map_err(|()| {
                    VariableError::Provider(format!(
                        "{}: this is not a flat table of strings; write one name and one string a line",
                        path.display()
                    ))
                })
        };
        match &self.0 {
            Form::Value(name, value) => Ok(BTreeMap::from([(name.clone(), value.clone())])),
            Form::FileText(name, path) => Ok(BTreeMap::from([(name.clone(), read(path)?.into())])),
            Form::Json(path) => parsed(path, serde_json::from_str(&read(path)?).map_err(drop)),
            Form::Toml(path) => parsed(path, toml::from_str(&read(path)?).map_err(drop)),
        }
    }
}

fn read(path: &Path) -> Result<String, VariableError> {
    std::fs::read_to_string(path).map_err(|error| {
        VariableError::Provider(format!(
            "{}: the file named by --variable cannot be read ({error}); correct the path",
            path.display()
        ))
    })
}

impl fmt::Debug for VariableArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Value(name, value) => write!(f, "{name}={value}"),
            Form::FileText(name, path) => write!(f, "{name}=@{}", path.display()),
            Form::Json(path) | Form::Toml(path) => write!(f, "@{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(argument: &str) -> VariableArgument {
        argument.parse().unwrap()
    }

    #[test]
    fn values_may_hold_anything() {
        for (argument, name, value) in [
            ("k=v", "k", "v"),
            ("k=", "k", ""),
            ("k=a=b", "k", "a=b"),
            ("k=a@b", "k", "a@b"),
        ] {
            assert_eq!(parse(argument).read().unwrap()[name].reveal(), value);
        }
    }

    #[test]
    fn files_are_read() {
        let directory =
            std::env::temp_dir().join(format!("jenny-variables-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let file = |name: &str, text: &str| {
            let path = directory.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let key = file("key.pem", "line\nline\n");
        let json = file("v.json", r#"{"a": "1"}"#);
        let toml = file("v.toml", "a = \"2\"\n");
        let bad = file("bad.toml", "a = { b = 'hunter2' }\n");
        assert_eq!(
            parse(&format!("k=@{key}")).read().unwrap()["k"].reveal(),
            "line\nline\n"
        );
        assert_eq!(
            parse(&format!("@{json}")).read().unwrap()["a"].reveal(),
            "1"
        );
        assert_eq!(
            parse(&format!("@{toml}")).read().unwrap()["a"].reveal(),
            "2"
        );
        let error = parse(&format!("@{bad}")).read().unwrap_err().to_string();
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(
            error.contains("bad.toml") && !error.contains("hunter2"),
            "{error}"
        );
        assert!(parse("@/no/such.toml").read().is_err());
    }

    #[test]
    fn other_forms_are_refused() {
        for argument in ["nope", "@file", "@file.yaml", ""] {
            assert!(argument.parse::<VariableArgument>().is_err(), "{argument}");
        }
        let error = "hunter2"
            .parse::<VariableArgument>()
            .unwrap_err()
            .to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn debug_hides_the_value() {
        assert_eq!(format!("{:?}", parse("k=hunter2")), "k=***");
    }
}
