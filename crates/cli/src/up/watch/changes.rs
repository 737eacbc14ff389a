//! Waits for changes.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::globs::{Purpose, Watched};
use super::snapshot::Snapshot;

/// Nothing more has happened for this long: whoever writes is done. An editor that saves writes
/// several times within a few milliseconds, and so does git with all that it changes.
const QUIET: Duration = Duration::from_millis(40);

/// Somebody who never stops writing is not waited for.
const LONGEST_NOISE: Duration = Duration::from_secs(1);

/// How often to look where the operating system does not tell: on disks that others write to, and of
/// files that are somewhere else, behind a link.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where there is so much to look at that it takes long, it is done as much less often: it takes a
/// twentieth of the time.
const LOOKING: u32 = 20;

/// What has changed.
#[derive(Debug)]
pub(super) struct Change {
    /// When it was noticed first.
    pub(super) since: Instant,
    /// The files, and what they are for.
    pub(super) files: BTreeMap<PathBuf, BTreeSet<Purpose>>,
}

/// Follows the files that matter.
pub(super) struct Changes {
    watched: Watched,
    seen: Snapshot,
    /// When something happened that was not looked at yet.
    stirred: Option<Instant>,
    ears: Ears,
    look_every: Duration,
    /// How long the last look took.
    took: Duration,
}

impl Changes {
    /// From here on every change is noticed.
    pub(super) fn of(watched: Watched) -> Self {
        let mut changes = Self {
            watched,
            seen: Snapshot::default(),
            stirred: None,
            ears: Ears::open(),
            look_every: LOOK_EVERY,
            took: Duration::ZERO,
        };
        changes.look();
        changes
    }

    /// Follows other files from here on. What has happened to files that are followed already is
    /// told as before, and so are those of the others that were written to `since` then.
    pub(super) fn follow(&mut self, watched: Watched, since: Option<SystemTime>) {
        let mut seen = Snapshot::take(&watched, &self.seen);
        let missed = since.is_some_and(|since| seen.forget(since, &self.seen));
        seen.remember(std::mem::take(&mut self.seen));
        self.watched = watched;
        self.seen = seen;
        // In folders that nobody listened to until now something may be happening.
        if self.ears.listen_to(&self.seen.folders) || missed {
            self.stirred.get_or_insert_with(Instant::now);
        }
    }

    /// Waits for the next change. It may be given up at any time without anything being missed.
    pub(super) async fn next(&mut self) -> Change {
        loop {
            if self.stirred.is_none() {
                let patience = self.look_every.max(self.took.saturating_mul(LOOKING));
                _ = timeout(patience, self.ears.hear()).await;
            }
            let since = self.quiet().await;
            let begun = Instant::now();
            let files = tokio::task::block_in_place(|| self.look());
            self.took = begun.elapsed();
            if !files.is_empty() {
                return Change { since, files };
            }
        }
    }

    /// What has changed by now, however late the operating system tells of it. What is told of it later is
    /// no change any more.
    pub(super) async fn until_now(&mut self) -> Option<Change> {
        let mut files = tokio::task::block_in_place(|| self.look());
        if files.is_empty() {
            return None;
        }
        // Whoever writes may be in the middle of it.
        let since = self.quiet().await;
        files.extend(tokio::task::block_in_place(|| self.look()));
        Some(Change { since, files })
    }

    /// Waits until nothing happens any more, and returns since when something did.
    async fn quiet(&mut self) -> Instant {
        let since = *self.stirred.get_or_insert_with(Instant::now);
        while since.elapsed() < LONGEST_NOISE && timeout(QUIET, self.ears.hear()).await.is_ok() {}
        self.stirred = None;
        since
    }

    /// What differs from the last look.
    fn look(&mut self) -> BTreeMap<PathBuf, BTreeSet<Purpose>> {
        let mut changed = BTreeMap::new();
        loop {
            let seen = Snapshot::take(&self.watched, &self.seen);
            for path in seen.changes_since(&self.seen) {
                let purposes = self.watched.purposes(&path).into_iter().cloned();
                let purposes = purposes.collect();
                changed.insert(path, purposes);
            }
            self.seen = seen;
            // What was made in a folder before anybody listened to it needs another look.
            if !self.ears.listen_to(&self.seen.folders) {
                return changed;
            }
        }
    }
}

/// Hears that something happens in folders, not what.
struct Ears {
    watcher: Option<RecommendedWatcher>,
    heard: mpsc::Receiver<()>,
    moved: Arc<Mutex<Moved>>,
    /// The folders that are listened to.
    folders: BTreeMap<PathBuf, u64>,
}

/// What came, went or was renamed since folders were last listened to. Of a folder that did, and of all
/// below it, nothing more is told, even if it is there again under the same number.
#[derive(Default)]
struct Moved(BTreeSet<PathBuf>);

impl Moved {
    fn note(&mut self, event: notify::Event) {
        if event.need_rescan() {
            // Of something that nobody knows.
            self.0.insert(PathBuf::new());
        }
        let stays = matches!(
            event.kind,
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_))
        );
        if !stays {
            self.0.extend(event.paths);
        }
    }

    fn is(&self, folder: &Path) -> bool {
        self.0.contains(Path::new("")) || folder.ancestors().any(|part| self.0.contains(part))
    }
}

impl Ears {
    fn open() -> Self {
        // One place: that something happened is all there is to say.
        let (tell, heard) = mpsc::channel(1);
        let moved = Arc::<Mutex<Moved>>::default();
        let noted = Arc::clone(&moved);
        let handler = move |event: notify::Result<notify::Event>| {
            if is_worth_a_look(&event) {
                if let Ok(event) = event {
                    let mut moved = noted.lock().unwrap_or_else(PoisonError::into_inner);
                    moved.note(event);
                }
                _ = tell.try_send(());
            }
        };
        let watcher = notify::recommended_watcher(handler).inspect_err(deaf).ok();
        Self {
            watcher,
            heard,
            moved,
            folders: BTreeMap::new(),
        }
    }

    /// Listens to these folders and no others. Says whether one of them is new.
    fn listen_to(&mut self, folders: &BTreeMap<PathBuf, u64>) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        let moved = std::mem::take(&mut *self.moved.lock().unwrap_or_else(PoisonError::into_inner));
        if moved.0.is_empty() && *folders == self.folders {
            return false;
        }
        let before = std::mem::take(&mut self.folders);
        let mut paths = watcher.paths_mut();
        let mut new = false;
        let listened = (|| {
            for (folder, number) in &before {
                if folders.get(folder) == Some(number) && !moved.is(folder) {
                    self.folders.insert(folder.clone(), *number);
                } else {
                    // It may be gone, and with it what there was to end.
                    _ = paths.remove(folder);
                }
            }
            for (folder, number) in folders {
                if !self.folders.contains_key(folder) {
                    match paths.add(folder, RecursiveMode::NonRecursive) {
                        // Gone again; the folder above tells when it comes back.
                        Err(_) if !folder.is_dir() => continue,
                        added => added?,
                    }
                    self.folders.insert(folder.clone(), *number);
                    new = true;
                }
            }
            paths.commit()
        })();
        if let Err(error) = listened {
            deaf(&error);
            self.watcher = None;
            return false;
        }
        new
    }

    /// Waits until something happens, for ever where the operating system does not tell.
    async fn hear(&mut self) {
        if self.watcher.is_none() || self.heard.recv().await.is_none() {
            pending().await
        }
    }
}

/// Says that from here on there are only looks.
fn deaf(error: &notify::Error) {
    tracing::warn!(
        "the operating system does not tell of changes ({error}), so files are looked at every two seconds"
    );
}

/// Reading changes nothing, and compilers read everything.
fn is_worth_a_look(event: &notify::Result<notify::Event>) -> bool {
    match event {
        Ok(event) => match event.kind {
            EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
            _ => true,
        },
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, slice};

    use jenny_manifest::Manifest;
    use tempfile::TempDir;

    use super::*;

    const FILE: &str = "src/deep/file";

    fn manifest(folder: &TempDir) -> Manifest {
        let text = "spin_manifest_version = 2\napplication = { name = \"t\" }\n\
                    [[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n[component.a]\n\
                    source = \"a.wasm\"\n[component.a.build]\ncommand = \"true\"\nwatch = [\"src/**\"]";
        Manifest::parse(text, &folder.path().join("spin.toml")).unwrap()
    }

    /// A folder that is listened to and never looked at without being told.
    struct Listening(TempDir, Changes);

    impl Listening {
        fn begin() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join("src/deep")).unwrap();
            fs::write(folder.path().join(FILE), "before").unwrap();
            let mut changes = Changes::of(Watched::new(&manifest(&folder), &[], true).unwrap());
            assert!(changes.ears.watcher.is_some());
            changes.look_every = Duration::MAX;
            Self(folder, changes)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Waits until it has seen what is there.
        async fn catches_up(&mut self) {
            loop {
                self.1.next().await;
                let now = Snapshot::take(&self.1.watched, &Snapshot::default());
                if now.changes_since(&self.1.seen).is_empty() {
                    return;
                }
            }
        }

        /// Waits until it has seen that a file is written anew.
        async fn hears(&mut self, content: &str) {
            fs::write(self.path(FILE), content).unwrap();
            self.catches_up().await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_folder_that_is_made_again_is_listened_to() {
        let mut listening = Listening::begin();
        for round in 0..3 {
            fs::remove_dir_all(listening.path("src")).unwrap();
            fs::create_dir_all(listening.path("src/deep")).unwrap();
            fs::write(listening.path(FILE), format!("again {round}")).unwrap();
            listening.catches_up().await;
            listening.hears(&format!("edited {round}")).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_folder_that_is_renamed_away_and_back_is_listened_to() {
        let mut listening = Listening::begin();
        for (round, folder) in ["src/deep", "src", "src"].into_iter().enumerate() {
            let away = listening.path("away");
            fs::rename(listening.path(folder), &away).unwrap();
            fs::rename(&away, listening.path(folder)).unwrap();
            listening.hears(&format!("edited {round}")).await;
            listening.hears(&format!("edited again {round}")).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_folder_that_is_away_for_a_while_is_listened_to() {
        let mut listening = Listening::begin();
        fs::rename(listening.path("src"), listening.path("away")).unwrap();
        listening.catches_up().await;
        fs::rename(listening.path("away"), listening.path("src")).unwrap();
        listening.catches_up().await;
        listening.hears("edited").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_seen_to_change_is_told_once() {
        let Listening(folder, mut changes) = Listening::begin();
        let (file, other) = (folder.path().join(FILE), folder.path().join("src/other"));
        assert!(changes.until_now().await.is_none());

        // Several events, each of which may be heard before or after.
        fs::write(&file, "after").unwrap();
        let seen = changes.until_now().await.expect("it was written");
        assert!(seen.files.keys().eq([&file]));

        assert!(changes.until_now().await.is_none());
        fs::write(&other, "").unwrap();
        let next = changes.next().await;
        assert!(next.files.keys().eq([&other]), "{next:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_written_before_it_was_followed_is_told_from_a_moment_on() {
        let Listening(folder, mut changes) = Listening::begin();
        let other = folder.path().join("other");
        for (since, is_told) in [
            (SystemTime::UNIX_EPOCH, true),
            (SystemTime::now() + Duration::from_secs(3600), false),
        ] {
            fs::write(&other, format!("{is_told}")).unwrap();
            let followed = Watched::new(&manifest(&folder), slice::from_ref(&other), true);
            changes.follow(followed.unwrap(), Some(since));
            assert_eq!(changes.stirred.is_some(), is_told);
            if is_told {
                assert!(changes.next().await.files.contains_key(&other));
            }
            let without = Watched::new(&manifest(&folder), &[], true);
            changes.follow(without.unwrap(), None);
            changes.stirred = None;
        }
    }

    #[test]
    fn what_got_lost_may_have_been_anything() {
        let mut moved = Moved::default();
        assert!(!moved.is(Path::new("/app/src")));
        let lost = notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        moved.note(lost);
        assert!(moved.is(Path::new("/app/src")));
    }
}
