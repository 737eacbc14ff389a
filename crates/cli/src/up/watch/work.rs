//! What has to be done until changes are served.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use jenny_builder::Step;
use jenny_host::{App, Limits};
use jenny_manifest::{Component, ComponentSource, Manifest};
use tokio::time::Instant;

use super::builder::Builder;
use super::changes::{Change, Changes};
use super::globs::{Purpose, Watched};
use super::inputs;
use crate::application::{Application, Host, Running};
use crate::up::arguments::Bounds;
use crate::{build as building, rehearsal, say, sentence};

/// The build profile of `--watch`, for the components that have it.
const QUICK: &str = "quick";

/// How many names a line has at most.
const MAX_NAMES: usize = 4;

/// How the application is to be built and run.
pub(in crate::up) struct Settings {
    pub(in crate::up) bounds: Bounds,
    pub(in crate::up) quiet: bool,
    /// Components are built here.
    pub(in crate::up) build: bool,
    /// What `--profile` names.
    pub(in crate::up) profile: Option<String>,
}

/// `manifest` in the build profile that `--profile` names. Without it that is [`QUICK`], if the manifest
/// has it, which the next one need not.
pub(in crate::up) fn in_profile(manifest: Manifest, named: Option<&str>) -> Result<Manifest> {
    let quick = named.is_none() && manifest.has_profile(QUICK);
    building::in_profile(manifest, if quick { Some(QUICK) } else { named })
}

/// What the next version is made of, and what is still missing.
pub(super) struct Work {
    settings: Settings,
    application: Application,
    host: Host,
    builder: Builder,
    /// The components that have to be built.
    stale: BTreeSet<String>,
    /// How those that are built were built.
    built: BTreeMap<String, Recipe>,
    /// The commands whose targets are there.
    prepared: BTreeSet<String>,
    /// The manifest and what is beside it have to be read again.
    reread: bool,
    /// Since when something was built, perhaps from other files than before.
    rebuilt: Option<SystemTime>,
    /// What changed since it was last told.
    changed: BTreeSet<String>,
    /// What will be new.
    news: BTreeSet<String>,
    /// When the last of it was noticed.
    since: Instant,
    /// A version serves.
    serving: bool,
    /// What the user was warned of.
    warned: BTreeSet<String>,
}

/// What a component is made by, and where that leaves it.
#[derive(Clone, PartialEq)]
struct Recipe {
    commands: Vec<String>,
    workdir: Option<PathBuf>,
    source: ComponentSource,
}

impl Recipe {
    fn of(component: &Component) -> Option<Self> {
        let build = component.build.as_ref()?;
        Some(Self {
            commands: build.commands.clone(),
            workdir: build.workdir.clone(),
            source: component.source.clone(),
        })
    }
}

impl Work {
    pub(super) fn new(application: Application, settings: Settings) -> Result<Self> {
        let configured_memory = application.runtime_config.max_instance_memory;
        let limits = settings.bounds.limits(configured_memory);
        // Two versions have instances for as long as requests take.
        let host = Host::new(&application, limits.max_instances.saturating_mul(2))?;
        let mut work = Self {
            settings,
            application,
            host,
            builder: Builder::default(),
            stale: BTreeSet::new(),
            built: BTreeMap::new(),
            prepared: BTreeSet::new(),
            reread: false,
            rebuilt: None,
            changed: BTreeSet::new(),
            news: BTreeSet::new(),
            since: Instant::now(),
            serving: false,
            warned: BTreeSet::new(),
        };
        work.compare_recipes();
        Ok(work)
    }

    /// The files that it is all made of.
    pub(super) fn watched(&self) -> Result<Watched> {
        let files = self.application.files()?;
        Watched::new(&self.application.manifest, &files, self.settings.build)
    }

    pub(super) fn limits(&self) -> Limits {
        let configured_memory = self.application.runtime_config.max_instance_memory;
        self.settings.bounds.limits(configured_memory)
    }

    /// Something changed, so what is being built is not what is wanted.
    pub(super) fn note(&mut self, change: &Change) {
        self.since = change.since;
        for (path, purposes) in &change.files {
            self.changed.insert(shown(path));
            for purpose in purposes {
                match purpose {
                    Purpose::Build(component) => {
                        self.stale.insert(component.clone());
                        self.news.insert(component.clone());
                    }
                    Purpose::Load => {
                        self.reread = true;
                        self.news.insert(shown(path));
                    }
                }
            }
        }
        self.builder.give_up();
    }

    /// Waits until nothing is being built any more.
    pub(super) async fn idle(&mut self) {
        self.builder.idle().await;
    }

    /// Reads the manifest and what is beside it, if they changed. If they cannot be read, what was read
    /// before stays.
    pub(super) fn read_again(&mut self, changes: &mut Changes) -> Result<()> {
        if !self.reread {
            return Ok(());
        }
        let profile = self.settings.profile.as_deref();
        self.application = self
            .application
            .again(|manifest| in_profile(manifest, profile))?;
        changes.follow(self.watched()?, None);
        self.compare_recipes();
        self.reread = false;
        Ok(())
    }

    /// Finds the components that the manifest now has built otherwise, or has at all.
    fn compare_recipes(&mut self) {
        let components = &self.application.manifest.components;
        self.stale.retain(|id| components.contains_key(id));
        self.built.retain(|id, _| components.contains_key(id));
        if !self.settings.build {
            return;
        }
        for (id, component) in components {
            let recipe = Recipe::of(component);
            if recipe.as_ref() != self.built.get(id) {
                self.stale.insert(id.clone());
            }
        }
    }

    /// Follows what the components were built from, if some of them were.
    pub(super) fn follow(&mut self, changes: &mut Changes) -> Result<()> {
        let Some(since) = self.rebuilt.take() else {
            return Ok(());
        };
        changes.follow(self.watched()?, Some(since));
        let manifest = &self.application.manifest;
        for (id, component) in &manifest.components {
            let patterns = component.build.as_ref().map(|build| &build.watch);
            let blind = patterns.is_some_and(Vec::is_empty);
            if blind && !inputs::are_listed(component, manifest.directory()) {
                let place = component.lines.of("build");
                let sentence = format!(
                    "{place}: [component.{id}.build] has no `watch`, so that changes of `{id}` are \
                     not seen; add the patterns of the files that it is built from"
                );
                if self.warned.insert(sentence.clone()) {
                    tracing::warn!("{sentence}");
                }
            }
        }
        Ok(())
    }

    /// Builds what is stale, if the migrations can be applied, and loads the application. Given up half
    /// way, it leaves what was not built stale.
    pub(super) async fn attempt(&mut self) -> Result<App> {
        let manifest = &self.application.manifest;
        let steps = jenny_builder::steps_for(manifest, |id| self.stale.contains(id))?;
        self.tell_changes(&steps);
        if self.settings.build {
            rehearsal::succeeds(self.application.manifest.directory())?;
        }
        self.prepare(&steps).await?;
        for step in &steps {
            self.rebuilt.get_or_insert_with(SystemTime::now);
            step.ended(self.builder.run(step).await)?;
        }
        for id in std::mem::take(&mut self.stale) {
            let component = self.application.manifest.components.get(&id);
            if let Some(recipe) = component.and_then(Recipe::of) {
                self.built.insert(id, recipe);
            }
        }
        let running = Running {
            limits: self.limits(),
            trusted_proxies: self.settings.bounds.trusted_proxies(),
            quiet: self.settings.quiet,
            log_sink: None,
        };
        let app = self.host.load(&self.application, running).await?;
        for warning in app.routes().warnings() {
            if self.warned.insert(warning.clone()) {
                tracing::warn!("{warning}");
            }
        }
        Ok(app)
    }

    /// Adds the targets that `steps` need, when they are first needed.
    async fn prepare(&mut self, steps: &[Step]) -> Result<()> {
        let new = steps.iter().map(|step| step.command.clone());
        let new: Vec<String> = new.filter(|line| !self.prepared.contains(line)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let steps = steps.to_vec();
        let ensured = tokio::task::spawn_blocking(move || {
            jenny_builder::ensure_targets(&steps, |progress| building::tell(&progress))
        });
        ensured
            .await
            .context("looking for the Rust target failed")??;
        self.prepared.extend(new);
        Ok(())
    }

    /// Puts into the stores what the command line says.
    pub(super) async fn fill(&self) -> Result<()> {
        self.host.fill(&self.application).await
    }

    /// The version that was attempted last is in place.
    pub(super) fn served(&mut self) {
        let news = std::mem::take(&mut self.news);
        if self.serving {
            let seconds = self.since.elapsed().as_secs_f64();
            say(&format!(
                "Serving the new {} after {seconds:.1} s",
                list(&news)
            ));
        }
        self.serving = true;
    }

    /// It did not work.
    pub(super) fn failed(&mut self, error: &anyhow::Error) {
        self.tell_changes(&[]);
        say(&format!("error: {}", sentence(error)));
        say(if self.serving {
            "The last version that works keeps serving; the next change is tried again"
        } else {
            "Nothing is served yet; the next change is tried again"
        });
    }

    /// Says what changed, if that was not said yet, and what is done about it.
    fn tell_changes(&mut self, steps: &[Step]) {
        let changed = std::mem::take(&mut self.changed);
        if !changed.is_empty() {
            let components = steps.iter().flat_map(|step| &step.components);
            let components: BTreeSet<String> = components.cloned().collect();
            let then = match components.is_empty() {
                true => String::new(),
                false => format!("; building {}", list(&components)),
            };
            say(&format!("Changed {}{then}", list(&changed)));
        } else if !self.serving {
            for step in steps {
                building::tell(&jenny_builder::Progress::Running(step));
            }
        }
    }
}

/// Names for a line, but not a whole page of them.
fn list(names: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = names.iter().take(MAX_NAMES).map(String::as_str).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A path as its user would write it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path);
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_some_names_and_the_number_of_the_rest() {
        let names = |count: usize| list(&(0..count).map(|number| number.to_string()).collect());
        assert_eq!(names(1), "0");
        assert_eq!(names(4), "0, 1, 2, 3");
        assert_eq!(names(7), "0, 1, 2, 3 and 3 more");
    }
}
