//! An application as the command line describes it: its manifest, its variables, its stores.

mod arguments;
mod fill;
mod host;
mod sql;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use jenny_host::{App, Limits, LogSink, TrustedProxies};
use jenny_manifest::Manifest;
use jenny_manifest::runtime_config::RuntimeConfig;
use jenny_manifest::variables::{Resolver, VariableArgument, VariableProvider};

pub use arguments::Arguments;
pub(crate) use host::Host;
use sql::Script;

use crate::{build, manifest_path};

/// An application that has been read: everything that can be wrong without building or compiling anything has
/// been checked.
pub struct Application {
    arguments: Arc<Arguments>,
    pub(crate) manifest: Manifest,
    pub(crate) runtime_config: RuntimeConfig,
    resolver: Resolver,
    /// What is to be run in the databases before the first request.
    scripts: Vec<Script>,
    state_directory: Option<PathBuf>,
    /// What there was to warn of when it was read.
    warnings: Vec<String>,
}

/// How the components of an application are run.
#[derive(Clone, Default)]
pub struct Running {
    /// What instances and requests may take.
    pub limits: Limits,
    /// Whose word on a client's address counts.
    pub trusted_proxies: TrustedProxies,
    /// Repeat nothing of what they print.
    pub quiet: bool,
    /// Receives every line that they print.
    pub log_sink: Option<Arc<dyn LogSink>>,
}

impl Application {
    /// Reads the manifest that `from` means, lets `adapt` change it, and reads what the arguments
    /// name. Warnings are logged.
    ///
    /// # Errors
    ///
    /// One that names the file, the flag or the variable that is wrong, and those of `adapt`.
    pub fn new(
        arguments: Arguments,
        from: Option<&Path>,
        adapt: impl FnOnce(Manifest) -> Result<Manifest>,
    ) -> Result<Self> {
        // Before all else, as clap would.
        variables(&arguments.variable)?;
        let path = manifest_path::find(from)?;
        let mut application = Self::read(Arc::new(arguments), &path, adapt)?;
        for warning in &application.warnings {
            tracing::warn!("{warning}");
        }
        let scripts = application.arguments.sqlite.iter();
        application.scripts = scripts
            .map(|argument| Script::read(argument))
            .collect::<Result<_>>()?;
        Ok(application)
    }

    /// Reads everything again but for what the stores were filled with, and warns only of what it
    /// did not warn of before.
    pub(crate) fn again(&self, adapt: impl FnOnce(Manifest) -> Result<Manifest>) -> Result<Self> {
        let arguments = Arc::clone(&self.arguments);
        let application = Self::read(arguments, &self.manifest.path, adapt)?;
        let warnings = application.warnings.iter();
        for warning in warnings.filter(|warning| !self.warnings.contains(warning)) {
            tracing::warn!("{warning}");
        }
        Ok(application)
    }

    fn read(
        arguments: Arc<Arguments>,
        path: &Path,
        adapt: impl FnOnce(Manifest) -> Result<Manifest>,
    ) -> Result<Self> {
        let manifest = adapt(Manifest::load(path)?)?;
        let runtime_config = match &arguments.runtime_config_file {
            Some(path) => RuntimeConfig::load(path)?,
            None => RuntimeConfig::default(),
        };
        let variables = variables(&arguments.variable)?;
        let resolver = Resolver::for_command_line(&manifest, &variables, &runtime_config)?;
        resolver.check_required()?;
        let warnings = manifest.warnings.iter().chain(&runtime_config.warnings);
        let mut warnings: Vec<String> = warnings.cloned().collect();
        warnings.extend(resolver.undeclared().iter().map(|name| {
            let path = path.display();
            format!("the variable `{name}` is set, but {path} does not declare it")
        }));
        Ok(Self {
            state_directory: runtime_config
                .state_directory(arguments.state_dir.as_deref(), manifest.directory()),
            arguments,
            manifest,
            runtime_config,
            resolver,
            scripts: Vec::new(),
            warnings,
        })
    }

    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Builds its components, if its migrations can be applied.
    ///
    /// # Errors
    ///
    /// When a migration or a build command fails.
    pub fn build(&self) -> Result<()> {
        build::components(&self.manifest)
    }

    /// Compiles the components, connects them to their stores and fills these.
    ///
    /// # Errors
    ///
    /// When a component or a store is not there, or is not what the manifest says.
    pub async fn load(&self, running: Running) -> Result<App> {
        let mut host = Host::new(self, running.limits.max_instances)?;
        let app = host.load(self, running).await?;
        host.fill(self).await?;
        Ok(app)
    }

    /// The files that it was read from, whether they are there or not.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let variables = variables(&self.arguments.variable)?;
        let environment = VariableProvider::environment();
        let above = VariableProvider::environment_above(self.manifest.directory());
        let providers = self.runtime_config.variables_providers.iter();
        let files = [self.manifest.path.as_path()]
            .into_iter()
            .chain(self.runtime_config.path.as_deref())
            .chain(variables.iter().filter_map(VariableArgument::file))
            .chain(providers.filter_map(VariableProvider::file))
            .chain(environment.file())
            .chain(above.as_ref().and_then(VariableProvider::file));
        Ok(files.map(Path::to_owned).collect())
    }

    /// The flag, else the runtime configuration, else beside the stores. An empty text means none.
    fn log_directory(&self) -> Option<PathBuf> {
        let flag = self.arguments.log_dir.as_deref();
        match flag.or(self.runtime_config.log_dir.as_deref()) {
            Some("") => None,
            Some(path) => Some(path.into()),
            None => Some(self.state_directory.as_ref()?.join("logs")),
        }
    }
}

/// What `--variable` was given. An error repeats no value: it may be a secret.
fn variables(arguments: &[String]) -> Result<Vec<VariableArgument>> {
    let parse = |argument: &String| argument.parse::<VariableArgument>();
    Ok(arguments.iter().map(parse).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_without_a_name_is_not_repeated() {
        let error = variables(&["a=1".to_owned(), "hunter2".to_owned()]).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains("--variable"), "{message}");
        assert!(!format!("{message} {error:?}").contains("hunter2"));
    }
}
