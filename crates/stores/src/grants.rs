//! What the manifest grants a component.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Refusals beyond this many are no longer logged: a component that invents labels in a loop must
/// fill neither the log nor the host's memory.
const MAX_LOGGED_REFUSALS: usize = 64;

/// How much of a name that a component made up is repeated.
const MAX_NAME_CHARACTERS: usize = 256;

/// The part of a component's text that a sentence of the log repeats.
pub fn excerpt(text: &str) -> &str {
    match text.char_indices().nth(MAX_NAME_CHARACTERS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// The kinds of grant that a component's manifest entry lists by label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantKind {
    /// `key_value_stores`
    KeyValueStore,
    /// `sqlite_databases`
    SqliteDatabase,
    /// `ai_models`
    AiModel,
}

impl GrantKind {
    /// The key of a `[component.<id>]` table that lists grants of this kind.
    pub fn manifest_key(self) -> &'static str {
        match self {
            Self::KeyValueStore => "key_value_stores",
            Self::SqliteDatabase => "sqlite_databases",
            Self::AiModel => "ai_models",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::KeyValueStore => "key-value store",
            Self::SqliteDatabase => "SQLite database",
            Self::AiModel => "language model",
        }
    }
}

/// Takes a line for a component's own log.
type Log = Box<dyn Fn(&str) + Send + Sync>;

/// What one component may open. Everything that is not listed is refused.
///
/// ```
/// use jenny_stores::{GrantKind, Grants};
///
/// let grants = Grants::new("account", ["default"], [] as [&str; 0]);
/// assert!(grants.allows(GrantKind::KeyValueStore, "default"));
/// assert!(!grants.allows(GrantKind::SqliteDatabase, "default"));
/// ```
pub struct Grants {
    component: Arc<str>,
    key_value_stores: BTreeSet<String>,
    sqlite_databases: BTreeSet<String>,
    ai_models: BTreeSet<String>,
    /// The component's own log, which gets what the host's gets.
    log: Option<Log>,
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
            ai_models: BTreeSet::new(),
            log: None,
            logged: Mutex::default(),
        }
    }

    /// The same, and these language models.
    #[must_use]
    pub fn with_ai_models<M>(mut self, models: impl IntoIterator<Item = M>) -> Self
    where
        M: Into<String>,
    {
        self.ai_models = models.into_iter().map(Into::into).collect();
        self
    }

    /// The same, with refusals in the log of the component, too.
    #[must_use]
    pub fn noted_in(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log = Some(Box::new(log));
        self
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
    pub fn check(&self, kind: GrantKind, label: &str) -> bool {
        let allowed = self.allows(kind, label);
        if !allowed {
            self.note(self.refusal(kind, label));
        }
        allowed
    }

    /// Says in the log, once, that `label` is granted but defined nowhere.
    pub fn note_undefined(&self, kind: GrantKind, label: &str) {
        self.note(self.undefined(kind, label));
    }

    /// Says in the log, once, that the component's manifest entry lacks the variable `name`.
    pub fn note_unknown_variable(&self, name: &str) {
        let name = excerpt(name);
        self.note(format!(
            "component `{id}` was refused the variable {name:?}: add {name} = \"{{{{ {name} }}}}\" \
             under [component.{id}.variables] in spin.toml",
            id = self.component,
        ));
    }

    /// One sentence saying that `label` is granted but defined nowhere, and what to do.
    pub fn undefined(&self, kind: GrantKind, label: &str) -> String {
        let table = match kind {
            GrantKind::KeyValueStore => "key_value_store",
            GrantKind::SqliteDatabase => "sqlite_database",
            GrantKind::AiModel => "llm_compute",
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
        let label = excerpt(label);
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
            GrantKind::AiModel => &self.ai_models,
        }
    }

    /// Logs a sentence unless it has been logged before. Says whether it was.
    fn note(&self, sentence: String) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let first = logged.len() < MAX_LOGGED_REFUSALS && !logged.contains(&sentence);
        if first {
            tracing::warn!(component = %self.component, "{sentence}");
            if let Some(log) = &self.log {
                log(&sentence);
            }
            logged.insert(sentence);
        }
        first
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants")
            .field("component", &self.component)
            .field("key_value_stores", &self.key_value_stores)
            .field("sqlite_databases", &self.sqlite_databases)
            .field("ai_models", &self.ai_models)
            .finish_non_exhaustive()
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

        let endless = grants.refusal(GrantKind::KeyValueStore, &"é".repeat(1 << 20));
        assert!(endless.len() < 2000, "{}", endless.len());
    }
}
