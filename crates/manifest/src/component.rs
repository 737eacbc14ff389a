//! `[component.<id>]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::read::{Context, warn_targets};
use super::{
    Build, Component, ComponentSource, Feature, FileMount, Lines, Profile, VariableDeclaration,
    check_label, check_variable, identifier,
};
use crate::allowed_hosts::{AllowedHosts, from_allowed_http_host};
use crate::document::{FileError, Located, Table, Value};
use crate::variables::Template;

pub(super) fn read(
    id: &str,
    value: Value<'_>,
    context: &mut Context,
) -> Result<Component, FileError> {
    identifier::check_kebab(id).map_err(|remedy| {
        value.error(format!("'{id}' cannot be the id of a component: {remedy}"))
    })?;
    let mut table = value.table(format!("component '{id}'"))?;
    let lines = Lines {
        path: context.path.clone(),
        table: table.line,
        fields: table.lines(),
    };
    let remedy = "add source = \"….wasm\"";
    let source = source(table.require("source", remedy)?, context)?;
    let component = Component {
        id: id.to_owned(),
        description: table.take_string("description")?.unwrap_or_default(),
        source,
        variables: variables(&mut table)?,
        environment: environment(&mut table)?,
        files: files(&mut table)?,
        exclude_files: plain(table.take_strings("exclude_files")?),
        key_value_stores: labels(&mut table, "key_value_stores")?,
        sqlite_databases: labels(&mut table, "sqlite_databases")?,
        allowed_outbound_hosts: allowed_outbound_hosts(&mut table, context)?,
        ai_models: ai_models(&mut table, context)?,
        build: build(&mut table)?,
        profiles: profiles(&mut table, context)?,
        dependencies: dependencies(&mut table, context)?,
        lines,
    };
    if let Some(targets) = table.take("targets") {
        warn_targets(&targets, context);
    }
    if let Some(tool) = table.take("tool") {
        tool.table(format!("[component.{id}.tool]"))?;
    }
    table.finish()?;
    Ok(component)
}

/// Checks what can only be checked with the variables of the application at hand.
pub(super) fn check_templates(
    component: &Component,
    variables: &BTreeMap<String, VariableDeclaration>,
) -> Result<(), FileError> {
    let id = &component.id;
    let check = |field: &str, name: &str, template: &str| {
        let template = Template::parse(template).map_err(|unclosed| {
            component.lines.error(
                field,
                format!("{name} of component '{id}' {unclosed}; close it"),
            )
        })?;
        for variable in template.variables() {
            if !variables.contains_key(variable) {
                return Err(component.lines.error(
                    field,
                    format!("{name} of component '{id}' uses the variable '{variable}', which is not declared; add it under [variables]"),
                ));
            }
        }
        Ok(())
    };
    for (name, template) in &component.variables {
        check("variables", &format!("variable '{name}'"), template)?;
    }
    for template in &component.allowed_outbound_hosts {
        check("allowed_outbound_hosts", "allowed_outbound_hosts", template)?;
    }
    Ok(())
}

fn plain(list: Vec<Located<String>>) -> Vec<String> {
    list.into_iter().map(|item| item.value).collect()
}

fn source(value: Value<'_>, context: &mut Context) -> Result<ComponentSource, FileError> {
    let name = value.name.clone();
    if value.is_string() {
        let empty = value.error(format!("{name} is empty; write the path of a .wasm file"));
        return match value.string()? {
            path if path.is_empty() => Err(empty),
            path => Ok(ComponentSource::Local(path.into())),
        };
    }
    let mut table = value.table(name.clone())?;
    if table.has("package") || table.has("registry") {
        let refusal = table.error(format!(
            "{name} is a registry package, which is not supported; download it and write its path"
        ));
        context.unsupported(Feature::Composition, refusal);
        // Without one Spin takes the registry that its configuration names for the package.
        let registry = table.take_string("registry")?;
        let mut part = |field, remedy| table.require(field, remedy)?.string();
        let package = part("package", "add package = \"…:…\"")?;
        let version = part("version", "add version = \"…\"")?;
        table.finish()?;
        let registry = registry.map_or_else(String::new, |registry| registry + "/");
        let url = format!("{registry}{package}@{version}");
        return Ok(ComponentSource::Remote { url });
    }
    let download = table.error(format!(
        "{name} is a download, which this host does not fetch; download it and write its path"
    ));
    let url = table.require("url", "add url = \"https://…\"")?.string()?;
    let digest = table.require("digest", "add digest = \"sha256:…\"")?;
    let refusal = digest.error(format!(
        "'digest' of {name} is not a SHA-256 digest; write sha256: and 64 hexadecimal digits"
    ));
    let digest = digest.string()?;
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refusal);
    }
    table.finish()?;
    context.unsupported(Feature::Download, download);
    Ok(ComponentSource::Remote { url })
}

fn variables(table: &mut Table<'_>) -> Result<BTreeMap<String, String>, FileError> {
    let Some(value) = table.take("variables") else {
        return Ok(BTreeMap::new());
    };
    value
        .table(format!("'variables' of {}", table.name))?
        .into_fields()
        .into_iter()
        .map(|(name, value)| {
            check_variable(&name).map_err(|remedy| {
                value.error(format!(
                    "'{name}' cannot be the name of a variable; {remedy}"
                ))
            })?;
            Ok((name, value.string()?))
        })
        .collect()
}

fn environment(table: &mut Table<'_>) -> Result<BTreeMap<String, String>, FileError> {
    let Some(value) = table.take("environment") else {
        return Ok(BTreeMap::new());
    };
    let pairs = value.string_table()?;
    Ok(pairs
        .into_iter()
        .map(|(name, text)| (name, text.value))
        .collect())
}

fn files(table: &mut Table<'_>) -> Result<Vec<FileMount>, FileError> {
    let Some(value) = table.take("files") else {
        return Ok(Vec::new());
    };
    value.array()?.into_iter().map(file_mount).collect()
}

fn file_mount(value: Value<'_>) -> Result<FileMount, FileError> {
    let name = value.name.clone();
    if value.is_string() {
        let refusal = value.error(format!(
            "{name} is an absolute path; write a pattern relative to the manifest, or {{ source = \"…\", destination = \"/…\" }}"
        ));
        let pattern = value.string()?;
        return if pattern.starts_with('/') {
            Err(refusal)
        } else {
            Ok(FileMount::Pattern(pattern))
        };
    }
    let mut table = value.table(name.clone())?;
    let source = table.require("source", "add source = \"…\"")?.string()?;
    let destination = table.require("destination", "add destination = \"/\"")?;
    let refusal = destination.error(format!(
        "'destination' of {name} is not an absolute path; start it with '/'"
    ));
    let destination = destination.string()?;
    if !destination.starts_with('/') {
        return Err(refusal);
    }
    table.finish()?;
    Ok(FileMount::Placement {
        source: source.into(),
        destination,
    })
}

fn labels(table: &mut Table<'_>, field: &'static str) -> Result<Vec<String>, FileError> {
    let labels = table.take_strings(field)?;
    labels
        .into_iter()
        .map(|label| {
            check_label(&label.value).map_err(|remedy| {
                let (name, label_text) = (&table.name, &label.value);
                table.error_at(
                    label.line,
                    format!("'{label_text}' in {field} of {name} is not a label; {remedy}"),
                )
            })?;
            Ok(label.value)
        })
        .collect()
}

fn allowed_outbound_hosts(
    table: &mut Table<'_>,
    context: &mut Context,
) -> Result<Vec<String>, FileError> {
    let mut hosts = Vec::new();
    for host in table.take_strings("allowed_outbound_hosts")? {
        let literal = Template::parse(&host.value).is_ok_and(|template| template.is_literal());
        if literal && let Err(error) = AllowedHosts::parse(std::slice::from_ref(&host.value)) {
            let (name, entry) = (&table.name, &host.value);
            return Err(table.error_at(
                host.line,
                format!(
                    "{entry:?} in allowed_outbound_hosts of {name} {}",
                    error.problem()
                ),
            ));
        }
        hosts.push(host.value);
    }
    for host in table.take_strings("allowed_http_hosts")? {
        let name = &table.name;
        let converted = from_allowed_http_host(&host.value).map_err(|problem| {
            let entry = &host.value;
            table.error_at(
                host.line,
                format!("{entry:?} in allowed_http_hosts of {name} {problem}"),
            )
        })?;
        context.warn(
            host.line,
            format!("allowed_http_hosts of {name} is deprecated; write allowed_outbound_hosts = {converted:?}"),
        );
        hosts.extend(converted);
    }
    Ok(hosts)
}

fn ai_models(table: &mut Table<'_>, context: &mut Context) -> Result<Vec<String>, FileError> {
    let models = table.take_strings("ai_models")?;
    if let Some(first) = models.first() {
        let name = &table.name;
        let refusal = table.error_at(
            first.line,
            format!("ai_models of {name} has no effect; this host has no language models"),
        );
        context.unsupported(Feature::LanguageModels, refusal);
    }
    Ok(plain(models))
}

fn commands(value: Value<'_>) -> Result<Vec<String>, FileError> {
    let empty = value.error(format!("{} is empty; write a command", value.name));
    let commands = if value.is_array() {
        plain(value.strings()?)
    } else {
        vec![value.string()?]
    };
    if commands.is_empty() || commands.iter().any(|command| command.trim().is_empty()) {
        return Err(empty);
    }
    Ok(commands)
}

fn build(table: &mut Table<'_>) -> Result<Option<Build>, FileError> {
    let name = format!("'build' of {}", table.name);
    let Some(mut build) = table.take_table("build", name)? else {
        return Ok(None);
    };
    let commands = commands(build.require("command", "add command = \"…\"")?)?;
    let workdir = build.take_string("workdir")?.map(PathBuf::from);
    let watch = plain(build.take_strings("watch")?);
    build.finish()?;
    Ok(Some(Build {
        commands,
        workdir,
        watch,
    }))
}

fn profiles(
    table: &mut Table<'_>,
    context: &mut Context,
) -> Result<BTreeMap<String, Profile>, FileError> {
    let name = format!("'profile' of {}", table.name);
    let Some(profiles) = table.take_table("profile", name)? else {
        return Ok(BTreeMap::new());
    };
    profiles
        .into_fields()
        .into_iter()
        .map(|(profile, value)| {
            let mut fields = value.table(format!("profile '{profile}' of {}", table.name))?;
            let source = fields.take("source");
            let source = source
                .map(|value| self::source(value, context))
                .transpose()?;
            let environment = environment(&mut fields)?;
            let name = format!("'build' of {}", fields.name);
            let commands = match fields.take_table("build", name)? {
                None => None,
                Some(mut build) => {
                    let commands = commands(build.require("command", "add command = \"…\"")?)?;
                    build.finish()?;
                    Some(commands)
                }
            };
            dependencies(&mut fields, context)?;
            fields.finish()?;
            let profile_fields = Profile {
                source,
                environment,
                commands,
            };
            Ok((profile, profile_fields))
        })
        .collect()
}

/// The names of dependencies: without them the component's imports are missing.
fn dependencies(table: &mut Table<'_>, context: &mut Context) -> Result<Vec<String>, FileError> {
    // Says only what dependencies may do; without any it says nothing.
    table.take_boolean("dependencies_inherit_configuration")?;
    let name = table.name.clone();
    let Some(dependencies) = table.take_table("dependencies", name)? else {
        return Ok(Vec::new());
    };
    if !dependencies.is_empty() {
        let refusal = dependencies.error(format!(
            "{} has dependencies, which this host does not compose; compose them beforehand with `wac plug` and make the result its source",
            table.name
        ));
        context.unsupported(Feature::Composition, refusal);
    }
    let named = dependencies.into_fields().into_iter().map(|(name, value)| {
        context.keep_texts(value);
        name
    });
    Ok(named.collect())
}
