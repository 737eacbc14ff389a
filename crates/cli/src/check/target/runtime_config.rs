//! What a runtime configuration says of stores and variables, whichever Spin it is for.
//!
//! The host's own reader refuses what the host does not have, such as libSQL or Vault. What is meant for
//! a cloud is meant for Spin, which has them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use crate::check::finding::Report;

/// The parts that matter.
#[derive(Debug, Default)]
pub(super) struct RuntimeConfig {
    /// For each table of stores, the type of each label.
    stores: BTreeMap<String, BTreeMap<String, String>>,
    /// The variables that it gives a value.
    given: BTreeSet<String>,
    /// Whether variables come from where this cannot look.
    asks_elsewhere: bool,
}

impl RuntimeConfig {
    /// Reads a file; without one everything is as it is by default.
    pub(super) fn read(file: Option<&Path>) -> Result<Self, Report> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let refused = |message: String| Report::at(file.display().to_string(), message);
        let text = std::fs::read_to_string(file).map_err(|error| {
            refused(format!(
                "the file cannot be read ({error}): correct the path"
            ))
        })?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            refused(format!(
                "this is no valid TOML ({}): correct it",
                error.message()
            ))
        })?;
        Ok(Self::of(&table))
    }

    fn of(table: &Table) -> Self {
        let mut config = Self::default();
        for kind in ["key_value_store", "sqlite_database"] {
            let labels = table.get(kind).and_then(Value::as_table);
            for (label, store) in labels.into_iter().flatten() {
                let of_type = text(store, "type").unwrap_or_default();
                let stores = config.stores.entry(kind.to_owned()).or_default();
                stores.insert(label.clone(), of_type.to_owned());
            }
        }
        // The second name is that of Spin 1, which is still read.
        let providers = ["variables_provider", "config_provider"]
            .iter()
            .filter_map(|name| table.get(*name)?.as_array())
            .flatten();
        for provider in providers {
            match text(provider, "type") {
                Some("static") => {
                    let values = provider.get("values").and_then(Value::as_table);
                    config
                        .given
                        .extend(values.into_iter().flat_map(Table::keys).cloned());
                }
                Some("env") => {}
                _ => config.asks_elsewhere = true,
            }
        }
        config
    }

    /// The type of a store, if the file defines it.
    pub(super) fn kind_of(&self, table: &str, label: &str) -> Option<&str> {
        self.stores.get(table)?.get(label).map(String::as_str)
    }

    /// Whether a variable has a value from the file, or from a provider that cannot be asked here.
    pub(super) fn may_give(&self, variable: &str) -> bool {
        self.asks_elsewhere || self.given.contains(variable)
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> RuntimeConfig {
        RuntimeConfig::of(&text.parse().unwrap())
    }

    #[test]
    fn stores_have_their_types_whichever_those_are() {
        let config = read(
            "[key_value_store.default]\ntype = 'azure_cosmos'\n[sqlite_database.default]\ntype = 'libsql'\n",
        );
        assert_eq!(
            config.kind_of("key_value_store", "default"),
            Some("azure_cosmos")
        );
        assert_eq!(config.kind_of("sqlite_database", "default"), Some("libsql"));
        assert_eq!(config.kind_of("sqlite_database", "other"), None);
    }

    #[test]
    fn a_provider_that_cannot_be_asked_may_have_everything() {
        let values = "[[variables_provider]]\ntype = 'static'\nvalues = { a = '1' }\n";
        assert!(read(values).may_give("a") && !read(values).may_give("b"));
        assert!(!read("[[variables_provider]]\ntype = 'env'\n").may_give("a"));
        assert!(read("[[config_provider]]\ntype = 'vault'\n").may_give("a"));
    }

    #[test]
    fn what_cannot_be_read_is_a_finding() {
        assert!(RuntimeConfig::read(None).is_ok());
        assert!(RuntimeConfig::read(Some(Path::new("/no/such/file.toml"))).is_err());
    }
}
