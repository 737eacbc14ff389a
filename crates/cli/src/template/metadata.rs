//! `metadata/spin-template.toml`: what a template asks for, and what it makes where.
//!
//! As Spin reads it: a key that Spin does not know is refused here as well. So is `outputs`, empty folders,
//! which no template of ours makes.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use regex::Regex;
use serde::Deserialize;

/// The manifest of a template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    manifest_version: String,
    pub(super) id: String,
    /// What Spin lists templates with.
    #[serde(rename = "description")]
    _description: Option<String>,
    /// What Spin lists templates by.
    #[serde(rename = "tags")]
    _tags: Option<Vec<String>>,
    pub(super) new_application: Option<Variant>,
    pub(super) add_component: Option<Variant>,
    /// In the order of their names, whatever the manifest's is.
    #[serde(default)]
    parameters: toml::Table,
}

/// How a template makes an application, or a component in one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variant {
    pub(super) supported: Option<bool>,
    #[serde(default)]
    pub(super) skip_files: Vec<String>,
    #[serde(default)]
    pub(super) skip_parameters: Vec<String>,
    /// Files in `metadata/snippets` by what becomes of them.
    #[serde(default)]
    pub(super) snippets: BTreeMap<Snippet, String>,
    #[serde(default)]
    conditions: BTreeMap<String, Conditional>,
}

/// What becomes of a snippet.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Snippet {
    /// It is put at the end of the manifest.
    Component,
    /// The same.
    ApplicationTrigger,
    /// Its entries are put into the manifest's table `variables`.
    Variables,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditional {
    condition: Condition,
    #[serde(default)]
    skip_files: Vec<String>,
    #[serde(default)]
    skip_parameters: Vec<String>,
    #[serde(default)]
    skip_snippets: Vec<Snippet>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Condition {
    /// The manifest that a component is added to has this key: `variables.database_url`.
    ManifestEntryExists(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParameter {
    #[serde(rename = "type")]
    data_type: String,
    /// What Spin asks.
    #[serde(rename = "prompt")]
    _prompt: String,
    default: Option<String>,
    pattern: Option<String>,
    allowed_values: Option<Vec<String>>,
}

/// A value that a template asks for.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// What the template calls it.
    pub(crate) id: String,
    /// What is taken when nothing is said.
    pub(crate) default: Option<String>,
    /// What there is to choose from.
    pub(crate) allowed_values: Option<Vec<String>>,
    pattern: Option<Regex>,
}

impl Metadata {
    /// Reads a manifest, and its parameters.
    pub(super) fn parse(text: &str) -> Result<(Self, Vec<Parameter>)> {
        let metadata: Self = toml::from_str(text)?;
        if metadata.manifest_version != "1" {
            bail!(
                "its manifest_version is {:?}, of which nothing is known",
                metadata.manifest_version
            );
        }
        let parameters = metadata.parameters.iter();
        let parameters = parameters
            .map(|(id, raw)| Parameter::new(id, raw.clone()))
            .collect::<Result<_>>()?;
        Ok((metadata, parameters))
    }
}

impl Variant {
    /// What is left of the variant where the manifest has these keys.
    pub(super) fn resolved(&self, manifest: Option<&toml::Table>) -> Self {
        let mut resolved = self.clone();
        let conditions = self.conditions.values();
        for conditional in conditions.filter(|conditional| conditional.condition.holds(manifest)) {
            let skipped = conditional.skip_files.iter().cloned();
            resolved.skip_files.extend(skipped);
            let skipped = conditional.skip_parameters.iter().cloned();
            resolved.skip_parameters.extend(skipped);
            let skipped = &conditional.skip_snippets;
            resolved.snippets.retain(|id, _| !skipped.contains(id));
        }
        resolved
    }
}

impl Condition {
    fn holds(&self, manifest: Option<&toml::Table>) -> bool {
        let Self::ManifestEntryExists(path) = self;
        let (mut table, mut names) = (manifest, path.as_str());
        while let Some((name, rest)) = names.split_once('.') {
            table = table.and_then(|table| table.get(name)?.as_table());
            names = rest;
        }
        table.is_some_and(|table| table.contains_key(names))
    }
}

impl Parameter {
    fn new(id: &str, raw: toml::Value) -> Result<Self> {
        let raw: RawParameter = raw
            .try_into()
            .with_context(|| format!("its parameter `{id}` is malformed"))?;
        if raw.data_type != "string" {
            bail!(
                "its parameter `{id}` is of the type {:?}: there are strings alone",
                raw.data_type
            );
        }
        let pattern = raw.pattern.as_deref().map(Regex::new).transpose();
        Ok(Self {
            id: id.to_owned(),
            default: raw.default,
            allowed_values: raw.allowed_values,
            pattern: pattern
                .with_context(|| format!("its parameter `{id}` has a pattern that is none"))?,
        })
    }

    /// Whether a template takes this value.
    ///
    /// # Errors
    ///
    /// When it does not; the error says what it takes.
    pub(crate) fn check(&self, value: &str) -> Result<()> {
        if let Some(pattern) = &self.pattern
            && !pattern.is_match(value)
        {
            bail!("`{value}` does not match `{pattern}`");
        }
        if let Some(allowed) = &self.allowed_values
            && !allowed.iter().any(|allowed| allowed == value)
        {
            bail!("`{value}` is not one of {}", allowed.join(", "));
        }
        Ok(())
    }
}
