//! Spin's templates: reads and renders them as `spin new` and `spin add` do.
//!
//! The templates of `templates/` are Spin's, so that `spin templates install` takes them, and they are
//! in this program, so that `cargo jenny new` renders the very same files. A template is
//!
//! - `metadata/spin-template.toml`: what it asks for ([`Parameter`]), and which files it leaves out;
//! - `content/`: its files. Texts are [Liquid](https://shopify.github.io/liquid/), with the filters of
//!   [`filters`]; of a name, `.tmpl` at its end is dropped;
//! - `metadata/snippets/`: what is added to the manifest of the application;
//! - `metadata/partials/`: what files include.
//!
//! What Spin would do otherwise than one expects is an error here: it copies a text that is no Liquid as it
//! is, and renders no names. [`Rendered`] is in memory; what becomes of it is the caller's.

mod filters;
mod metadata;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use liquid::partials::{InMemorySource, LazyCompiler};

use metadata::{Metadata, Variant};
pub(crate) use metadata::{Parameter, Snippet};

/// Every file of every template, by its path below `templates/`.
const EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

const METADATA: &str = "metadata/spin-template.toml";
const CONTENT: &str = "content/";
const SNIPPETS: &str = "metadata/snippets/";
const PARTIALS: &str = "metadata/partials/";

/// A template.
#[derive(Debug)]
pub(crate) struct Template {
    metadata: Metadata,
    parameters: Vec<Parameter>,
    /// By their paths below the template's folder.
    files: BTreeMap<String, Vec<u8>>,
}

/// What to make of a template.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Making<'a> {
    /// A new application, as `spin new` does.
    Application,
    /// A component in the application with this manifest, as `spin add` does.
    Component {
        /// The manifest's text.
        manifest: &'a str,
    },
}

/// What a template makes.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    /// Files, by their paths below the output path.
    pub(crate) files: BTreeMap<PathBuf, Vec<u8>>,
    /// What is added to the manifest.
    pub(crate) snippets: BTreeMap<Snippet, String>,
}

impl Template {
    /// The template of that name which this program carries.
    ///
    /// # Errors
    ///
    /// When there is none, or when it is malformed.
    pub(crate) fn embedded(id: &str) -> Result<Self> {
        let prefix = format!("{id}/");
        let files = EMBEDDED
            .iter()
            .filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?, bytes)));
        Self::new(files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())))
            .with_context(|| format!("the template `{id}` cannot be used"))
    }

    /// The template that consists of these files, by their paths below its folder.
    ///
    /// # Errors
    ///
    /// When its manifest is missing or malformed.
    pub(crate) fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self> {
        let files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
        let text = files
            .get(METADATA)
            .ok_or_else(|| anyhow!("it has no {METADATA}"))?;
        let (metadata, parameters) = std::str::from_utf8(text)
            .map_err(anyhow::Error::new)
            .and_then(Metadata::parse)
            .with_context(|| format!("{METADATA} is malformed"))?;
        Ok(Self {
            metadata,
            parameters,
            files,
        })
    }

    /// What the template is called.
    pub(crate) fn id(&self) -> &str {
        &self.metadata.id
    }

    /// The parameter of that name.
    pub(crate) fn parameter(&self, id: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.id == id)
    }

    /// Renders everything. Parameters that have no value take their default.
    ///
    /// `name` is what templates know as `project-name`, `output_path` what they know as `output-path`:
    /// where the files will be, relative to the manifest.
    ///
    /// # Errors
    ///
    /// When the template does not make such a thing, takes no such parameter or not that value, and when a
    /// text of it is malformed.
    pub(crate) fn render(
        &self,
        making: Making<'_>,
        name: &str,
        output_path: &Path,
        values: &BTreeMap<&str, String>,
    ) -> Result<Rendered> {
        let variant = self.variant(making)?;
        let parser = self.parser()?;
        let globals = self.globals(&variant, name, output_path, values)?;
        let render = |text: &str, what: &str| {
            parser
                .parse(text)
                .and_then(|template| template.render(&globals))
                .map_err(|error| anyhow!("{what} cannot be rendered: {error}"))
        };

        let mut rendered = Rendered::default();
        let content = self
            .files
            .iter()
            .filter_map(|(path, bytes)| Some((path.strip_prefix(CONTENT)?, bytes)));
        for (path, bytes) in content {
            if variant.skip_files.iter().any(|skipped| skipped == path) {
                continue;
            }
            let name = path.strip_suffix(".tmpl").unwrap_or(path);
            if name.contains(['{', '}']) {
                bail!("{path} keeps its name: it is not rendered");
            }
            let bytes = match std::str::from_utf8(bytes) {
                Ok(text) => render(text, path)?.into_bytes(),
                // A picture, for example.
                Err(_) => bytes.clone(),
            };
            rendered.files.insert(PathBuf::from(name), bytes);
        }
        for (snippet, file) in &variant.snippets {
            let path = format!("{SNIPPETS}{file}");
            let text = self.text(&path)?;
            rendered.snippets.insert(*snippet, render(text, &path)?);
        }
        Ok(rendered)
    }

    fn variant(&self, making: Making<'_>) -> Result<Variant> {
        let (variant, manifest, made) = match making {
            Making::Application => {
                // Unless it says otherwise, every template makes an application.
                let variant = self.metadata.new_application.clone();
                (Some(variant.unwrap_or_default()), None, "an application")
            }
            Making::Component { manifest } => {
                let variant = self.metadata.add_component.clone();
                (variant, manifest.parse::<toml::Table>().ok(), "a component")
            }
        };
        variant
            .filter(|variant| variant.supported.unwrap_or(true))
            .map(|variant| variant.resolved(manifest.as_ref()))
            .ok_or_else(|| anyhow!("the template `{}` does not make {made}", self.id()))
    }

    fn globals(
        &self,
        variant: &Variant,
        name: &str,
        output_path: &Path,
        values: &BTreeMap<&str, String>,
    ) -> Result<liquid::Object> {
        if let Some(unknown) = values.keys().find(|id| self.parameter(id).is_none()) {
            bail!("the template `{}` takes no `{unknown}`", self.id());
        }
        let mut globals = liquid::object!({
            "project-name": name,
            "output-path": output_path.to_string_lossy(),
        });
        for parameter in &self.parameters {
            let id = &parameter.id;
            if variant.skip_parameters.contains(id) {
                continue;
            }
            let value = values.get(id.as_str()).or(parameter.default.as_ref());
            let value = value.ok_or_else(|| anyhow!("there is no value for `{id}`"))?;
            parameter
                .check(value)
                .with_context(|| format!("the value of `{id}` cannot be used"))?;
            let value = liquid::model::Value::scalar(value.clone());
            globals.insert(id.clone().into(), value);
        }
        Ok(globals)
    }

    fn parser(&self) -> Result<liquid::Parser> {
        let mut partials = LazyCompiler::<InMemorySource>::empty();
        for path in self.files.keys() {
            if let Some(name) = path.strip_prefix(PARTIALS) {
                if name.contains('/') {
                    bail!("{path} lies in a folder: partials have none");
                }
                partials.add(name, self.text(path)?);
            }
        }
        let builder = liquid::ParserBuilder::with_stdlib().partials(partials);
        let builder = filters::ALL
            .into_iter()
            .fold(builder, |builder, filter| builder.filter(filter));
        builder
            .build()
            .map_err(|error| anyhow!("a partial is malformed: {error}"))
    }

    fn text(&self, path: &str) -> Result<&str> {
        let bytes = self
            .files
            .get(path)
            .ok_or_else(|| anyhow!("the template `{}` has no {path}", self.id()))?;
        std::str::from_utf8(bytes).with_context(|| format!("{path} is no text"))
    }
}
