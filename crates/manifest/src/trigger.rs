//! `[[trigger.http]]`, and what others this host does not run.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderName, HeaderValue};

use super::read::Context;
use super::{Component, Feature, HttpTrigger, StaticResponse, TriggerRoute, TriggerTarget};
use super::{component, identifier};
use crate::document::{FileError, Value};
use crate::route::check_pattern;

/// Reads the triggers, adding the components that are written inside them to `components`.
pub(super) fn read(
    value: Value<'_>,
    components: &mut BTreeMap<String, Component>,
    context: &mut Context,
) -> Result<Vec<HttpTrigger>, FileError> {
    let mut kinds = value.table("[trigger]".to_owned())?;
    let remedy = "add [[trigger.http]] with a route and a component";
    let http = kinds.require("http", remedy);
    let mut foreign = Vec::new();
    for (kind, value) in kinds.into_fields() {
        foreign.push(Foreign::read(kind, value, context)?);
    }
    let mut read = Vec::new();
    match http {
        Err(_) if !foreign.is_empty() => {}
        http => {
            let http = http?;
            let empty = http.error(format!("there is no trigger; {remedy}"));
            for value in tables("http", http)? {
                read.push(trigger(value, context)?);
            }
            if read.is_empty() && foreign.is_empty() {
                return Err(empty);
            }
        }
    }
    number(&mut read);
    let mut triggers = Vec::new();
    for unfinished in read {
        triggers.push(finish(unfinished, components, context)?);
    }
    for foreign in foreign {
        foreign.finish(components, context)?;
    }
    Ok(triggers)
}

/// The triggers of a kind.
fn tables<'d>(kind: &str, value: Value<'d>) -> Result<Vec<Value<'d>>, FileError> {
    if !value.is_array() {
        let remedy = format!("write [[trigger.{kind}]] with two brackets");
        return Err(value.mismatch("an array of tables", &remedy));
    }
    value.array()
}

/// The triggers of a kind that this host does not run. Their settings are for whoever runs them to check.
struct Foreign {
    kind: String,
    /// What each starts, and where an error about that stands.
    targets: Vec<(Target, FileError)>,
    refusal: FileError,
}

impl Foreign {
    fn read(kind: String, value: Value<'_>, context: &mut Context) -> Result<Self, FileError> {
        let refusal = value.error(format!(
            "[[trigger.{kind}]] is not supported, only [[trigger.http]]; remove it, or run this application with Spin"
        ));
        let mut targets = Vec::new();
        for value in tables(&kind, value)? {
            let mut table = value.table(format!("[[trigger.{kind}]]"))?;
            if let Some(value) = table.take("component") {
                let place = value.error("");
                targets.push((component_or_reference(value, context)?, place));
            }
            for (_, value) in table.into_fields() {
                context.keep_texts(value);
            }
        }
        Ok(Self {
            kind,
            targets,
            refusal,
        })
    }

    fn finish(
        self,
        components: &mut BTreeMap<String, Component>,
        context: &mut Context,
    ) -> Result<(), FileError> {
        let kind = self.kind;
        let name = format!("[[trigger.{kind}]]");
        let mut started = BTreeSet::new();
        for (index, (target, place)) in self.targets.into_iter().enumerate() {
            let trigger = format!("{kind}-trigger{}", index + 1);
            if let TriggerTarget::Component(id) =
                resolve(target, &name, &trigger, &place, components)?
            {
                context.keep_text(&id);
                started.insert(id);
            }
        }
        let feature = Feature::Triggers {
            kind,
            components: started,
        };
        context.unsupported(feature, self.refusal);
        Ok(())
    }
}

/// A trigger whose component is not known to exist yet.
struct Unfinished {
    id: String,
    route: TriggerRoute,
    target: Target,
    line: usize,
    /// How messages call it.
    name: String,
    /// For an error about its component.
    refusal: FileError,
}

enum Target {
    Reference(String),
    Inline(Box<Component>),
    Static(StaticResponse),
}

fn trigger(value: Value<'_>, context: &mut Context) -> Result<Unfinished, FileError> {
    let line = value.line;
    let mut table = value.table("[[trigger.http]]".to_owned())?;
    let id = table.take_string("id")?.unwrap_or_default();
    let remedy = "add route = \"/…\" or route = { private = true }";
    let (route, name) = route(table.require("route", remedy)?)?;
    table.name.clone_from(&name);

    let mut refusal = table.error("");
    let component = match table.take("component") {
        None => None,
        Some(value) => {
            refusal = value.error("");
            Some(component_or_reference(value, context)?)
        }
    };
    let answer = table
        .take("static_response")
        .map(static_response)
        .transpose()?;
    let target = match (component, answer) {
        (Some(target), None) => target,
        (None, Some(answer)) => Target::Static(answer),
        (None, None) => {
            return Err(table.error(format!(
                "{name} has neither a component nor a static_response; add one of them"
            )));
        }
        (Some(_), Some(_)) => {
            return Err(table.error(format!(
                "{name} has both a component and a static_response; remove one of them"
            )));
        }
    };
    if let Some(executor) = table.take("executor") {
        self::executor(executor, &name, context)?;
    }
    for (field, what) in [
        ("components", "additional components"),
        ("dependencies", "dependencies (middleware)"),
    ] {
        let Some(value) = table.take(field) else {
            continue;
        };
        let refusal = value.error(format!(
            "{name} has {what}, which this host does not run; remove '{field}', or run this application with Spin"
        ));
        let table = value.table(field.to_owned())?;
        if !table.is_empty() {
            context.unsupported(Feature::Composition, refusal);
        }
        for (_, value) in table.into_fields() {
            context.keep_texts(value);
        }
    }
    table.finish()?;
    Ok(Unfinished {
        id,
        route,
        target,
        line,
        name,
        refusal,
    })
}

/// The route and what to call its trigger in messages.
fn route(value: Value<'_>) -> Result<(TriggerRoute, String), FileError> {
    if value.is_string() {
        let line = value.error("");
        let pattern = value.string()?;
        check_pattern(&pattern)
            .map_err(|problem| line.with_message(format!("route '{pattern}' {problem}")))?;
        let name = format!("the trigger of route '{pattern}'");
        return Ok((TriggerRoute::Path(pattern), name));
    }
    let remedy = "write route = \"/…\" or route = { private = true }";
    let refusal = value.mismatch("a string or { private = true }", remedy);
    let Ok(mut table) = value.table("'route'".to_owned()) else {
        return Err(refusal);
    };
    let private = table.require("private", remedy)?;
    let refusal = private.error(format!("'private' of a route can only be true; {remedy}"));
    if !private.boolean()? {
        return Err(refusal);
    }
    table.finish()?;
    Ok((TriggerRoute::Private, "the private trigger".to_owned()))
}

fn component_or_reference(value: Value<'_>, context: &mut Context) -> Result<Target, FileError> {
    if !value.is_string() {
        // The id is not known before all triggers are; this one is never seen.
        let component = component::read("inline-component", value, context)?;
        return Ok(Target::Inline(Box::new(component)));
    }
    let line = value.error("");
    let id = value.string()?;
    identifier::check_kebab(&id).map_err(|remedy| {
        line.with_message(format!("'{id}' cannot be the id of a component: {remedy}"))
    })?;
    Ok(Target::Reference(id))
}

fn static_response(value: Value<'_>) -> Result<StaticResponse, FileError> {
    let mut table = value.table("'static_response'".to_owned())?;
    let status_code = match table.take("status_code") {
        None => 200,
        Some(value) => {
            let refusal = value.error(
                "'status_code' of a static_response must be between 200 and 599; correct it",
            );
            match u16::try_from(value.integer()?) {
                Ok(status @ 200..=599) => status,
                _ => return Err(refusal),
            }
        }
    };
    let headers = match table.take("headers") {
        None => Vec::new(),
        Some(value) => {
            let line = value.error("");
            let headers = value.string_table()?;
            for (name, value) in &headers {
                if HeaderName::from_bytes(name.as_bytes()).is_err() {
                    return Err(line.with_message(format!(
                        "{name:?} in 'headers' of a static_response cannot be the name of a header; correct it"
                    )));
                }
                if HeaderValue::from_str(&value.value).is_err() {
                    return Err(line.with_message(format!(
                        "header '{name}' of a static_response has a value that HTTP does not allow; use visible ASCII on one line"
                    )));
                }
            }
            headers
        }
    };
    let body = table.take_string("body")?;
    // Spin passes over unknown fields in this one table. Here they are refused like everywhere
    // else: `status` instead of `status_code` must not answer 200 in silence.
    table.finish()?;
    Ok(StaticResponse {
        status_code,
        headers: headers
            .into_iter()
            .map(|(name, value)| (name, value.value))
            .collect(),
        body,
    })
}

fn executor(value: Value<'_>, trigger: &str, context: &mut Context) -> Result<(), FileError> {
    let mut table = value.table(format!("'executor' of {trigger}"))?;
    let kind = table.require("type", "write executor = { type = \"http\" }")?;
    let line = kind.error("");
    match kind.string()?.as_str() {
        "http" | "spin" => table.finish(),
        "wagi" => {
            let refusal = line.with_message(format!(
                "{trigger} uses the wagi executor, which is not supported; build the component for wasi:http, or run this application with Spin"
            ));
            context.unsupported(Feature::Composition, refusal);
            Ok(())
        }
        other => Err(line.with_message(format!(
            "'{other}' is no executor; write executor = {{ type = \"http\" }} or remove it"
        ))),
    }
}

/// Gives the triggers without an id the ones that Spin would generate.
fn number(triggers: &mut [Unfinished]) {
    let mut taken: BTreeSet<String> = triggers.iter().map(|trigger| trigger.id.clone()).collect();
    let mut counter = 1;
    for trigger in triggers.iter_mut().filter(|trigger| trigger.id.is_empty()) {
        if let Target::Reference(component) = &trigger.target {
            let id = format!("{component}-http-trigger");
            if taken.insert(id.clone()) {
                trigger.id = id;
                continue;
            }
        }
        trigger.id = unused("http-trigger", &mut counter, |id| taken.contains(id));
        taken.insert(trigger.id.clone());
    }
}

fn unused(stem: &str, counter: &mut usize, taken: impl Fn(&str) -> bool) -> String {
    loop {
        let id = format!("{stem}{counter}");
        if !taken(&id) {
            return id;
        }
        *counter += 1;
    }
}

fn finish(
    unfinished: Unfinished,
    components: &mut BTreeMap<String, Component>,
    context: &mut Context,
) -> Result<HttpTrigger, FileError> {
    let Unfinished {
        target,
        name,
        id,
        refusal,
        ..
    } = unfinished;
    let target = resolve(target, &name, &id, &refusal, components)?;
    if unfinished.route == TriggerRoute::Private
        && let TriggerTarget::Static(_) = &target
    {
        context.warn(
            unfinished.line,
            "a private static_response can be reached by nothing; give it a route or remove it",
        );
    }
    Ok(HttpTrigger {
        id,
        route: unfinished.route,
        target,
        line: unfinished.line,
    })
}

/// What a trigger starts, once all components are known. Those that are written inside triggers are added to
/// them.
fn resolve(
    target: Target,
    name: &str,
    trigger: &str,
    place: &FileError,
    components: &mut BTreeMap<String, Component>,
) -> Result<TriggerTarget, FileError> {
    match target {
        Target::Reference(id) if components.contains_key(&id) => Ok(TriggerTarget::Component(id)),
        Target::Reference(id) => Err(place.with_message(format!(
            "{name} names the component '{id}', which does not exist; add [component.{id}] or correct the name"
        ))),
        Target::Inline(mut component) => {
            let natural = format!("{trigger}-component");
            let good = identifier::check_kebab(&natural).is_ok();
            let id = if good && !components.contains_key(&natural) {
                natural
            } else {
                unused("inline-component", &mut 1, |id| components.contains_key(id))
            };
            component.id.clone_from(&id);
            components.insert(id.clone(), *component);
            Ok(TriggerTarget::Component(id))
        }
        Target::Static(answer) => Ok(TriggerTarget::Static(answer)),
    }
}
