//! Where the values of variables come from.

use std::collections::BTreeMap;
use std::env::VarError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Secret, VariableError};

/// The prefix of the environment variables that set application variables, as in Spin.
pub const ENVIRONMENT_PREFIX: &str = "SPIN_VARIABLE";

/// The file with lines that stand for environment variables, as in Spin.
const DOTENV: &str = ".env";

type Lookup = dyn Fn(&str) -> Result<String, VarError> + Send + Sync;

/// A source of values for application variables.
///
/// Each is read once, when the [`Resolver`](super::Resolver) is made: nothing of it is left to do
/// while a request waits.
#[derive(Clone)]
pub enum VariableProvider {
    /// Values that are known already: `--variable`, or `type = "static"` in the runtime
    /// configuration.
    Static(BTreeMap<String, Secret>),
    /// The environment of the process, and behind it a `.env` file.
    Environment(EnvironmentProvider),
}

impl VariableProvider {
    /// A provider of the given values.
    pub fn fixed<N: Into<String>, V: Into<Secret>>(
        values: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self::Static(
            values
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// Spin's own provider, which is always there: `SPIN_VARIABLE_<NAME>` from the environment,
    /// else from the file `.env` in the current directory, if there is one.
    pub fn environment() -> Self {
        Self::Environment(EnvironmentProvider::new(
            ENVIRONMENT_PREFIX,
            Some(PathBuf::from(DOTENV)),
        ))
    }

    /// The environment, and behind it the `.env` beside the manifest in `folder`, if the current directory is
    /// one below that. Commands find the manifest from there, and what it is run with is not to be another
    /// thing in each of its folders.
    pub fn environment_above(folder: &Path) -> Option<Self> {
        let here = std::env::current_dir().ok()?;
        is_below(&here, folder).then(|| {
            let dotenv = folder.join(DOTENV);
            Self::Environment(EnvironmentProvider::new(ENVIRONMENT_PREFIX, Some(dotenv)))
        })
    }

    /// The file that it reads beside the environment, whether that is there or not.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Static(_) => None,
            Self::Environment(provider) => provider.dotenv.as_deref(),
        }
    }

    /// The values of those of `names` that this provider has.
    pub(crate) fn values<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Vec<(&'n str, Secret)>, VariableError> {
        match self {
            Self::Static(values) => Ok(names
                .filter_map(|name| Some((name, values.get(name)?.clone())))
                .collect()),
            Self::Environment(provider) => provider.values(names),
        }
    }
}

impl fmt::Debug for VariableProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(values) => f.debug_tuple("Static").field(values).finish(),
            Self::Environment(provider) => provider.fmt(f),
        }
    }
}

/// Reads `<PREFIX>_<NAME>` from the environment of the process, else from a `.env` file.
#[derive(Clone)]
pub struct EnvironmentProvider {
    prefix: String,
    dotenv: Option<PathBuf>,
    lookup: Arc<Lookup>,
}

impl EnvironmentProvider {
    /// A provider for the environment variables that start with `prefix` and an underscore, and
    /// for the lines of the file `dotenv`. A file that does not exist is an empty one.
    pub fn new(prefix: impl Into<String>, dotenv: Option<PathBuf>) -> Self {
        Self {
            prefix: prefix.into(),
            dotenv,
            lookup: Arc::new(|name| std::env::var(name)),
        }
    }

    /// The same, with `lookup` instead of the environment of the process.
    #[must_use]
    pub fn with_lookup(
        mut self,
        lookup: impl Fn(&str) -> Result<String, VarError> + Send + Sync + 'static,
    ) -> Self {
        self.lookup = Arc::new(lookup);
        self
    }

    fn values<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Vec<(&'n str, Secret)>, VariableError> {
        let file = match &self.dotenv {
            Some(path) => read_dotenv(path)?,
            None => BTreeMap::new(),
        };
        let mut values = Vec::new();
        for name in names {
            let key = format!("{}_{}", self.prefix, name.to_ascii_uppercase());
            match (self.lookup)(&key) {
                Ok(value) => values.push((name, Secret::from(value))),
                Err(VarError::NotPresent) => {
                    values.extend(file.get(&key).map(|value| (name, value.clone())));
                }
                Err(VarError::NotUnicode(_)) => {
                    return Err(VariableError::Provider(format!(
                        "the environment variable {key} is not UTF-8; set it to UTF-8 text"
                    )));
                }
            }
        }
        Ok(values)
    }
}

impl fmt::Debug for EnvironmentProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentProvider")
            .field("prefix", &self.prefix)
            .field("dotenv", &self.dotenv)
            .finish_non_exhaustive()
    }
}

/// Whether `here` lies in a folder of `folder`.
fn is_below(here: &Path, folder: &Path) -> bool {
    // The empty path is the current directory's, but not for the operating system.
    let folder = Path::new(".").join(folder);
    match (here.canonicalize(), folder.canonicalize()) {
        (Ok(here), Ok(folder)) => here != folder && here.starts_with(folder),
        _ => false,
    }
}

fn read_dotenv(path: &Path) -> Result<BTreeMap<String, Secret>, VariableError> {
    // The errors of the parser carry the line that it did not understand, and with it perhaps a
    // secret; only the place is passed on.
    let unreadable = |why: &str| {
        VariableError::Provider(format!("{}: {why}; write NAME=value lines", path.display()))
    };
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let lines = dotenvy::from_path_iter(path).map_err(|_| unreadable("the file cannot be read"))?;
    lines
        .map(|line| match line {
            Ok((name, value)) => Ok((name, Secret::from(value))),
            Err(dotenvy::Error::LineParse(_, column)) => Err(unreadable(&format!(
                "a line is not understood from its character {column} on"
            ))),
            Err(_) => Err(unreadable("a line is not understood")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&str, &str)], dotenv: Option<PathBuf>) -> EnvironmentProvider {
        EnvironmentProvider::new(ENVIRONMENT_PREFIX, dotenv).with_lookup(move |key| {
            pairs
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| (*value).to_owned())
                .ok_or(VarError::NotPresent)
        })
    }

    fn values(provider: EnvironmentProvider, names: &[&str]) -> Vec<(String, String)> {
        VariableProvider::Environment(provider)
            .values(names.iter().copied())
            .unwrap()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.reveal().to_owned()))
            .collect()
    }

    #[test]
    fn the_folder_of_an_application_is_not_below_itself() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("functions/x");
        std::fs::create_dir_all(&inner).unwrap();
        assert!(is_below(&inner, folder.path()));
        assert!(is_below(&inner, &inner.join("..")));
        assert!(!is_below(folder.path(), folder.path()));
        assert!(!is_below(folder.path(), &inner));
        assert!(!is_below(&std::env::current_dir().unwrap(), Path::new("")));
    }

    fn temporary(name: &str, text: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("jenny-{name}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let path = temporary(
            "dotenv",
            b"# comment\nSPIN_VARIABLE_A=file\nSPIN_VARIABLE_B=\"two words\"\nOTHER_C=1\n",
        );
        let provider = environment(&[("SPIN_VARIABLE_A", "")], Some(path.clone()));
        let found = values(provider, &["a", "b", "c"]);
        std::fs::remove_file(path).unwrap();
        // An empty value is a value.
        assert_eq!(
            found,
            [
                ("a".to_owned(), String::new()),
                ("b".to_owned(), "two words".to_owned())
            ]
        );
    }

    #[test]
    fn a_missing_file_is_an_empty_one() {
        let provider = environment(&[], Some(PathBuf::from("/no/such/.env")));
        assert_eq!(values(provider, &["a"]), []);
    }

    #[test]
    fn a_broken_file_is_refused_without_showing_it() {
        let path = temporary("broken-dotenv", b"SPIN_VARIABLE_A='hunter2\n");
        let provider = VariableProvider::Environment(environment(&[], Some(path.clone())));
        let error = provider.values(["a"].into_iter()).unwrap_err().to_string();
        std::fs::remove_file(path).unwrap();
        assert!(error.contains("is not understood"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn debug_shows_no_value() {
        let fixed = VariableProvider::fixed([("a", "hunter2")]);
        assert_eq!(format!("{fixed:?}"), "Static({\"a\": ***})");
        assert!(!format!("{:?}", VariableProvider::environment()).contains("lookup"));
    }
}
