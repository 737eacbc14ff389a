//! What the rules look at, read once.

mod compiled;
mod workspace;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jenny_manifest::{Component, ComponentSource, Manifest, ManifestError};

use super::target::Target;
use super::world::{self, Interfaces, World};
use super::{files, rust_source};
pub(super) use compiled::Compiled;
use workspace::Workspace;

/// A project as it lies on disk.
pub(super) struct Project {
    root: PathBuf,
    manifest_file: String,
    manifest_text: String,
    manifest: Result<Manifest, ManifestError>,
    files: Vec<String>,
    sources: Vec<Source>,
    functions: Vec<String>,
    worlds: Result<BTreeMap<String, World>, String>,
    compiled: BTreeMap<String, Compiled>,
    is_workspace: bool,
    keeps_house_rules: bool,
    surroundings: Surroundings,
}

/// What the project is held against besides itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// Where it is meant to run.
    pub(super) target: Option<Target>,
    /// The runtime configuration that it is run with.
    pub(super) runtime_config: Option<PathBuf>,
}

/// A Rust file.
pub(super) struct Source {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    /// The file as it is, with U+FFFD for what is no UTF-8.
    pub(super) text: String,
    /// The file with comments and the insides of literals blanked out, line for line.
    pub(super) code: String,
}

impl Project {
    /// Reads the project that this manifest belongs to.
    pub(super) fn load(manifest_path: &Path, surroundings: Surroundings) -> anyhow::Result<Self> {
        let manifest_text = std::fs::read_to_string(manifest_path).with_context(|| {
            let file = manifest_path.display();
            format!("{file} cannot be read as UTF-8 text; correct it, or name another with --from")
        })?;
        let root = match manifest_path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let manifest_file = manifest_path.file_name().map_or_else(
            || "spin.toml".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        let manifest = Manifest::inspect(manifest_path);
        let files = files::list(&root, &manifest_file)?;
        let compiled = manifest
            .iter()
            .flat_map(|manifest| manifest.components.values())
            .filter_map(|component| {
                let compiled = Compiled::of(component, &root, &files)?;
                Some((component.id.clone(), compiled))
            })
            .collect();
        let functions = functions(&files);
        let workspace = Workspace::read(&root);
        let is_workspace =
            has_packages(&functions, &files) && workspace.is_of_functions(&root, &files);
        let keeps_house_rules = workspace.keeps_house_rules();
        // No other rule looks at them.
        let sources = match is_workspace || keeps_house_rules {
            true => sources(&root, &files)?,
            false => Vec::new(),
        };
        Ok(Self {
            is_workspace,
            functions,
            worlds: world::worlds(&root.join("wit")),
            keeps_house_rules,
            root,
            manifest_file,
            manifest_text,
            manifest,
            files,
            sources,
            compiled,
            surroundings,
        })
    }

    /// Where the project is meant to run, if that was said.
    pub(super) fn target(&self) -> Option<Target> {
        self.surroundings.target
    }

    /// The runtime configuration that it is run with, if one was named.
    pub(super) fn runtime_config(&self) -> Option<&Path> {
        self.surroundings.runtime_config.as_deref()
    }

    /// Whether it is a workspace of functions, laid out as `cargo jenny new-app` does it.
    pub(super) fn is_workspace(&self) -> bool {
        self.is_workspace
    }

    /// Whether the workspace asks to be held to the style of this project.
    pub(super) fn keeps_house_rules(&self) -> bool {
        self.keeps_house_rules
    }

    /// The manifest's name in the root, usually `spin.toml`.
    pub(super) fn manifest_file(&self) -> &str {
        &self.manifest_file
    }

    /// Where the manifest lies.
    pub(super) fn manifest_path(&self) -> PathBuf {
        self.root.join(&self.manifest_file)
    }

    /// The manifest, or why it cannot be used.
    pub(super) fn manifest(&self) -> Result<&Manifest, &ManifestError> {
        self.manifest.as_ref()
    }

    /// The components of the manifest; none if it cannot be used, which is a finding of its own.
    pub(super) fn components(&self) -> impl Iterator<Item = &Component> {
        self.manifest
            .iter()
            .flat_map(|manifest| manifest.components.values())
    }

    /// The component of that id.
    pub(super) fn component(&self, id: &str) -> Option<&Component> {
        self.components().find(|component| component.id == id)
    }

    /// The line of `key` in the manifest's `table` (`component.health`), or of the table's header
    /// when the key is not there.
    pub(super) fn manifest_line(&self, table: &str, key: &str) -> Option<usize> {
        line_of(&self.manifest_text, table, key)
    }

    /// Every file that git tracks or would track, relative to the root, with `/`.
    pub(super) fn files(&self) -> &[String] {
        &self.files
    }

    /// Whether this path, relative to the root, exists at all.
    pub(super) fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// The text of a file; `None` if it is not there or is no UTF-8.
    pub(super) fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(file)).ok()
    }

    /// The Rust files of a project that has rules for them: a workspace, or one with house rules.
    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The names of the folders below `functions/`.
    pub(super) fn functions(&self) -> &[String] {
        &self.functions
    }

    /// The file with the tests of a function: `it/<name>.rs` of the package `tests`, or of another one.
    pub(super) fn test_file(&self, name: &str) -> Option<&str> {
        let is_test = |file: &&String| {
            let package = file.strip_suffix(&format!("it/{name}.rs"));
            package.is_some_and(|package| {
                package == "tests/"
                    || package.ends_with('/')
                        && self.files.contains(&format!("{package}Cargo.toml"))
            })
        };
        self.files.iter().find(is_test).map(String::as_str)
    }

    /// The worlds in `wit/` by name, or why they cannot be parsed.
    pub(super) fn worlds(&self) -> Result<&BTreeMap<String, World>, &str> {
        self.worlds.as_ref().map_err(String::as_str)
    }

    /// The world of that name.
    pub(super) fn world(&self, name: &str) -> Option<&World> {
        self.worlds.as_ref().ok()?.get(name)
    }

    /// The bytes of a component that is compiled.
    pub(super) fn size(&self, component: &Component) -> Option<u64> {
        let ComponentSource::Local(path) = &component.source else {
            return None;
        };
        Some(self.root.join(path).metadata().ok()?.len())
    }

    /// The folder that everything is relative to.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What became of each component with a local source.
    pub(super) fn compiled(&self) -> &BTreeMap<String, Compiled> {
        &self.compiled
    }

    /// The components that could be decoded, with their interfaces. One with dependencies is not among them:
    /// what it imports in the end is known once Spin has composed it.
    pub(super) fn decoded(&self) -> impl Iterator<Item = (&Component, &Interfaces)> {
        self.components()
            .filter(|component| component.dependencies.is_empty())
            .filter_map(|component| match self.compiled.get(&component.id)? {
                Compiled::Component(interfaces) => Some((component, interfaces)),
                _ => None,
            })
    }
}

fn sources(root: &Path, files: &[String]) -> anyhow::Result<Vec<Source>> {
    files
        .iter()
        .filter(|file| file.ends_with(".rs") && !is_unplaced(file))
        .map(|file| {
            let bytes =
                std::fs::read(root.join(file)).with_context(|| format!("{file} cannot be read"))?;
            // The compiler says what is no UTF-8; to the rules it is a character like others.
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Ok(Source {
                path: file.clone(),
                code: rust_source::blank(&text),
                text,
            })
        })
        .collect()
}

/// What a template left below a function's folder is no source yet: it belongs elsewhere.
fn is_unplaced(file: &str) -> bool {
    file.starts_with("functions/") && file.split('/').nth(2) == Some("unplaced")
}

/// The folders below `functions/`: a folder counts once it holds a file that git knows.
fn functions(files: &[String]) -> Vec<String> {
    let mut names: Vec<_> = files
        .iter()
        .filter_map(|file| file.strip_prefix("functions/")?.split_once('/'))
        .map(|(name, _)| name.to_owned())
        .collect();
    names.dedup();
    names
}

/// Whether any of the folders is a package.
fn has_packages(functions: &[String], files: &[String]) -> bool {
    functions
        .iter()
        .any(|name| files.contains(&format!("functions/{name}/Cargo.toml")))
}

/// The line of `key` below the header `[table]`, else the line of the header.
///
/// The manifest has been parsed already; this only finds again where something stands, so it may
/// answer `None` for unusual notations such as inline tables.
fn line_of(text: &str, table: &str, key: &str) -> Option<usize> {
    let mut header = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            if header.is_some() {
                break;
            }
            let name = line.trim_matches(['[', ']']).replace(['"', ' '], "");
            if name == table {
                header = Some(index + 1);
            }
        } else if header.is_some()
            && line
                .split_once('=')
                .is_some_and(|(name, _)| name.trim().trim_matches('"') == key)
        {
            return Some(index + 1);
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::Fixture;

    #[test]
    fn lines_are_those_of_the_key_or_of_its_table() {
        let text =
            "[variables]\na = {}\n\n[component.x]\nsource = \"s\"\n[component.x.build]\nb = 1\n";
        assert_eq!(line_of(text, "component.x", "source"), Some(5));
        assert_eq!(line_of(text, "component.x", "files"), Some(4));
        assert_eq!(line_of(text, "component.x.build", "b"), Some(7));
        assert_eq!(line_of(text, "component.y", "source"), None);
    }

    #[test]
    fn what_is_not_in_its_place_is_no_source() {
        assert!(is_unplaced("functions/notes/unplaced/tests.rs"));
        assert!(!is_unplaced("functions/unplaced/src/lib.rs"));
    }

    #[test]
    fn sources_are_read_for_those_who_have_rules_about_them_whatever_is_in_them() {
        let fixture = Fixture::new().with("functions/hello/src/latin.rs", b"// caf\xe9\n");
        let project = fixture.project();
        let mut sources = project.sources().iter();
        let latin = sources.find(|source| source.path.ends_with("latin.rs"));
        assert!(latin.is_some_and(|source| source.text == "// caf\u{fffd}\n"));
        let project = fixture.without("Cargo.toml").load();
        assert!(project.sources().is_empty());
    }

    #[test]
    fn folders_of_functions_are_named_once() {
        let files = [
            "functions/a/Cargo.toml",
            "functions/a/src/lib.rs",
            "functions/README.md",
        ]
        .map(str::to_owned);
        assert_eq!(functions(&files), ["a"]);
    }
}
