//! What cargo says that it built components from: more than anybody would write into `watch`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use jenny_manifest::{Component, ComponentSource, Manifest};

use super::globs::Purpose;
use super::snapshot::is_cache;
use crate::dep_info;

/// Files, and folders with all below them.
#[derive(Default)]
pub(super) struct Inputs(HashMap<PathBuf, BTreeSet<Purpose>>);

impl Inputs {
    /// What was listed last for the components of `manifest` and lies in its folder, `root`, but for what
    /// builds write themselves. The `Cargo.toml` above each of them is added.
    pub(super) fn of(manifest: &Manifest, root: &Path) -> Self {
        let mut inputs = Self::default();
        // cargo looks through links.
        let Ok(real_root) = root.canonicalize() else {
            return inputs;
        };
        let mut written = HashMap::new();
        for component in manifest.components.values() {
            let Some(list) = list_of(component, root) else {
                continue;
            };
            let mut folders = BTreeSet::from([root.to_owned()]);
            for input in list {
                let inside = input.strip_prefix(&real_root).unwrap_or(&input);
                let path = root.join(inside);
                let above = || path.ancestors().take_while(|part| *part != root);
                let is_written = |part: &Path| {
                    let known = written.entry(part.to_owned());
                    *known.or_insert_with(|| is_cache(part))
                };
                if path.starts_with(root) && !above().any(is_written) {
                    folders.extend(above().skip(1).map(Path::to_owned));
                    inputs.add(path, component);
                }
            }
            for folder in folders {
                inputs.add(folder.join("Cargo.toml"), component);
            }
        }
        inputs
    }

    fn add(&mut self, path: PathBuf, component: &Component) {
        let purpose = Purpose::Build(component.id.clone());
        self.0.entry(path).or_default().insert(purpose);
    }

    /// What a file is for.
    pub(super) fn purposes(&self, file: &Path) -> impl Iterator<Item = &Purpose> {
        let named = file.ancestors().filter_map(|part| self.0.get(part));
        named.flatten()
    }

    /// Where they are.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }
}

/// Whether cargo has listed what it built the component from.
pub(super) fn are_listed(component: &Component, root: &Path) -> bool {
    list_of(component, root).is_some()
}

fn list_of(component: &Component, root: &Path) -> Option<Vec<PathBuf>> {
    match (&component.build, &component.source) {
        (Some(_), ComponentSource::Local(source)) => dep_info::inputs(&root.join(source)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn inputs(root: &Path) -> Inputs {
        let text = "spin_manifest_version = 2\napplication = { name = \"t\" }\n\
                    [[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n[component.a]\n\
                    source = \"target/out/a.wasm\"\n[component.a.build]\ncommand = \"true\"";
        let manifest = Manifest::parse(text, &root.join("spin.toml")).unwrap();
        Inputs::of(&manifest, root)
    }

    #[test]
    fn what_is_listed_in_the_folder_and_not_made_by_builds_is_an_input() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("target/out/build/made")).unwrap();
        fs::write(root.join("target/CACHEDIR.TAG"), "").unwrap();
        fs::create_dir_all(root.join("crates/a/pages")).unwrap();
        // As cargo would from a folder that is reached through a link.
        let real = root.canonicalize().unwrap();
        let listed = [
            "crates/a/src/lib.rs",
            "crates/a/pages",
            "two\\ words.txt",
            ".sqlx/query.json",
            "target/out/build/made/all.rs",
        ];
        let listed = listed.map(|path| format!(" {}/{path}", real.display()));
        let list = format!("a.wasm:{} /elsewhere/lib.rs\n", listed.concat());
        fs::write(root.join("target/out/a.d"), list).unwrap();

        let inputs = inputs(root);

        let of_a = Purpose::Build("a".to_owned());
        for (path, is_input) in [
            ("crates/a/src/lib.rs", true),
            ("crates/a/src/other.rs", false),
            ("crates/a/pages/deep/new.html", true),
            ("two words.txt", true),
            (".sqlx/query.json", true),
            ("Cargo.toml", true),
            ("crates/a/Cargo.toml", true),
            ("target/out/build/made/all.rs", false),
            ("target/out/a.wasm", false),
            ("/elsewhere/lib.rs", false),
        ] {
            let path = root.join(path);
            let found = inputs.purposes(&path).any(|purpose| *purpose == of_a);
            assert_eq!(found, is_input, "{}", path.display());
        }
    }

    #[test]
    fn without_a_list_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(inputs(folder.path()).paths().count(), 0);
    }
}
