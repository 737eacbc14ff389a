//! The application manifest, `spin.toml`, version 2.
//!
//! Everything that Spin 4.1 documents is read; what Spin refuses is refused. What this host does
//! not do (yet) is an error where leaving it out would change what the application does, and one
//! of [`Manifest::warnings`] where it would not. Who does not run the application, but tells of it, reads
//! it with [`Manifest::inspect`], which keeps all of that as [`Manifest::unsupported`].
//!
//! Every error is one sentence with file, line and what to do:
//!
//! ```
//! use std::path::Path;
//! use jenny_manifest::Manifest;
//!
//! let error = Manifest::parse(
//!     "spin_manifest_version = 2\n\n[application]\nnaem = \"shop\"\n",
//!     Path::new("spin.toml"),
//! )
//! .unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "spin.toml:4: [application] has no field 'naem'; did you mean 'name'?",
//! );
//! ```
//!
//! Reference: <https://spinframework.dev/v4/manifest-reference>.

pub mod allowed_hosts;
mod component;
mod document;
mod identifier;
mod profile;
mod read;
pub mod route;
pub mod runtime_config;
#[cfg(test)]
mod tests;
mod trigger;
mod unsupported;
pub mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use document::FileError;
pub(crate) use identifier::{check_label, check_variable, check_variable_key};
pub use unsupported::{Feature, Unsupported};

use crate::document::{Document, read_text};
use crate::variables::{Secret, Template};

/// Why a manifest cannot be used.
pub type ManifestError = FileError;

/// A manifest that was read and checked.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The file, as it was named.
    pub path: PathBuf,
    /// `[application]`.
    pub application: Application,
    /// `[variables]`, by name.
    pub variables: BTreeMap<String, VariableDeclaration>,
    /// `[[trigger.http]]`, in the order of the file.
    pub triggers: Vec<HttpTrigger>,
    /// `[component.<id>]` and the components written inside triggers, by id.
    pub components: BTreeMap<String, Component>,
    /// Sentences, each with its line, about what is read but has no effect here.
    pub warnings: Vec<String>,
    /// What Spin does and this host does not, in the order in which it was read. A manifest that this
    /// host can run has none.
    pub unsupported: Vec<Unsupported>,
    /// The application's variables that go into triggers of other kinds than HTTP, whose settings this
    /// host does not read.
    pub trigger_variables: BTreeSet<String>,
    /// The build profile that it is in: see [`Manifest::with_profile`]. `None` is how it ships.
    pub profile: Option<String>,
}

/// What the application is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Its version, or empty.
    pub version: String,
    /// What it is for, or empty.
    pub description: String,
    /// Who wrote it.
    pub authors: Vec<String>,
}

/// A variable of the application. It is `required` exactly when it has no default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableDeclaration {
    /// The value where no provider has one.
    pub default: Option<Secret>,
    /// Whether a provider must have a value.
    pub required: bool,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// What it is for, or empty.
    pub description: String,
    /// The line that declares it.
    pub line: usize,
}

/// What a route leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpTrigger {
    /// The id given, or the one that Spin would generate.
    pub id: String,
    /// Which requests it answers.
    pub route: TriggerRoute,
    /// What answers them.
    pub target: TriggerTarget,
    /// The line of its `[[trigger.http]]`.
    pub line: usize,
}

/// Which requests a trigger answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerRoute {
    /// Those whose path fits this pattern, as written: `/users/:id/...`.
    Path(String),
    /// Only those of the application's own components.
    Private,
}

/// What answers a trigger's requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerTarget {
    /// The component of this id.
    Component(String),
    /// An answer that the host gives without running anything.
    Static(StaticResponse),
}

/// An answer that never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticResponse {
    /// The status, between 200 and 599.
    pub status_code: u16,
    /// The headers in the order of the file; names and values are valid in HTTP.
    pub headers: Vec<(String, String)>,
    /// The body, where there is one.
    pub body: Option<String>,
}

/// A component and what it may touch.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its id.
    pub id: String,
    /// What it is for, or empty.
    pub description: String,
    /// Where its WebAssembly is.
    pub source: ComponentSource,
    /// Its variables: templates over the application's variables, all of which are declared.
    pub variables: BTreeMap<String, String>,
    /// Its environment variables, taken as they are.
    pub environment: BTreeMap<String, String>,
    /// The files that it may read.
    pub files: Vec<FileMount>,
    /// Patterns of files that it may not read although `files` has them.
    pub exclude_files: Vec<String>,
    /// Labels of the key-value stores that it may open.
    pub key_value_stores: Vec<String>,
    /// Labels of the SQLite databases that it may open.
    pub sqlite_databases: Vec<String>,
    /// Templates of what it may reach; see [`AllowedHosts`](crate::allowed_hosts::AllowedHosts).
    pub allowed_outbound_hosts: Vec<String>,
    /// Names of the language models that it may use. This host has none.
    pub ai_models: Vec<String>,
    /// What Spin composes into it: packages (`example:shop`) and interfaces (`example:shop/cart@1.0.0`).
    /// This host composes none.
    pub dependencies: Vec<String>,
    /// How to build it, where the manifest says.
    pub build: Option<Build>,
    /// What build profiles change: see [`Manifest::with_profile`].
    pub profiles: BTreeMap<String, Profile>,
    /// Where its fields stand in the manifest.
    pub lines: Lines,
}

/// Where a component's WebAssembly is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentSource {
    /// A file, relative to the manifest's directory: see [`Manifest::resolve`].
    Local(PathBuf),
    /// A download, which this host does not fetch.
    Remote {
        /// Where from: a URL, or a package of a registry: `example.com/example:shop@1.0.0`, or
        /// `example:shop@1.0.0` where the manifest leaves the choice of the registry to Spin.
        url: String,
    },
}

/// Files that a component may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileMount {
    /// Every file that fits this glob pattern, relative to the manifest's directory and at the
    /// same path for the component.
    Pattern(String),
    /// A directory or file of the host.
    Placement {
        /// The host's directory or file, relative to the manifest's directory.
        source: PathBuf,
        /// The absolute path at which the component sees it.
        destination: String,
    },
}

/// How to build a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Shell commands, to be run one after the other. At least one.
    pub commands: Vec<String>,
    /// Where to run them, relative to the manifest's directory, which is also the default.
    pub workdir: Option<PathBuf>,
    /// Glob patterns of the files that it is built from, relative to `workdir`.
    pub watch: Vec<String>,
}

/// What a build profile changes about a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Where its WebAssembly is instead.
    pub source: Option<ComponentSource>,
    /// Environment variables that are added or replaced.
    pub environment: BTreeMap<String, String>,
    /// The commands that build it instead.
    pub commands: Option<Vec<String>>,
}

/// Where the fields of a component stand, so that later messages can point there.
#[derive(Clone, PartialEq, Eq)]
pub struct Lines {
    path: Arc<Path>,
    table: usize,
    fields: BTreeMap<String, usize>,
}

impl Lines {
    /// `spin.toml:12`: the field's place, or that of the component where the field is missing.
    pub fn of(&self, field: &str) -> String {
        let line = self.fields.get(field).copied().unwrap_or(self.table);
        format!("{}:{line}", self.path.display())
    }

    /// `spin.toml:10`: the place of the component.
    pub fn component(&self) -> String {
        format!("{}:{}", self.path.display(), self.table)
    }

    pub(crate) fn error(&self, field: &str, message: impl Into<String>) -> FileError {
        let line = self.fields.get(field).copied().unwrap_or(self.table);
        FileError::new(&self.path, Some(line), message)
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.component())
    }
}

impl Component {
    /// The application's variables that it gets to see: those that its own variables and
    /// `allowed_outbound_hosts` are made of.
    pub fn application_variables(&self) -> BTreeSet<String> {
        let templates = self.variables.values().chain(&self.allowed_outbound_hosts);
        templates
            .filter_map(|text| Template::parse(text).ok())
            .flat_map(|template| template.variables().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }
}

impl Manifest {
    /// Reads and checks a manifest. `path` may be the directory that holds a `spin.toml`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not TOML, or is not a manifest that this host can run.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        Self::inspect(path)?.supported()
    }

    /// Reads a manifest that is told of and not run: what Spin does and this host does not is no error, but
    /// one of [`Manifest::unsupported`]. `path` may be the directory that holds a `spin.toml`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not TOML, or is not a manifest.
    pub fn inspect(path: &Path) -> Result<Self, ManifestError> {
        let file = if path.is_dir() {
            path.join("spin.toml")
        } else {
            path.to_owned()
        };
        let text = read_text(
            &file,
            "start in the directory that holds spin.toml, or name it with --from",
        )?;
        Self::inspect_text(&text, &file)
    }

    /// As [`inspect`](Self::inspect), of a text; `path` is what messages call it and what relative paths
    /// start from.
    ///
    /// # Errors
    ///
    /// When the text is not TOML or not a manifest.
    pub fn inspect_text(text: &str, path: &Path) -> Result<Self, ManifestError> {
        read::manifest(&Document::new(path, text), path)
    }

    /// Checks the text of a manifest; `path` is what messages call it and what relative paths
    /// start from.
    ///
    /// # Errors
    ///
    /// When the text is not TOML or not a manifest that this host can run.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        Self::inspect_text(text, path)?.supported()
    }

    /// The directory that relative paths in the manifest start from.
    pub fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }

    /// A path of the manifest, seen from the current directory.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        match self.directory() {
            directory if directory == Path::new(".") => path.to_owned(),
            directory => directory.join(path),
        }
    }

    /// `spin.toml:12`, for messages.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}
