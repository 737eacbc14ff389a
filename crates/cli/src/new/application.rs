//! The application that a function is added to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use jenny_manifest::route::RouteTable;
use jenny_manifest::{HttpTrigger, Manifest, TriggerRoute, TriggerTarget};

use super::place;
use crate::changes::Changes;
use crate::template::Snippet;

/// An application as it lies on disk.
#[derive(Debug)]
pub(super) struct Application {
    root: PathBuf,
    manifest_file: PathBuf,
    text: String,
    manifest: Manifest,
    /// The packages that cargo knows here, and the names under which dependencies are known.
    packages: BTreeSet<String>,
}

impl Application {
    /// Reads the application of this manifest.
    ///
    /// # Errors
    ///
    /// When the manifest is broken, or lies in no workspace of functions.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let root = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let manifest = Manifest::inspect_text(&text, path)
            .map_err(|error| anyhow!("correct the manifest first, nothing was written: {error}"))?;
        let packages = packages(&root)?;
        let manifest_file = path.file_name().map(PathBuf::from);
        Ok(Self {
            manifest_file: manifest_file.unwrap_or_else(|| path.to_owned()),
            root,
            text,
            manifest,
            packages,
        })
    }

    /// Where the manifest lies.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The manifest's name there.
    pub(super) fn manifest_file(&self) -> &Path {
        &self.manifest_file
    }

    /// The manifest's text.
    pub(super) fn manifest(&self) -> &str {
        &self.text
    }

    /// Whether nothing here has that name.
    ///
    /// # Errors
    ///
    /// When something has; the error names it.
    pub(super) fn check_name(&self, name: &str) -> Result<()> {
        let mut taken: Vec<String> = [
            format!("functions/{name}"),
            format!("wit/{name}.wit"),
            format!("tests/it/{name}.rs"),
        ]
        .into_iter()
        .filter(|path| self.root.join(path).symlink_metadata().is_ok())
        .map(|path| format!("{path} is there already"))
        .collect();
        if self.manifest.components.contains_key(name) {
            taken.push(format!(
                "{} has such a component",
                self.manifest_file.display()
            ));
        }
        if taken.is_empty() && self.packages.contains(name) {
            taken.push("cargo knows another package by it".to_owned());
        }
        match taken.first() {
            None => Ok(()),
            Some(why) => bail!("the name `{name}` is taken, {why}: choose another name"),
        }
    }

    /// The manifest with these snippets in it.
    ///
    /// # Errors
    ///
    /// When the manifest would be none any more.
    pub(super) fn with(&self, snippets: &BTreeMap<Snippet, String>) -> Result<String> {
        let text = add_snippets(&self.text, snippets)?;
        let path = self.root.join(&self.manifest_file);
        Manifest::inspect_text(&text, &path)
            .map_err(|error| anyhow!("the function does not go into this manifest: {error}"))?;
        Ok(text)
    }

    /// Whether the function answers at addresses of its own.
    ///
    /// # Errors
    ///
    /// When another one's route matches the same paths as one of it.
    pub(super) fn check_routes(&self, text: &str, name: &str) -> Result<()> {
        let path = self.root.join(&self.manifest_file);
        let manifest = Manifest::inspect_text(text, &path)?;
        let table = RouteTable::new(&manifest)?;
        let reachable: BTreeSet<usize> = table.entries().map(|entry| entry.trigger).collect();
        let of = |trigger: &HttpTrigger| match &trigger.target {
            TriggerTarget::Component(id) => id.clone(),
            TriggerTarget::Static(_) => "a static response".to_owned(),
        };
        let routes = || manifest.triggers.iter().enumerate();
        for (index, new) in routes().filter(|(_, trigger)| of(trigger) == name) {
            let TriggerRoute::Path(route) = &new.route else {
                continue;
            };
            let other = routes().find_map(|(other, trigger)| match &trigger.route {
                TriggerRoute::Path(path) if other != index && shape(path) == shape(route) => {
                    Some((path, of(trigger)))
                }
                _ => None,
            });
            match other {
                Some((path, of)) => bail!(
                    "the route `{route}` matches the same paths as `{path}` of `{of}`: choose another with \
                     --route"
                ),
                None if !reachable.contains(&index) => {
                    bail!("no request would reach the route `{route}`: choose another with --route")
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Adds to the changes what describes the application: `openapi.json`, and the table of variables.
    ///
    /// # Errors
    ///
    /// When the functions' documents contradict each other.
    pub(super) fn describe(
        &self,
        changes: &mut Changes,
        manifest: &str,
        files: &BTreeMap<PathBuf, Vec<u8>>,
    ) -> Result<()> {
        place::describe(changes, &self.root, manifest, files)
    }
}

/// A route without the names of its parameters.
fn shape(route: &str) -> Vec<&str> {
    let segments = route.split('/').filter(|segment| !segment.is_empty());
    segments
        .map(|segment| {
            if segment.starts_with(':') {
                ":"
            } else {
                segment
            }
        })
        .collect()
}

/// A manifest with snippets in it, by Spin's rules: variables are put into their table, everything else at
/// the end. Nothing else changes, not a blank.
pub(super) fn add_snippets(manifest: &str, snippets: &BTreeMap<Snippet, String>) -> Result<String> {
    let mut text = manifest.to_owned();
    for (snippet, addition) in snippets {
        text = match snippet {
            Snippet::Component | Snippet::ApplicationTrigger => {
                format!("{}\n\n{addition}", text.trim_end())
            }
            Snippet::Variables => with_variables(&text, addition)?,
        };
    }
    Ok(text)
}

/// Where Spin puts them: behind the last entry of the table, or in a table at the end.
fn with_variables(manifest: &str, addition: &str) -> Result<String> {
    if addition.trim().is_empty() {
        return Ok(manifest.to_owned());
    }
    let mut end = None;
    let mut is_inside = false;
    let mut position = 0;
    for line in manifest.split_inclusive('\n') {
        position += line.len();
        let text = line.trim();
        if text.starts_with('[') {
            is_inside = text.replace(' ', "") == "[variables]";
        }
        if is_inside && !text.is_empty() && !text.starts_with('#') {
            end = Some(position);
        }
    }
    let text = match end {
        Some(end) => {
            let (before, after) = manifest.split_at(end);
            format!("{}\n{}\n{after}", before.trim_end(), addition.trim())
        }
        None => format!(
            "{}\n\n[variables]\n{}\n",
            manifest.trim_end(),
            addition.trim()
        ),
    };
    // A table that is written in another way than by its header would not be found.
    let declared = |text: &str| {
        text.parse::<toml::Table>()
            .map(|table| table.get("variables").cloned())
    };
    let mut expected = match declared(manifest)? {
        Some(toml::Value::Table(table)) => table,
        _ => toml::Table::new(),
    };
    expected.extend(addition.parse::<toml::Table>()?);
    match declared(&text) {
        Ok(Some(toml::Value::Table(table))) if table == expected => Ok(text),
        _ => bail!(
            "the table [variables] is written in an unusual way: add `{}` to it",
            addition.trim()
        ),
    }
}

/// The names of packages that mean something here.
fn packages(root: &Path) -> Result<BTreeSet<String>> {
    let path = root.join("Cargo.toml");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let manifest: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        anyhow!("{} is no valid TOML: {}", path.display(), error.message())
    })?;
    let workspace = manifest.get("workspace").and_then(toml::Value::as_table);
    let members = workspace
        .and_then(|workspace| workspace.get("members")?.as_array())
        .map(Vec::as_slice)
        .unwrap_or_default();
    if !members
        .iter()
        .any(|member| member.as_str() == Some("functions/*"))
    {
        bail!(
            "{} is no workspace with the members `functions/*`: make an application with `cargo jenny new-app`",
            path.display()
        );
    }
    let aliases = workspace
        .and_then(|workspace| workspace.get("dependencies")?.as_table())
        .into_iter()
        .flat_map(|dependencies| dependencies.keys().cloned());
    let locked = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let locked: toml::Table = locked.parse().unwrap_or_default();
    let locked = locked
        .get("package")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten();
    let names = locked.filter_map(|package| Some(package.get("name")?.as_str()?.to_owned()));
    Ok(aliases.chain(names).collect())
}
