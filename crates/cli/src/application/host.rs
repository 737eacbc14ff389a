//! What runs an application, and the next version of it after that.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jenny_host::capability::Capabilities;
use jenny_host::{
    App, AppOptions, CompileCache, HttpClient, LoadProgress, Runtime, RuntimeOptions,
};
use jenny_manifest::runtime_config::RuntimeConfig;
use jenny_stores::{MqttClient, MysqlPools, PostgresPools, RedisConnector, StoreLocations, Stores};

use super::{Application, Running, fill};
use crate::say;

/// What is compiled faster than this comes from the cache, and is not worth a line.
const WORTH_TELLING: Duration = Duration::from_millis(250);

/// The compiled components and open stores of an application. What its next version still needs of
/// them is kept.
pub(crate) struct Host {
    runtime: Runtime,
    stores: StoreLocations,
    capabilities: Capabilities,
    /// The text of the runtime configuration that the capabilities were made of.
    configuration: Option<Vec<u8>>,
    /// A version was loaded before.
    loaded: bool,
}

impl Host {
    /// Sets up the engine, with room for so many instances of all versions together, and opens the
    /// stores of `application`.
    pub(crate) fn new(application: &Application, max_instances: usize) -> Result<Self> {
        let defaults = RuntimeOptions::default();
        let runtime = Runtime::new(&RuntimeOptions {
            compile_cache: if application.arguments.disable_cache {
                CompileCache::Off
            } else {
                defaults.compile_cache.clone()
            },
            max_instances: u32::try_from(max_instances).unwrap_or(u32::MAX),
            ..defaults
        })?;
        let configuration = configuration(application);
        let stores = locations(application)?;
        let capabilities = capabilities(application, &stores)?;
        Ok(Self {
            runtime,
            stores,
            capabilities,
            configuration,
            loaded: false,
        })
    }

    /// Compiles the components that are not compiled yet and connects all to their stores. An
    /// application that cannot be loaded leaves everything as it is.
    pub(crate) async fn load(
        &mut self,
        application: &Application,
        running: Running,
    ) -> Result<App> {
        self.connect(application)?;
        self.capabilities.stores.check(&application.manifest)?;
        let options = AppOptions {
            limits: running.limits,
            trusted_proxies: running.trusted_proxies,
            log_directory: application.log_directory(),
            quiet: running.quiet,
            log_sink: running.log_sink,
            environment: application.arguments.env.clone(),
            blocked_networks: application.runtime_config.blocked_networks.clone(),
            ..AppOptions::default()
        };
        let progress = if self.loaded {
            |_: LoadProgress<'_>| {}
        } else {
            compiled
        };
        let loading = App::load(
            &self.runtime,
            application.manifest.clone(),
            application.resolver.clone(),
            self.capabilities.clone(),
            options,
            progress,
        );
        // Who changes something waits for little, and is told when it is over.
        let app = if self.loaded {
            loading.await?
        } else {
            tell_if_slow(loading).await?
        };
        self.loaded = true;
        Ok(app)
    }

    /// What `--sqlite` and `--key-value` put into the stores before the first request. It comes
    /// last, so that an application that cannot be loaded leaves its stores as they were.
    pub(crate) async fn fill(&self, application: &Application) -> Result<()> {
        fill::sqlite(&self.capabilities.stores, &application.scripts).await?;
        fill::key_value(&self.capabilities.stores, &application.arguments.key_value).await
    }

    /// Opens what another runtime configuration defines, and keeps the rest open: what is in memory
    /// survives, and what is on a network need not be connected to again.
    fn connect(&mut self, application: &Application) -> Result<()> {
        let configuration = configuration(application);
        if configuration != self.configuration {
            let stores = locations(application)?;
            let mut changed = capabilities(application, &stores)?;
            if stores == self.stores {
                changed.stores.sqlite = Arc::clone(&self.capabilities.stores.sqlite);
                changed.stores.key_value = Arc::clone(&self.capabilities.stores.key_value);
            }
            self.capabilities = changed;
            self.stores = stores;
            self.configuration = configuration;
        }
        self.capabilities.variables = Arc::new(application.resolver.clone());
        Ok(())
    }
}

fn configuration(application: &Application) -> Option<Vec<u8>> {
    // It was read a moment ago, and then it could be.
    std::fs::read(application.runtime_config.path.as_deref()?).ok()
}

fn locations(application: &Application) -> Result<StoreLocations> {
    let directory = application.state_directory.as_deref();
    Ok(StoreLocations::new(&application.runtime_config, directory)?)
}

fn capabilities(application: &Application, stores: &StoreLocations) -> Result<Capabilities> {
    let config: &RuntimeConfig = &application.runtime_config;
    Ok(Capabilities {
        stores: Stores {
            postgres: Arc::new(PostgresPools::new(config)),
            mysql: Arc::new(MysqlPools::new(config)),
            mqtt: Arc::new(MqttClient::new(config)),
            redis: Arc::new(RedisConnector::new(config)),
            ..Stores::local(stores)?
        },
        variables: Arc::new(application.resolver.clone()),
        outbound_http: Arc::new(HttpClient::new(config)),
    })
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
