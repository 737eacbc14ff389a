//! From a manifest to an application that can answer.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::component_error::ComponentError;
use crate::engine::{Compiled, Runtime};
use crate::files::Files;
use crate::logs::ComponentLogs;
use crate::observer::Observed;
use crate::options::AppOptions;
use jenny_manifest::allowed_hosts::AllowedHosts;
use jenny_manifest::variables::Resolver;
use jenny_manifest::{Component, ComponentSource, Manifest, ManifestError};
use jenny_stores::Grants;

/// How far loading an application has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadProgress<'a> {
    /// A component is being compiled, or looked up in the cache.
    Compiling {
        /// Its id.
        component: &'a str,
    },
    /// A component is ready.
    Ready {
        /// Its id.
        component: &'a str,
        /// How long it took.
        elapsed: Duration,
        /// How many are ready now, this one included.
        finished: usize,
        /// How many there are.
        total: usize,
    },
}

/// Why an application could not be loaded. Each message is one sentence that names the file, line
/// or component and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A component has not been built.
    #[error(
        "{} does not exist; build it with `{command}` ({place}: component `{component}`)",
        .path.display()
    )]
    NotBuilt {
        /// The file that the manifest names.
        path: PathBuf,
        /// What builds it.
        command: String,
        /// The component's id.
        component: String,
        /// `spin.toml:LINE`.
        place: String,
    },
    /// A component that is not there, and that the manifest does not say how to build.
    #[error(
        "{} does not exist, and nothing says how to build it; put it there, or add \
         [component.{component}.build] with its `command` ({place}: component `{component}`)",
        .path.display()
    )]
    NoBuildCommand {
        /// The file that the manifest names.
        path: PathBuf,
        /// The component's id.
        component: String,
        /// `spin.toml:LINE`.
        place: String,
    },
    /// A component that would have to be downloaded.
    #[error(
        "component `{component}` comes from {url}, which this host does not fetch; download it and \
         give its path as `source` ({place})"
    )]
    Remote {
        /// The component's id.
        component: String,
        /// Where it would come from.
        url: String,
        /// `spin.toml:LINE`.
        place: String,
    },
    /// A component that cannot be compiled or does not fit this host.
    #[error("component `{component}` ({}) {source}", .path.display())]
    Component {
        /// The component's id.
        component: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ComponentError,
    },
    /// Files that cannot be mounted, or a log that cannot be opened.
    #[error("component `{component}` ({place}): {detail}")]
    Entry {
        /// The component's id.
        component: String,
        /// `spin.toml:LINE`.
        place: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Routes or `allowed_outbound_hosts` that mean nothing, or need a variable without a value.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// One component with everything that can go wrong behind it.
pub(crate) struct Loaded {
    pub(crate) id: Arc<str>,
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) files: Files,
    pub(crate) logs: Arc<ComponentLogs>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
}

/// Compiles and prepares all components of `manifest`, several at once. Blocks.
pub(crate) fn components(
    runtime: &Runtime,
    manifest: &Manifest,
    resolver: &Resolver,
    options: &AppOptions,
    progress: &(dyn Fn(LoadProgress<'_>) + Sync),
) -> Result<Vec<Loaded>, LoadError> {
    let components: Vec<&Component> = manifest.components.values().collect();
    let total = components.len();
    let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(HashMap::with_capacity(total));
    let work = || {
        while let Some(component) = components.get(next.fetch_add(1, Ordering::Relaxed)) {
            progress(LoadProgress::Compiling {
                component: &component.id,
            });
            let start = Instant::now();
            let result = load(runtime, manifest, resolver, options, component);
            if result.is_ok() {
                progress(LoadProgress::Ready {
                    component: &component.id,
                    elapsed: start.elapsed(),
                    finished: finished.fetch_add(1, Ordering::Relaxed) + 1,
                    total,
                });
            }
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.insert(component.id.as_str(), result);
        }
    };
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(total);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    // In the manifest's order, so that the same mistake is always told first.
    components
        .iter()
        .filter_map(|component| results.remove(component.id.as_str()))
        .collect()
}

fn load(
    runtime: &Runtime,
    manifest: &Manifest,
    resolver: &Resolver,
    options: &AppOptions,
    component: &Component,
) -> Result<Loaded, LoadError> {
    let entry = |detail: String| LoadError::Entry {
        component: component.id.clone(),
        place: component.lines.component(),
        detail,
    };
    let path = source(manifest, component)?;
    let compiled = runtime
        .compile_file(&path)
        .map_err(|source| LoadError::Component {
            component: component.id.clone(),
            path: path.clone(),
            source,
        })?;
    let id: Arc<str> = component.id.as_str().into();
    let logs = ComponentLogs::open(
        Arc::clone(&id),
        options.log_directory.as_deref(),
        !options.quiet,
        options.log_sink.clone(),
    )
    .map_err(|error| entry(format!("its log cannot be opened: {error}")))?;
    let mut environment: Vec<(String, String)> = component
        .environment
        .iter()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    environment.retain(|(name, _)| options.environment.iter().all(|(other, _)| other != name));
    environment.extend(options.environment.iter().cloned());
    let logs = Arc::new(logs.observed_by(Observed(options.observer.clone())));
    Ok(Loaded {
        compiled,
        environment,
        files: Files::of(component, manifest.directory())
            .map_err(|error| entry(format!("`files`: {error}")))?,
        logs: Arc::clone(&logs),
        grants: Arc::new(
            Grants::new(
                &id,
                component.key_value_stores.iter().cloned(),
                component.sqlite_databases.iter().cloned(),
            )
            .with_ai_models(component.ai_models.iter().cloned())
            .noted_in(move |line| logs.note(line)),
        ),
        allowed_hosts: Arc::new(AllowedHosts::for_component(component, resolver)?),
        id,
    })
}

fn source(manifest: &Manifest, component: &Component) -> Result<PathBuf, LoadError> {
    let (component_id, place) = (component.id.clone(), component.lines.of("source"));
    match &component.source {
        ComponentSource::Remote { url, .. } => Err(LoadError::Remote {
            component: component_id,
            url: url.clone(),
            place,
        }),
        ComponentSource::Local(path) => {
            let path = manifest.resolve(path);
            if path.is_file() {
                Ok(path)
            } else if component.build.is_none() {
                Err(LoadError::NoBuildCommand {
                    path,
                    component: component_id,
                    place,
                })
            } else {
                let profile = manifest.profile.iter();
                let options: String = profile.map(|name| format!(" --profile {name}")).collect();
                Err(LoadError::NotBuilt {
                    path,
                    command: format!("cargo jenny build{options}"),
                    component: component_id,
                    place,
                })
            }
        }
    }
}
