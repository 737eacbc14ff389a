//! From TOML to [`Manifest`]: the parts that are neither component nor trigger.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::{
    Application, Component, Feature, HttpTrigger, Manifest, ManifestError, TriggerTarget,
    Unsupported, VariableDeclaration,
};
use super::{check_variable, component, trigger};
use crate::document::{Document, FileError, Table, Value};
use crate::variables::{Secret, Template};

/// What reading collects beside the result.
pub(super) struct Context {
    pub(super) path: Arc<Path>,
    warnings: Vec<String>,
    unsupported: Vec<Unsupported>,
    /// Texts of what is unsupported: each may name a component, or be made of variables.
    texts: BTreeSet<String>,
}

impl Context {
    pub(super) fn warn(&mut self, line: usize, sentence: impl AsRef<str>) {
        let path = self.path.display();
        self.warnings
            .push(format!("{path}:{line}: {}", sentence.as_ref()));
    }

    pub(super) fn unsupported(&mut self, feature: Feature, refusal: FileError) {
        self.unsupported.push(Unsupported { feature, refusal });
    }

    pub(super) fn keep_text(&mut self, text: &str) {
        self.texts.insert(text.to_owned());
    }

    /// Keeps every text in the value of something that is unsupported.
    pub(super) fn keep_texts(&mut self, value: Value<'_>) {
        if value.is_string() {
            self.texts.extend(value.string());
        } else if value.is_array() {
            for value in value.array().into_iter().flatten() {
                self.keep_texts(value);
            }
        } else if let Ok(table) = value.table(String::new()) {
            for (_, value) in table.into_fields() {
                self.keep_texts(value);
            }
        }
    }

    /// The variables that the texts are made of.
    fn variables(&self) -> BTreeSet<String> {
        let templates = self
            .texts
            .iter()
            .filter_map(|text| Template::parse(text).ok());
        templates
            .flat_map(|template| template.variables().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }
}

pub(super) fn manifest(document: &Document<'_>, path: &Path) -> Result<Manifest, ManifestError> {
    let mut context = Context {
        path: path.into(),
        warnings: Vec::new(),
        unsupported: Vec::new(),
        texts: BTreeSet::new(),
    };
    let mut root = document.root("the manifest")?;
    version(&mut root)?;

    let remedy = "add [application] with a name";
    let application = root.require("application", remedy)?;
    let (application, settings) = self::application(application, &mut context)?;

    let variables = match root.take("variables") {
        Some(table) => self::variables(table)?,
        None => BTreeMap::new(),
    };

    let mut components = BTreeMap::new();
    if let Some(table) = root.take("component") {
        for (id, value) in table.table("[component]".to_owned())?.into_fields() {
            let component = component::read(&id, value, &mut context)?;
            components.insert(id, component);
        }
    }
    let remedy = "add [[trigger.http]] with a route and a component";
    let triggers = root.require("trigger", remedy)?;
    let triggers = trigger::read(triggers, &mut components, &mut context)?;
    root.finish()?;

    for component in components.values() {
        component::check_templates(component, &variables)?;
    }
    warn_unused(&components, &triggers, &mut context);
    warn_settings(settings, &mut context);
    Ok(Manifest {
        path: path.to_owned(),
        application,
        variables,
        triggers,
        components,
        trigger_variables: context.variables(),
        unsupported: context.unsupported,
        warnings: context.warnings,
        profile: None,
    })
}

fn version(root: &mut Table<'_>) -> Result<(), FileError> {
    let old = "this is a manifest of version 1; convert it with `spin doctor` to spin_manifest_version = 2";
    if !root.has("spin_manifest_version") && root.has("spin_version") {
        return Err(root.error(old));
    }
    let remedy = "start the file with spin_manifest_version = 2";
    let version = root.require("spin_manifest_version", remedy)?;
    let wrong =
        version.error("only manifests of version 2 are supported; write spin_manifest_version = 2");
    let old = version.error(old);
    // Version 1 wrote it as a string. `spin doctor` migrates the number too.
    if version.is_string() {
        return Err(if version.string()? == "1" { old } else { wrong });
    }
    match version.integer()? {
        2 => Ok(()),
        1 => Err(old),
        _ => Err(wrong),
    }
}

fn application(
    value: Value<'_>,
    context: &mut Context,
) -> Result<(Application, Settings), FileError> {
    let mut table = value.table("[application]".to_owned())?;
    let name = table.require("name", "add name = \"…\"")?.string()?;
    let version = table.take_string("version")?.unwrap_or_default();
    let description = table.take_string("description")?.unwrap_or_default();
    let authors = table.take_strings("authors")?;
    if let Some(targets) = table.take("targets") {
        warn_targets(&targets, context);
    }
    let settings = match table.take_table("trigger", "[application.trigger]".to_owned())? {
        Some(triggers) => trigger_settings(triggers, context)?,
        None => Settings::new(),
    };
    if let Some(tool) = table.take("tool") {
        tool.table("[application.tool]".to_owned())?;
    }
    table.finish()?;
    let application = Application {
        name,
        version,
        description,
        authors: authors.into_iter().map(|author| author.value).collect(),
    };
    Ok((application, settings))
}

pub(super) fn warn_targets(targets: &Value<'_>, context: &mut Context) {
    context.warn(
        targets.line,
        format!(
            "{} is not checked here; `spin build` checks it",
            targets.name
        ),
    );
}

/// The kinds of triggers other than HTTP that `[application.trigger]` has settings of, each with its line.
type Settings = Vec<(String, usize)>;

fn trigger_settings(triggers: Table<'_>, context: &mut Context) -> Result<Settings, FileError> {
    let mut others = Settings::new();
    for (kind, value) in triggers.into_fields() {
        let line = value.line;
        let mut settings = value.table(format!("[application.trigger.{kind}]"))?;
        if kind != "http" {
            for (_, value) in settings.into_fields() {
                context.keep_texts(value);
            }
            others.push((kind, line));
            continue;
        }
        if let Some(base) = settings.take("base") {
            let refusal = base.error(
                "'base' of the http trigger is gone from Spin; remove it and put it in front of each route",
            );
            if base.string()? != "/" {
                return Err(refusal);
            }
        }
        settings.finish()?;
    }
    Ok(others)
}

fn variables(value: Value<'_>) -> Result<BTreeMap<String, VariableDeclaration>, FileError> {
    value
        .table("[variables]".to_owned())?
        .into_fields()
        .into_iter()
        .map(|(name, value)| Ok((name.clone(), variable(&name, value)?)))
        .collect()
}

fn variable(name: &str, value: Value<'_>) -> Result<VariableDeclaration, FileError> {
    let line = value.line;
    check_variable(name).map_err(|remedy| {
        value.error(format!(
            "'{name}' cannot be the name of a variable; {remedy}"
        ))
    })?;
    if value.is_string() {
        let example = format!("write {name} = {{ default = \"…\" }}");
        return Err(value.mismatch("a table", &example));
    }
    let mut table = value.table(format!("variable '{name}'"))?;
    let default = table.take_string("default")?.map(Secret::from);
    let required = table.take_boolean("required")?.unwrap_or(false);
    let secret = table.take_boolean("secret")?.unwrap_or(false);
    let description = table.take_string("description")?.unwrap_or_default();
    match (required, &default) {
        (false, None) => Err(table.error(format!(
            "variable '{name}' has neither a default nor required = true; add one of them"
        ))),
        (true, Some(_)) => Err(table.error(format!(
            "variable '{name}' has both a default and required = true; remove one of them"
        ))),
        _ => Ok(()),
    }?;
    table.finish()?;
    Ok(VariableDeclaration {
        default,
        required,
        secret,
        description,
        line,
    })
}

fn warn_unused(
    components: &BTreeMap<String, Component>,
    triggers: &[HttpTrigger],
    context: &mut Context,
) {
    for (id, component) in components {
        let used = triggers
            .iter()
            .any(|trigger| trigger.target == TriggerTarget::Component(id.clone()));
        if !used && !context.texts.contains(id) {
            let sentence = format!(
                "component '{id}' has no trigger and never runs; add a [[trigger.http]] for it"
            );
            context.warn(component.lines.table, sentence);
        }
    }
}

/// Settings of triggers that there are go with those, which are unsupported themselves.
fn warn_settings(settings: Settings, context: &mut Context) {
    for (kind, line) in settings {
        let there = context.unsupported.iter().any(|unsupported| {
            matches!(&unsupported.feature, Feature::Triggers { kind: other, .. } if *other == kind)
        });
        if !there {
            let sentence =
                format!("[application.trigger.{kind}] has no effect here; only http triggers run");
            context.warn(line, sentence);
        }
    }
}
