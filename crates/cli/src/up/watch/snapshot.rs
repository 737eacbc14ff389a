//! What files held when they were last looked at.
//!
//! The operating system tells that something happened in a folder, perhaps several times, perhaps
//! for a file that an editor has renamed away since, perhaps too late to see what was made in a
//! folder that is new. So whatever it tells only begins another look, and what changed is what is
//! different from the look before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::globs::Watched;

/// Above this size, in bytes, a file is told by its time and length alone.
const MAX_HASHED_BYTES: u64 = 1 << 20;

/// The files that matter, and the folders in which they can change.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    files: BTreeMap<PathBuf, Stamp>,
    /// With what tells one from another that takes its place.
    pub(super) folders: BTreeMap<PathBuf, u64>,
}

#[derive(Clone, Debug)]
struct Stamp {
    written: Written,
    content: Option<u64>,
}

/// What changes whenever a file is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    bytes: u64,
    modified: Option<SystemTime>,
    /// On Unix the number of the file and the time of its last change of any kind, which no program
    /// can set.
    file: (u64, i64, i64),
}

impl Snapshot {
    /// Looks at everything. What was not written to since `before` is not read again.
    pub(super) fn take(watched: &Watched, before: &Self) -> Self {
        let mut looking = Looking {
            watched,
            before,
            done: HashMap::new(),
            snapshot: Self::default(),
        };
        for (folder, depth) in watched.folders() {
            // What is not there yet appears in the nearest folder that is.
            match folder.ancestors().find(|folder| folder.is_dir()) {
                Some(there) if there == folder => looking.folder(folder, depth),
                Some(nearest) => looking.note(nearest),
                None => {}
            }
            for holder in watched.holders(folder) {
                looking.note(holder);
            }
        }
        looking.snapshot
    }

    /// The files that differ: those that are new, gone, or have another content.
    pub(super) fn changes_since(&self, before: &Self) -> BTreeSet<PathBuf> {
        let changed = |(path, stamp): &(&PathBuf, &Stamp)| match before.files.get(*path) {
            Some(other) => !stamp.is_same(other),
            None => true,
        };
        let gone = before.files.keys();
        let gone = gone.filter(|path| !self.files.contains_key(*path));
        let changed = self.files.iter().filter(changed).map(|(path, _)| path);
        changed.chain(gone).cloned().collect()
    }

    /// Forgets the files that `before` does not know and that were written to since that time, so that the
    /// next look finds them new. Says whether there are any.
    pub(super) fn forget(&mut self, since: SystemTime, before: &Self) -> bool {
        let all = self.files.len();
        self.files.retain(|path, stamp| {
            let modified = stamp.written.modified;
            before.files.contains_key(path) || modified.is_none_or(|modified| modified < since)
        });
        self.files.len() < all
    }

    /// Takes from `before` how the files that both know were then.
    pub(super) fn remember(&mut self, before: Self) {
        for (path, stamp) in before.files {
            self.files.entry(path).and_modify(|known| *known = stamp);
        }
    }
}

impl Stamp {
    fn is_same(&self, other: &Self) -> bool {
        match (self.content, other.content) {
            (Some(content), Some(other)) => content == other,
            _ => self.written == other.written,
        }
    }
}

struct Looking<'a> {
    watched: &'a Watched,
    before: &'a Snapshot,
    /// The folders that were looked into, and how deep.
    done: HashMap<PathBuf, Option<usize>>,
    snapshot: Snapshot,
}

impl Looking<'_> {
    fn note(&mut self, folder: &Path) {
        if let Ok(metadata) = folder.metadata() {
            let number = Written::of(&metadata).file.0;
            self.snapshot.folders.insert(folder.to_owned(), number);
        }
    }

    fn folder(&mut self, folder: &Path, depth: Option<usize>) {
        let enough = |done: &Option<usize>| match (done, depth) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(done), Some(depth)) => *done >= depth,
        };
        if self.done.get(folder).is_some_and(enough) {
            return;
        }
        self.done.insert(folder.to_owned(), depth);
        self.note(folder);
        // A folder that is gone, or closed to us, holds nothing.
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let path = entry.path();
            // Links to folders are not followed: they may lead round in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth != Some(0) && !is_passed_over(&path) {
                    self.folder(&path, depth.map(|depth| depth - 1));
                }
            } else if !self.watched.purposes(&path).is_empty() {
                self.file(path);
            }
        }
    }

    fn file(&mut self, path: PathBuf) {
        let Ok(metadata) = path.metadata() else {
            return;
        };
        let written = Written::of(&metadata);
        let known = self.before.files.get(&path);
        let content = match known.filter(|known| known.written == written) {
            Some(known) => known.content,
            None if written.bytes <= MAX_HASHED_BYTES => hash(&path),
            None => None,
        };
        self.snapshot.files.insert(path, Stamp { written, content });
    }
}

impl Written {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let file = {
            use std::os::unix::fs::MetadataExt as _;
            (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let file = (0, 0, 0);
        Self {
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
            file,
        }
    }
}

fn hash(path: &Path) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&std::fs::read(path).ok()?);
    Some(hasher.finish())
}

/// Whether a folder that no pattern names holds nothing that anybody writes by hand: what is hidden,
/// what npm installs, and what says of itself that it is a cache, as cargo's `target` does
/// (<https://bford.info/cachedir/>).
fn is_passed_over(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(b".") || name == b"node_modules" || is_cache(folder)
}

/// Whether a folder says of itself that it is a cache.
pub(super) fn is_cache(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").is_file()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jenny_manifest::Manifest;
    use tempfile::TempDir;

    use super::*;

    struct Folder(TempDir, Watched);

    impl Folder {
        fn watching(patterns: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let text = format!(
                "spin_manifest_version = 2\napplication = {{ name = \"t\" }}\n\
                 [[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n[component.a]\n\
                 source = \"a.wasm\"\n[component.a.build]\ncommand = \"true\"\nwatch = {patterns}"
            );
            let manifest = Manifest::parse(&text, &folder.path().join("spin.toml")).unwrap();
            let watched = Watched::new(&manifest, &[], true).unwrap();
            Self(folder, watched)
        }

        fn write(&self, name: &str, content: &str) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }

        fn look(&self, before: &Snapshot) -> Snapshot {
            Snapshot::take(&self.1, before)
        }

        fn changes(&self, before: &Snapshot) -> Vec<String> {
            let changes = self.look(before).changes_since(before);
            let names = changes
                .iter()
                .map(|path| path.strip_prefix(self.0.path()).unwrap());
            names.map(|name| name.display().to_string()).collect()
        }
    }

    #[test]
    fn what_is_new_gone_or_different_has_changed() {
        let folder = Folder::watching(r#"["src/**/*.rs"]"#);
        for name in [
            "src/kept.rs",
            "src/gone.rs",
            "src/other.rs",
            "src/deep/other.rs",
        ] {
            folder.write(name, "before");
        }
        let before = folder.look(&Snapshot::default());
        assert!(folder.changes(&before).is_empty());

        folder.write("src/new/new.rs", "");
        folder.write("src/new/notes.txt", "");
        folder.write("src/other.rs", "after!");
        // As long as before, and so is the time, as far as a program can say.
        let path = folder.0.path().join("src/deep/other.rs");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        folder.write("src/deep/other.rs", "BEFORE");
        fs::File::open(&path).unwrap().set_modified(time).unwrap();
        fs::remove_file(folder.0.path().join("src/gone.rs")).unwrap();

        let changed = [
            "src/deep/other.rs",
            "src/gone.rs",
            "src/new/new.rs",
            "src/other.rs",
        ];
        assert_eq!(folder.changes(&before), changed);
    }

    #[test]
    fn what_is_written_as_it_was_has_not_changed() {
        let folder = Folder::watching(r#"["src/**"]"#);
        folder.write("src/a", "same");
        let before = folder.look(&Snapshot::default());
        fs::remove_dir_all(folder.0.path().join("src")).unwrap();
        folder.write("src/a", "same");
        assert!(folder.changes(&before).is_empty());
    }

    #[test]
    fn caches_are_passed_over_unless_they_are_named() {
        let everywhere = Folder::watching(r#"["*.wasm"]"#);
        let named = Folder::watching(r#"["target/out/*.wasm"]"#);
        for folder in [&everywhere, &named] {
            folder.write(
                "target/CACHEDIR.TAG",
                "Signature: 8a477f597d28d172789f06886806bc55",
            );
            for name in [
                "target/out/a.wasm",
                ".git/b.wasm",
                "node_modules/c.wasm",
                "d.wasm",
            ] {
                folder.write(name, "");
            }
        }
        assert_eq!(everywhere.changes(&Snapshot::default()), ["d.wasm"]);
        assert_eq!(named.changes(&Snapshot::default()), ["target/out/a.wasm"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_round_are_not_followed() {
        let folder = Folder::watching(r#"["src/**"]"#);
        folder.write("src/a", "");
        std::os::unix::fs::symlink(folder.0.path(), folder.0.path().join("src/round")).unwrap();
        let changes = folder.changes(&Snapshot::default());
        assert_eq!(changes, ["src/a", "src/round"]);
    }

    #[test]
    fn where_something_can_appear_there_is_a_folder() {
        let folder = Folder::watching(r#"["not/yet/there/*.rs"]"#);
        let look = || {
            let snapshot = folder.look(&Snapshot::default());
            let folders = snapshot.folders.into_keys();
            let names = folders.map(|path| path.strip_prefix(folder.0.path()).unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(look(), [Path::new("")]);
        fs::create_dir_all(folder.0.path().join("not/yet")).unwrap();
        assert_eq!(look(), ["", "not", "not/yet"].map(Path::new));
        folder.write("not/yet/there/a.rs", "");
        assert_eq!(
            look(),
            ["", "not", "not/yet", "not/yet/there"].map(Path::new)
        );
    }
}
