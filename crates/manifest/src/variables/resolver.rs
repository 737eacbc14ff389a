//! The resolver: the value of every variable of every component.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use super::{Secret, Template, VariableArgument, VariableError, VariableProvider};
use crate::runtime_config::RuntimeConfig;
use crate::{Manifest, check_variable_key};

/// The values of an application's variables. Cheap to clone.
///
/// The first provider that has a value wins, then the default of the manifest. Everything is
/// resolved when the resolver is made, so that a look-up during a request copies a string and
/// does nothing else.
#[derive(Clone)]
pub struct Resolver(Arc<Values>);

struct Values {
    application: BTreeMap<String, Application>,
    /// Unset where a required variable in the template is.
    components: HashMap<String, BTreeMap<String, Result<Secret, VariableError>>>,
    undeclared: Vec<String>,
}

struct Application {
    value: Option<Secret>,
    /// `spin.toml:7`, for messages.
    place: String,
}

impl Resolver {
    /// Resolves the variables of `manifest` with `providers`, the first of which wins.
    ///
    /// Required variables without a value are no error yet: see [`Resolver::check_required`].
    ///
    /// # Errors
    ///
    /// When a provider cannot be read.
    pub fn new(manifest: &Manifest, providers: &[VariableProvider]) -> Result<Self, VariableError> {
        let mut application: BTreeMap<String, Application> = manifest
            .variables
            .iter()
            .map(|(name, declaration)| {
                let place = manifest.place(declaration.line);
                (name.clone(), Application { value: None, place })
            })
            .collect();
        for provider in providers {
            for (name, value) in provider.values(manifest.variables.keys().map(String::as_str))? {
                if let Some(variable) = application.get_mut(name) {
                    variable.value.get_or_insert(value);
                }
            }
        }
        for (name, declaration) in &manifest.variables {
            if let (Some(variable), Some(default)) =
                (application.get_mut(name), &declaration.default)
            {
                variable.value.get_or_insert_with(|| default.clone());
            }
        }
        let undeclared = providers
            .iter()
            .filter_map(|provider| match provider {
                VariableProvider::Static(values) => Some(values.keys()),
                VariableProvider::Environment(_) => None,
            })
            .flatten()
            .filter(|name| !application.contains_key(*name))
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let components = manifest
            .components
            .iter()
            .map(|(id, component)| {
                let variables = component
                    .variables
                    .iter()
                    .map(|(name, template)| {
                        let resolved = resolve_component(&application, template);
                        (name.clone(), resolved)
                    })
                    .collect();
                (id.clone(), variables)
            })
            .collect();
        Ok(Self(Arc::new(Values {
            application,
            components,
            undeclared,
        })))
    }

    /// Resolves with the providers that an application run from the command line has, in Spin's
    /// order: the `--variable` flags (the last one of a name wins), the providers of the runtime
    /// configuration, the environment with the current directory's `.env`. One is added, for who is in a
    /// folder below the manifest's: [`VariableProvider::environment_above`].
    ///
    /// # Errors
    ///
    /// When a file that a flag names, or a provider, cannot be read.
    pub fn for_command_line(
        manifest: &Manifest,
        flags: &[VariableArgument],
        runtime_config: &RuntimeConfig,
    ) -> Result<Self, VariableError> {
        let mut values = BTreeMap::new();
        for flag in flags {
            values.extend(flag.read()?);
        }
        let mut providers = vec![VariableProvider::Static(values)];
        providers.extend(runtime_config.variables_providers.iter().cloned());
        providers.push(VariableProvider::environment());
        providers.extend(VariableProvider::environment_above(manifest.directory()));
        Self::new(manifest, &providers)
    }

    /// The value of a component's variable.
    ///
    /// # Errors
    ///
    /// [`VariableError::InvalidName`] for what cannot be a name, [`VariableError::Undefined`] for
    /// a variable that the component's manifest entry does not have, and
    /// [`VariableError::Provider`] when a required application variable behind it is unset.
    pub fn get(&self, component: &str, name: &str) -> Result<String, VariableError> {
        check_variable_key(name).map_err(|_| VariableError::InvalidName(name.to_owned()))?;
        self.0
            .components
            .get(component)
            .and_then(|variables| variables.get(name))
            .ok_or_else(|| {
                VariableError::Undefined(format!(
                    "component '{component}' has no variable '{name}'; add it to [component.{component}.variables]"
                ))
            })
            .and_then(Clone::clone)
            .map(|value| value.reveal().to_owned())
    }

    /// All variables of a component, by name. Empty for a component that has none.
    ///
    /// # Errors
    ///
    /// [`VariableError::Provider`] when one of them depends on a required variable that is unset.
    pub fn get_all(&self, component: &str) -> Result<Vec<(String, String)>, VariableError> {
        let Some(variables) = self.0.components.get(component) else {
            return Ok(Vec::new());
        };
        variables
            .iter()
            .map(|(name, value)| match value {
                Ok(value) => Ok((name.clone(), value.reveal().to_owned())),
                Err(error) => Err(error.clone()),
            })
            .collect()
    }

    /// Replaces the application variables in a template, such as an entry of
    /// `allowed_outbound_hosts`.
    ///
    /// # Errors
    ///
    /// [`VariableError::InvalidTemplate`] for a malformed template or an undeclared variable,
    /// [`VariableError::Provider`] for a required variable that is unset.
    pub fn expand(&self, template: &str) -> Result<String, VariableError> {
        let parsed = Template::parse(template).map_err(|unclosed| {
            VariableError::InvalidTemplate(format!("a template {unclosed}; close it"))
        })?;
        expand(&self.0.application, &parsed)
    }

    /// Names that a flag or a static provider sets and the manifest does not declare. Spin passes
    /// over them; most are slips of the pen, so a warning is due.
    pub fn undeclared(&self) -> &[String] {
        &self.0.undeclared
    }

    /// Checks that every required variable has a value.
    ///
    /// # Errors
    ///
    /// [`VariableError::Provider`], naming all that have none and how to set them.
    pub fn check_required(&self) -> Result<(), VariableError> {
        let unset: Vec<_> = self
            .0
            .application
            .iter()
            .filter(|(_, variable)| variable.value.is_none())
            .collect();
        match unset[..] {
            [] => Ok(()),
            [(name, variable)] => Err(unset_error(name, variable)),
            [(_, first), ..] => {
                let list = |each: &dyn Fn(&str) -> String| {
                    let items: Vec<_> = unset.iter().map(|(name, _)| each(name)).collect();
                    items.join(" ")
                };
                Err(VariableError::Provider(format!(
                    "{}: the required variables {} have no value; set them with {}, or in the environment or .env as {}",
                    first.place,
                    list(&|name| format!("'{name}'")).replace("' '", "', '"),
                    list(&|name| format!("--variable {name}=…")),
                    list(&environment_name),
                )))
            }
        }
    }
}

/// Names only: a value never reaches a log this way.
impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Resolver")
            .field(&self.0.application.keys().collect::<Vec<_>>())
            .finish()
    }
}

fn environment_name(name: &str) -> String {
    format!(
        "{}_{}",
        super::ENVIRONMENT_PREFIX,
        name.to_ascii_uppercase()
    )
}

fn unset_error(name: &str, variable: &Application) -> VariableError {
    VariableError::Provider(format!(
        "{}: the required variable '{name}' has no value; set it with --variable {name}=…, or in the environment or .env as {}",
        variable.place,
        environment_name(name)
    ))
}

fn expand(
    application: &BTreeMap<String, Application>,
    template: &Template,
) -> Result<String, VariableError> {
    template.expand(|name| {
        let variable = application.get(name).ok_or_else(|| {
            VariableError::InvalidTemplate(format!(
                "'{{{{ {name} }}}}' names no variable of the application; declare it under [variables]"
            ))
        })?;
        variable
            .value
            .as_ref()
            .map(Secret::reveal)
            .ok_or_else(|| unset_error(name, variable))
    })
}

fn resolve_component(
    application: &BTreeMap<String, Application>,
    template: &str,
) -> Result<Secret, VariableError> {
    let parsed = Template::parse(template).map_err(|unclosed| {
        VariableError::InvalidTemplate(format!("a template {unclosed}; close it"))
    })?;
    expand(application, &parsed).map(Secret::from)
}
