//! Which application is loaded, and how much of it.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jenny_manifest::{Manifest, TriggerTarget};

use crate::builder::{PostgresVariables, TestAppBuilder};
use crate::database::Location;
use crate::package;

const MANIFEST: &str = "spin.toml";

impl TestAppBuilder {
    /// Loads the application of this manifest, a file or a folder with a `spin.toml` in it, rather than
    /// the workspace's: see [`TestApp::from_manifest`](crate::TestApp::from_manifest).
    #[must_use]
    pub fn manifest(mut self, path: impl Into<PathBuf>) -> Self {
        self.source.path = Some(path.into());
        self
    }

    /// Of this application, there, which it is told by these variables if it is a server.
    pub(crate) fn at(
        mut self,
        source: Source,
        location: Location,
        postgres_variables: PostgresVariables,
    ) -> Self {
        self.source = source;
        self.location = location;
        self.postgres_variables = postgres_variables;
        self
    }

    /// Loads this component, with its routes, and others only where they are named like this too. What
    /// it asks of a component that is not loaded fails as if there were none of that name.
    ///
    /// ```no_run
    /// # use jenny_test::TestApp;
    /// # async fn example() {
    /// let app = TestApp::builder().only("health").await;
    /// assert_eq!(app.routes(), ["/health/live", "/health/ready"]);
    /// # }
    /// ```
    #[must_use]
    pub fn only(mut self, component: &str) -> Self {
        self.source.only.insert(component.to_owned());
        self
    }
}

/// A manifest, and what of it is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Source {
    /// None for the workspace's.
    path: Option<PathBuf>,
    /// Empty for all components.
    only: BTreeSet<String>,
}

impl Source {
    /// The same application with all its components.
    pub(super) fn whole(&self) -> Self {
        Self {
            path: self.path.clone(),
            only: BTreeSet::new(),
        }
    }

    /// The manifest, without the components that are left out, and with the others built.
    ///
    /// Panics with the sentence of `jenny up` when there is something wrong with it.
    pub(crate) fn load(&self) -> Manifest {
        /// What was read, and what it came to.
        type Loaded = HashMap<Source, (String, Manifest)>;
        static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

        let path = self.file();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.get_or_insert_default();
        // Components are built once in a process; whoever changes their sources runs the tests again.
        if let Some((known, manifest)) = loaded.get(self)
            && *known == text
        {
            return manifest.clone();
        }
        let manifest = Manifest::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let manifest = self.narrowed(manifest);
        jenny_builder::components_unless_built(&manifest, |_| ())
            .unwrap_or_else(|error| panic!("{error}"));
        loaded.insert(self.clone(), (text, manifest.clone()));
        manifest
    }

    fn file(&self) -> PathBuf {
        let Some(path) = &self.path else {
            return nearest_manifest();
        };
        let path = package::resolve(path);
        let file = match path.is_dir() {
            true => path.join(MANIFEST),
            false => path,
        };
        assert!(
            file.is_file(),
            "there is no manifest at {}; a test names a file or a directory with a {MANIFEST}, seen \
             from the folder of its package",
            file.display()
        );
        file
    }

    fn narrowed(&self, mut manifest: Manifest) -> Manifest {
        if self.only.is_empty() {
            return manifest;
        }
        if let Some(unknown) = self
            .only
            .iter()
            .find(|id| !manifest.components.contains_key(*id))
        {
            let all: Vec<&str> = manifest.components.keys().map(String::as_str).collect();
            panic!(
                "{} has no component `{unknown}`; it has {}",
                manifest.path.display(),
                all.join(", ")
            );
        }
        manifest.components.retain(|id, _| self.only.contains(id));
        manifest.triggers.retain(|trigger| match &trigger.target {
            TriggerTarget::Component(id) => self.only.contains(id),
            TriggerTarget::Static(_) => true,
        });
        manifest
    }
}

/// The nearest `spin.toml`, from the tested package's folder upwards.
fn nearest_manifest() -> PathBuf {
    let start = package::folder();
    start
        .ancestors()
        .map(|folder: &Path| folder.join(MANIFEST))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!(
                "there is no {MANIFEST} in {} or above it; name one with TestApp::from_manifest",
                start.display()
            )
        })
}
