//! From one version of an application to the next.

use std::convert::Infallible;

use anyhow::Result;
use jenny_host::{App, Live};

use super::changes::Changes;
use super::work::{Settings, Work};
use crate::application::Application;
use crate::up::routes;

/// What is watched, and what is to be done about it.
pub(in crate::up) struct Session {
    changes: Changes,
    work: Work,
}

impl Session {
    /// Begins to watch what `application` is made of.
    pub(in crate::up) fn new(application: Application, settings: Settings) -> Result<Self> {
        let work = Work::new(application, settings)?;
        Ok(Self {
            changes: Changes::of(work.watched()?),
            work,
        })
    }

    /// The first version that works.
    ///
    /// # Errors
    ///
    /// If the stores cannot be filled with what the command line says: no change mends that.
    pub(in crate::up) async fn first(&mut self) -> Result<App> {
        let app = self.until_it_works().await;
        self.work.fill().await?;
        Ok(app)
    }

    /// Puts each version that works in the place of the one before. `base` is where it serves.
    pub(in crate::up) async fn follow(mut self, live: Live, base: String) -> Infallible {
        let mut table = routes::table(live.app().manifest(), &base);
        self.work.served();
        loop {
            let change = self.changes.next().await;
            self.work.note(&change);
            let app = self.until_it_works().await;
            let new_table = routes::table(app.manifest(), &base);
            // A request has this long, and what is left of it after its answer as long again.
            let patience = self.work.limits().request_timeout.saturating_mul(2);
            live.replace(app, patience);
            self.work.served();
            if new_table != table {
                routes::print(&new_table);
                table = new_table;
            }
        }
    }

    /// Tries until there is an application. What changes during a try begins the next one, and after a
    /// failure the next one waits for a change.
    async fn until_it_works(&mut self) -> App {
        loop {
            let Self { changes, work } = self;
            // A build has everything that changed before it begins, so that none of it begins another one.
            work.idle().await;
            if let Some(change) = changes.until_now().await {
                work.note(&change);
            }
            let outcome = match work.read_again(changes) {
                Err(error) => Err(error),
                Ok(()) => tokio::select! {
                    outcome = work.attempt() => outcome,
                    change = changes.next() => {
                        work.note(&change);
                        continue;
                    }
                },
            };
            let followed = work.follow(changes);
            match outcome.and_then(|app| followed.map(|()| app)) {
                Ok(app) => return app,
                Err(error) => work.failed(&error),
            }
            let change = changes.next().await;
            work.note(&change);
        }
    }
}
