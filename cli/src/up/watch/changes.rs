//! Waits for changes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::globs::{Purpose, Watched};
use super::snapshot::Snapshot;

/// Nothing more has happened for this long: whoever writes is done. An editor that saves writes
/// several times within a few milliseconds, and so does git with all that it changes.
const QUIET: Duration = Duration::from_millis(40);

/// Somebody who never stops writing is not waited for.
const LONGEST_NOISE: Duration = Duration::from_secs(1);

/// How often to look where the operating system does not tell.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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
}

impl Changes {
    /// From here on every change is noticed.
    pub(super) fn of(watched: Watched) -> Self {
        let mut changes = Self {
            watched,
            seen: Snapshot::default(),
            stirred: None,
            ears: Ears::open(),
        };
        changes.look();
        changes
    }

    /// Follows other files from here on. What has happened to files that are followed already is
    /// told as before.
    pub(super) fn follow(&mut self, watched: Watched) {
        let mut seen = Snapshot::take(&watched, &self.seen);
        seen.remember(std::mem::take(&mut self.seen));
        self.watched = watched;
        self.seen = seen;
        // In folders that nobody listened to until now something may be happening.
        if self.ears.listen_to(&self.seen.folders) {
            self.stirred.get_or_insert_with(Instant::now);
        }
    }

    /// Waits for the next change. It may be given up at any time without anything being missed.
    pub(super) async fn next(&mut self) -> Change {
        loop {
            if self.stirred.is_none() {
                self.ears.hear().await;
            }
            let since = *self.stirred.get_or_insert_with(Instant::now);
            while since.elapsed() < LONGEST_NOISE && timeout(QUIET, self.ears.hear()).await.is_ok()
            {
            }
            self.stirred = None;
            let files = tokio::task::block_in_place(|| self.look());
            if !files.is_empty() {
                return Change { since, files };
            }
        }
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
    /// The folders that are listened to.
    folders: BTreeMap<PathBuf, u64>,
}

impl Ears {
    fn open() -> Self {
        // One place: that something happened is all there is to say.
        let (tell, heard) = mpsc::channel(1);
        let handler = move |event: notify::Result<notify::Event>| {
            if is_worth_a_look(&event) {
                _ = tell.try_send(());
            }
        };
        let watcher = notify::recommended_watcher(handler).inspect_err(deaf).ok();
        Self {
            watcher,
            heard,
            folders: BTreeMap::new(),
        }
    }

    /// Listens to these folders and no others. Says whether one of them is new.
    fn listen_to(&mut self, folders: &BTreeMap<PathBuf, u64>) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        let mut paths = watcher.paths_mut();
        let mut new = false;
        let listened = (|| {
            for (folder, number) in &self.folders {
                if folders.get(folder) != Some(number) {
                    // It may be gone, and with it what there was to end.
                    _ = paths.remove(folder);
                }
            }
            for (folder, number) in folders {
                if self.folders.get(folder) != Some(number) {
                    match paths.add(folder, RecursiveMode::NonRecursive) {
                        // Gone again; the folder above tells when it comes back.
                        Err(_) if !folder.is_dir() => {}
                        added => added?,
                    }
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
        self.folders.clone_from(folders);
        new
    }

    /// Waits until something happens.
    async fn hear(&mut self) {
        if self.watcher.is_some() && self.heard.recv().await.is_some() {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}

fn deaf(error: &notify::Error) {
    tracing::warn!(
        "the operating system does not tell of changes ({error}), so files are looked at every second"
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
