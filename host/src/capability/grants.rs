//! What the manifest grants a component.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Refusals beyond this many are no longer logged: a component that invents labels in a loop must
/// fill neither the log nor the host's memory.
const MAX_LOGGED_REFUSALS: usize = 64;

/// The kinds of grant that a component's manifest entry lists by label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantKind {
    /// `key_value_stores`
    KeyValueStore,
    /// `sqlite_databases`
    SqliteDatabase,
}

impl GrantKind {
    /// The key of a `[component.<id>]` table that lists grants of this kind.
    pub fn manifest_key(self) -> &'static str {
        match self {
            Self::KeyValueStore => "key_value_stores",
            Self::SqliteDatabase => "sqlite_databases",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::KeyValueStore => "key-value store",
            Self::SqliteDatabase => "SQLite database",
        }
    }
}

/// What one component may open. Everything that is not listed is refused.
///
/// ```
/// use jenny_host::capability::{GrantKind, Grants};
///
/// let grants = Grants::new("account", ["default"], [] as [&str; 0]);
/// assert!(grants.allows(GrantKind::KeyValueStore, "default"));
/// assert!(!grants.allows(GrantKind::SqliteDatabase, "default"));
/// ```
#[derive(Debug)]
pub struct Grants {
    component: Arc<str>,
    key_value_stores: BTreeSet<String>,
    sqlite_databases: BTreeSet<String>,
    logged: Mutex<HashSet<String>>,
}

impl Grants {
    /// The grants of the component whose id is `component`.
    pub fn new<K, S>(
        component: &str,
        key_value_stores: impl IntoIterator<Item = K>,
        sqlite_databases: impl IntoIterator<Item = S>,
    ) -> Self
    where
        K: Into<String>,
        S: Into<String>,
    {
        Self {
            component: component.into(),
            key_value_stores: key_value_stores.into_iter().map(Into::into).collect(),
            sqlite_databases: sqlite_databases.into_iter().map(Into::into).collect(),
            logged: Mutex::default(),
        }
    }

    /// The id of the component.
    pub fn component(&self) -> &Arc<str> {
        &self.component
    }

    /// Whether the component may open what is called `label`.
    pub fn allows(&self, kind: GrantKind, label: &str) -> bool {
        self.labels(kind).contains(label)
    }

    /// Like [`allows`](Self::allows), and says in the log what to add to the manifest if not:
    /// once for each label, because a component tends to try again at every request.
    pub(crate) fn check(&self, kind: GrantKind, label: &str) -> bool {
        let allowed = self.allows(kind, label);
        if !allowed {
            self.note(self.refusal(kind, label));
        }
        allowed
    }

    /// Says in the log, once, that `label` is granted but defined nowhere.
    pub(crate) fn note_undefined(&self, kind: GrantKind, label: &str) {
        self.note(self.undefined(kind, label));
    }

    /// Says in the log, once, that the component's manifest entry lacks the variable `name`.
    pub(crate) fn note_unknown_variable(&self, name: &str) {
        self.note(format!(
            "component `{id}` was refused the variable {name:?}: add {name} = \"{{{{ {name} }}}}\" \
             under [component.{id}.variables] in spin.toml",
            id = self.component,
        ));
    }

    /// One sentence saying that `label` is granted but defined nowhere, and what to do.
    pub(crate) fn undefined(&self, kind: GrantKind, label: &str) -> String {
        let table = match kind {
            GrantKind::KeyValueStore => "key_value_store",
            GrantKind::SqliteDatabase => "sqlite_database",
        };
        format!(
            "component `{}` lists the {} `{label}` under `{}`, which is not defined: correct the \
             label in spin.toml, or add a [{table}.{label}] table to the runtime configuration \
             file and pass it with --runtime-config-file",
            self.component,
            kind.noun(),
            kind.manifest_key(),
        )
    }

    fn refusal(&self, kind: GrantKind, label: &str) -> String {
        let mut labels: Vec<&str> = self.labels(kind).iter().map(String::as_str).collect();
        labels.push(label);
        format!(
            "component `{}` was refused the {} {label:?}: add {} = {labels:?} under \
             [component.{}] in spin.toml",
            self.component,
            kind.noun(),
            kind.manifest_key(),
            self.component,
        )
    }

    fn labels(&self, kind: GrantKind) -> &BTreeSet<String> {
        match kind {
            GrantKind::KeyValueStore => &self.key_value_stores,
            GrantKind::SqliteDatabase => &self.sqlite_databases,
        }
    }

    /// Logs a sentence unless it has been logged before. Says whether it was.
    fn note(&self, sentence: String) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let first = logged.len() < MAX_LOGGED_REFUSALS && !logged.contains(&sentence);
        if first {
            tracing::warn!(component = %self.component, "{sentence}");
            logged.insert(sentence);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_line_to_add() {
        let grants = Grants::new("account", ["sessions"], [] as [&str; 0]);
        assert_eq!(
            grants.refusal(GrantKind::KeyValueStore, "default"),
            "component `account` was refused the key-value store \"default\": add \
             key_value_stores = [\"sessions\", \"default\"] under [component.account] in spin.toml"
        );
    }

    #[test]
    fn a_label_is_logged_once_and_the_log_is_bounded() {
        let grants = Grants::new("account", [] as [&str; 0], [] as [&str; 0]);
        assert!(grants.note("a".to_owned()));
        assert!(!grants.note("a".to_owned()));
        grants.note_unknown_variable("key");
        assert!(grants.logged.lock().unwrap().contains(
            "component `account` was refused the variable \"key\": add key = \"{{ key }}\" under \
             [component.account.variables] in spin.toml"
        ));
        for label in 0..1000 {
            grants.check(GrantKind::SqliteDatabase, &label.to_string());
        }
        assert_eq!(grants.logged.lock().unwrap().len(), MAX_LOGGED_REFUSALS);
    }
}
