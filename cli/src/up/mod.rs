//! `jenny up`: builds an application and serves it.

mod arguments;
mod open_files;
mod quantity;
mod routes;
mod seed;
mod shutdown;
mod sql;

use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jenny_host::capability::{Capabilities, StoreLocations};
use jenny_host::manifest::Manifest;
use jenny_host::server::{self, ServerOptions};
use jenny_host::variables::{Resolver, VariableArgument};
use jenny_host::{
    App, AppOptions, CompileCache, HttpClient, Limits, LoadProgress, Runtime, RuntimeConfig,
    RuntimeOptions,
};

pub(crate) use arguments::Arguments;
use shutdown::Signals;
use sql::Script;

use crate::{build, logging, manifest_path, say};

/// How long the process waits, when everything is answered, for a task that does not end by
/// itself, such as a statement that SQLite is in the middle of.
const LAST_MOMENTS: Duration = Duration::from_secs(1);

/// What is compiled faster than this comes from the cache, and is not worth a line.
const WORTH_TELLING: Duration = Duration::from_millis(250);

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    logging::start(arguments.application.log_format);
    let prepared = Prepared::new(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the server")?;
    let outcome = runtime.block_on(prepared.serve());
    runtime.shutdown_timeout(LAST_MOMENTS);
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Everything that can be wrong without building or compiling anything has been checked.
struct Prepared {
    arguments: Arguments,
    manifest: Manifest,
    runtime_config: RuntimeConfig,
    resolver: Resolver,
    server: ServerOptions,
    scripts: Vec<Script>,
    limits: Limits,
    state_directory: Option<PathBuf>,
}

impl Prepared {
    fn new(arguments: Arguments) -> Result<Self> {
        let application = &arguments.application;
        // Before all else, as clap would.
        let variables = variables(&application.variable)?;
        let path = manifest_path::find(arguments.from.as_deref())?;
        let manifest = Manifest::load(&path)?;
        let runtime_config = match &application.runtime_config_file {
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
        let scripts = application
            .sqlite
            .iter()
            .map(|argument| Script::read(argument))
            .collect::<Result<_>>()?;
        let mut server = arguments.bounds.server();
        server.max_connections = open_files::connections(server.max_connections);
        if let (Some(certificate), Some(key)) =
            (&arguments.listen.tls_cert, &arguments.listen.tls_key)
        {
            server.tls = Some(server::load_tls(certificate, key)?);
        }
        Ok(Self {
            limits: arguments.bounds.limits(runtime_config.max_instance_memory),
            state_directory: runtime_config
                .state_directory(application.state_dir.as_deref(), manifest.directory()),
            manifest,
            runtime_config,
            resolver,
            server,
            scripts,
            arguments,
        })
    }

    async fn serve(self) -> Result<()> {
        let address = self.arguments.listen.address;
        // Once now, so that a port that is taken is told before a build of minutes rather than
        // after it. The address is let go again, because a client that could connect would wait.
        drop(server::bind(address).await?);

        if !self.arguments.no_build {
            tokio::task::block_in_place(|| build::components(&self.manifest))?;
        }
        let app = self.load().await?;
        for warning in app.routes().warnings() {
            tracing::warn!("{warning}");
        }

        let mut signals = Signals::listen()?;
        let listener = server::bind(address).await?;
        let scheme = if self.server.tls.is_some() {
            "https"
        } else {
            "http"
        };
        routes::print(app.manifest(), scheme, listener.local_addr()?);

        let patience = self.server.shutdown_timeout;
        let (tell, told) = tokio::sync::oneshot::channel();
        let serving = async {
            let shutdown = async { _ = told.await };
            let ended = server::serve(listener, app.clone(), self.server, shutdown).await?;
            if ended.cut_off > 0 {
                tracing::warn!(
                    connections = ended.cut_off,
                    "requests were cut off after {patience:?}"
                );
            } else if !app.drain(patience).await {
                tracing::warn!(
                    "components that still worked after their last response were stopped"
                );
            }
            anyhow::Ok(())
        };
        let insisting = async {
            signals.next().await;
            say("Stopping: requests in flight may finish; a second signal ends at once");
            _ = tell.send(());
            signals.next().await;
            say("Stopped at once");
        };
        // After the first signal the server ends by itself. The second one ends this function
        // before that, and everything in it is dropped.
        tokio::select! {
            ended = serving => ended,
            () = insisting => Ok(()),
        }
    }

    /// Compiles the components, connects them to their stores and fills these.
    async fn load(&self) -> Result<App> {
        let application = &self.arguments.application;
        let limits = self.limits.clone();
        let defaults = RuntimeOptions::default();
        let runtime = Runtime::new(&RuntimeOptions {
            compile_cache: if application.disable_cache {
                CompileCache::Off
            } else {
                defaults.compile_cache.clone()
            },
            max_instances: u32::try_from(limits.max_instances).unwrap_or(u32::MAX),
            ..defaults
        })?;
        let stores = StoreLocations::new(&self.runtime_config, self.state_directory.as_deref())?;
        let capabilities = Capabilities::local(
            &stores,
            Arc::new(self.resolver.clone()),
            Arc::new(HttpClient::new(&self.runtime_config)),
        )?;
        capabilities.check(&self.manifest)?;
        let options = AppOptions {
            limits,
            log_directory: self.log_directory(),
            quiet: self.arguments.quiet,
            environment: application.env.clone(),
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
        seed::sqlite(&capabilities, &self.scripts).await?;
        seed::key_value(&capabilities, &application.key_value).await?;
        Ok(app)
    }

    /// The flag, else the runtime configuration, else beside the stores. An empty text means none.
    fn log_directory(&self) -> Option<PathBuf> {
        let flag = self.arguments.application.log_dir.as_deref();
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
