//! An application as the command line describes it: its manifest, its variables, its stores.

mod arguments;
mod fill;
mod sql;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jenny_host::capability::{
    Capabilities, MqttClient, MysqlPools, PostgresPools, RedisConnector, StoreLocations,
};
use jenny_host::manifest::Manifest;
use jenny_host::variables::{Resolver, VariableArgument};
use jenny_host::{
    App, AppOptions, CompileCache, HttpClient, Limits, LoadProgress, LogSink, Runtime,
    RuntimeConfig, RuntimeOptions,
};

pub(crate) use arguments::Arguments;
use sql::Script;

use crate::{manifest_path, say};

/// What is compiled faster than this comes from the cache, and is not worth a line.
const WORTH_TELLING: Duration = Duration::from_millis(250);

/// Everything that can be wrong without building or compiling anything has been checked.
pub(crate) struct Application {
    arguments: Arguments,
    pub(crate) manifest: Manifest,
    pub(crate) runtime_config: RuntimeConfig,
    resolver: Resolver,
    scripts: Vec<Script>,
    state_directory: Option<PathBuf>,
}

/// How the components of an application are run.
#[derive(Default)]
pub(crate) struct Running {
    pub(crate) limits: Limits,
    /// Repeat nothing of what they print.
    pub(crate) quiet: bool,
    /// Receives every line that they print.
    pub(crate) log_sink: Option<Arc<dyn LogSink>>,
}

impl Application {
    /// Reads the manifest that `from` means, lets `adapt` change it, and reads what the arguments
    /// name.
    pub(crate) fn new(
        arguments: Arguments,
        from: Option<&Path>,
        adapt: impl FnOnce(Manifest) -> Result<Manifest>,
    ) -> Result<Self> {
        // Before all else, as clap would.
        let variables = variables(&arguments.variable)?;
        let path = manifest_path::find(from)?;
        let manifest = adapt(Manifest::load(&path)?)?;
        let runtime_config = match &arguments.runtime_config_file {
            Some(path) => RuntimeConfig::load(path)?,
            None => RuntimeConfig::default(),
        };
        for warning in manifest.warnings.iter().chain(&runtime_config.warnings) {
            tracing::warn!("{warning}");
        }
        let resolver = Resolver::for_command_line(&manifest, &variables, &runtime_config)?;
        resolver.check_required()?;
        for name in resolver.undeclared() {
            tracing::warn!(
                "the variable `{name}` is set, but {} does not declare it",
                path.display()
            );
        }
        let scripts = arguments
            .sqlite
            .iter()
            .map(|argument| Script::read(argument))
            .collect::<Result<_>>()?;
        Ok(Self {
            state_directory: runtime_config
                .state_directory(arguments.state_dir.as_deref(), manifest.directory()),
            arguments,
            manifest,
            runtime_config,
            resolver,
            scripts,
        })
    }

    /// Compiles the components, connects them to their stores and fills these.
    pub(crate) async fn load(&self, running: Running) -> Result<App> {
        let Running {
            limits,
            quiet,
            log_sink,
        } = running;
        let defaults = RuntimeOptions::default();
        let runtime = Runtime::new(&RuntimeOptions {
            compile_cache: if self.arguments.disable_cache {
                CompileCache::Off
            } else {
                defaults.compile_cache.clone()
            },
            max_instances: u32::try_from(limits.max_instances).unwrap_or(u32::MAX),
            ..defaults
        })?;
        let stores = StoreLocations::new(&self.runtime_config, self.state_directory.as_deref())?;
        let mut capabilities = Capabilities::local(
            &stores,
            Arc::new(self.resolver.clone()),
            Arc::new(HttpClient::new(&self.runtime_config)),
        )?;
        capabilities.postgres = Arc::new(PostgresPools::new(&self.runtime_config));
        capabilities.mysql = Arc::new(MysqlPools::new(&self.runtime_config));
        capabilities.mqtt = Arc::new(MqttClient::new(&self.runtime_config));
        capabilities.redis = Arc::new(RedisConnector::new(&self.runtime_config));
        capabilities.check(&self.manifest)?;
        let options = AppOptions {
            limits,
            log_directory: self.log_directory(),
            quiet,
            log_sink,
            environment: self.arguments.env.clone(),
            blocked_networks: self.runtime_config.blocked_networks.clone(),
            ..AppOptions::default()
        };
        let loading = App::load(
            &runtime,
            self.manifest.clone(),
            self.resolver.clone(),
            capabilities.clone(),
            options,
            compiled,
        );
        let app = tell_if_slow(loading).await?;
        // Last, so that an application that cannot be loaded leaves its stores as they were.
        fill::sqlite(&capabilities, &self.scripts).await?;
        fill::key_value(&capabilities, &self.arguments.key_value).await?;
        Ok(app)
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

/// Says what the user waits for, unless it comes from the cache and there is nothing to wait for.
async fn tell_if_slow<T>(loading: impl Future<Output = T>) -> T {
    let mut loading = pin!(loading);
    match tokio::time::timeout(WORTH_TELLING, loading.as_mut()).await {
        Ok(loaded) => loaded,
        Err(_) => {
            say("Compiling components to native code, once: the result is kept");
            loading.await
        }
    }
}

fn compiled(progress: LoadProgress<'_>) {
    if let LoadProgress::Ready {
        component,
        elapsed,
        finished,
        total,
    } = progress
        && elapsed >= WORTH_TELLING
    {
        say(&format!(
            "Compiled {component} in {:.1} s ({finished} of {total})",
            elapsed.as_secs_f64()
        ));
    }
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
