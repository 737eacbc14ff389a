//! From TOML to [`Manifest`]: the parts that are neither component nor trigger.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Application, Component, Manifest, ManifestError, VariableDeclaration};
use super::{check_variable, component, trigger};
use crate::document::{Document, FileError, Table, Value};
use crate::variables::Secret;

/// What reading collects beside the result.
pub(super) struct Context {
    pub(super) path: Arc<Path>,
    pub(super) warnings: Vec<String>,
}

impl Context {
    pub(super) fn warn(&mut self, line: usize, sentence: impl AsRef<str>) {
        let path = self.path.display();
        self.warnings
            .push(format!("{path}:{line}: {}", sentence.as_ref()));
    }
}

pub(super) fn manifest(document: &Document<'_>, path: &Path) -> Result<Manifest, ManifestError> {
    let mut context = Context {
        path: path.into(),
        warnings: Vec::new(),
    };
    let mut root = document.root("the manifest")?;
    version(&mut root)?;

    let remedy = "add [application] with a name";
    let application = root.require("application", remedy)?;
    let application = self::application(application, &mut context)?;

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
    Ok(Manifest {
        path: path.to_owned(),
        application,
        variables,
        triggers,
        components,
        warnings: context.warnings,
        profile: None,
    })
}

fn version(root: &mut Table<'_>) -> Result<(), FileError> {
    if !root.has("spin_manifest_version") && root.has("spin_version") {
        return Err(root.error(
            "this is a manifest of version 1; convert it with `spin doctor` to spin_manifest_version = 2",
        ));
    }
    let remedy = "start the file with spin_manifest_version = 2";
    let version = root.require("spin_manifest_version", remedy)?;
    let wrong =
        version.error("only manifests of version 2 are supported; write spin_manifest_version = 2");
    // Version 1 wrote it as a string.
    if version.is_string() {
        return Err(wrong);
    }
    if version.integer()? == 2 {
        Ok(())
    } else {
        Err(wrong)
    }
}

fn application(value: Value<'_>, context: &mut Context) -> Result<Application, FileError> {
    let mut table = value.table("[application]".to_owned())?;
    let name = table.require("name", "add name = \"…\"")?.string()?;
    let version = table.take_string("version")?.unwrap_or_default();
    let description = table.take_string("description")?.unwrap_or_default();
    let authors = table.take_strings("authors")?;
    if let Some(targets) = table.take("targets") {
        warn_targets(&targets, context);
    }
    if let Some(triggers) = table.take_table("trigger", "[application.trigger]".to_owned())? {
        trigger_settings(triggers, context)?;
    }
    if let Some(tool) = table.take("tool") {
        tool.table("[application.tool]".to_owned())?;
    }
    table.finish()?;
    Ok(Application {
        name,
        version,
        description,
        authors: authors.into_iter().map(|author| author.value).collect(),
    })
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

fn trigger_settings(triggers: Table<'_>, context: &mut Context) -> Result<(), FileError> {
    for (kind, value) in triggers.into_fields() {
        let line = value.line;
        let name = format!("[application.trigger.{kind}]");
        let mut settings = value.table(name.clone())?;
        if kind != "http" {
            context.warn(
                line,
                format!("{name} has no effect here; only http triggers run"),
            );
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
    Ok(())
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
    triggers: &[super::HttpTrigger],
    context: &mut Context,
) {
    for component in components.values() {
        let used = triggers.iter().any(|trigger| {
            matches!(&trigger.target, super::TriggerTarget::Component(id) if *id == component.id)
        });
        if !used {
            let (id, line) = (&component.id, component.lines.table);
            context.warn(
                line,
                format!(
                    "component '{id}' has no trigger and never runs; add a [[trigger.http]] for it"
                ),
            );
        }
    }
}
