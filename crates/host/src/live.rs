//! An application that is replaced while it serves.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::server::{self, Ended, ServerOptions, Service};
use crate::{App, Body, Origin};

/// An application that can be replaced by another one, usually a newer version of itself, while
/// requests are in progress. Cloning is cheap, and all clones are replaced together.
///
/// A request belongs to the application that is in place when it begins: that one answers it, to the
/// end of the response's body, and so do those requests that its components send each other. The
/// next request, of the same connection too, goes to the one that is in place then. While both have
/// something to do, each has all of its own [`Limits`](crate::Limits).
#[derive(Clone, Debug)]
pub struct Live(Arc<RwLock<Place>>);

/// An application, and those who are about to give it a request.
#[derive(Debug)]
struct Place {
    app: App,
    /// Each call holds a receiver.
    calls: watch::Sender<()>,
    /// Each application that was replaced and still has something to do holds a receiver.
    leaving: watch::Sender<()>,
}

impl Live {
    /// Begins with `app`.
    pub fn new(app: App) -> Self {
        Self(Arc::new(RwLock::new(Place {
            app,
            calls: watch::Sender::default(),
            leaving: watch::Sender::default(),
        })))
    }

    /// The application that requests go to now.
    pub fn app(&self) -> App {
        self.place(|place| place.app.clone())
    }

    /// Sends all further requests to `app`. The application that was in place finishes what it has
    /// begun, in a task of its own and for at most `patience`; then what is left is given up.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn replace(&self, app: App, patience: Duration) {
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let app = std::mem::replace(&mut place.app, app);
        let calls = std::mem::take(&mut place.calls);
        let leaving = place.leaving.subscribe();
        drop(place);
        tokio::spawn(async move {
            let until = Instant::now() + patience;
            // An application that is ended refuses requests. Those that were given to it before, and
            // that it has not looked at yet, are not to be among them.
            if tokio::time::timeout_at(until, calls.closed()).await.is_ok() {
                app.drain(until.saturating_duration_since(Instant::now()))
                    .await;
            }
            drop(leaving);
        });
    }

    /// As [`App::drain`], for the application in place and all before it that still have something to
    /// do.
    pub async fn drain(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let (app, leaving) = self.place(|place| (place.app.clone(), place.leaving.clone()));
        let finished = app.drain(patience).await;
        finished
            && tokio::time::timeout_at(until, leaving.closed())
                .await
                .is_ok()
    }

    /// What [`server::serve`] does.
    ///
    /// It takes no type parameter, for the reason that [`App::serve`] takes none.
    pub fn serve(
        &self,
        listener: TcpListener,
        options: ServerOptions,
        shutdown: BoxFuture<'static, ()>,
    ) -> BoxFuture<'static, io::Result<Ended>> {
        Box::pin(server::serve(listener, self.clone(), options, shutdown))
    }

    fn place<T>(&self, read: impl FnOnce(&Place) -> T) -> T {
        // Nothing under the lock can panic half way.
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Service for Live {
    async fn call(&self, request: Request<Body>, origin: Origin) -> Response<Body> {
        let (app, call) = self.place(|place| (place.app.clone(), place.calls.subscribe()));
        let response = app.handle(request, origin).await;
        drop(call);
        response
    }
}
