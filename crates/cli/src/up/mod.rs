//! `jenny up`: builds an application and serves it.

mod arguments;
mod open_files;
mod quantity;
mod routes;
mod watch;

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jenny_host::Live;
use jenny_host::server::{self, Ended, ServerOptions};
use tokio::net::TcpListener;

pub(crate) use arguments::{Arguments, address};
pub(crate) use open_files::FILES_FOR_EACH_CONNECTION;
use watch::{Session, Settings};

use crate::application::{Application, Running};
use crate::signals::{Signals, exit_code};
use crate::{build, logging, say};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How long the process waits, when everything is answered, for a task that does not end by
/// itself, such as a statement that SQLite is in the middle of.
const LAST_MOMENTS: Duration = Duration::from_secs(1);

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    logging::start(arguments.application.log_format);
    let prepared = Prepared::new(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the server")?;
    let outcome = runtime.block_on(prepared.serve());
    runtime.shutdown_timeout(LAST_MOMENTS);
    outcome
}

/// Everything that can be wrong without building or compiling anything has been checked.
struct Prepared {
    application: Application,
    server: ServerOptions,
    address: SocketAddr,
    watch: bool,
    settings: Settings,
}

impl Prepared {
    fn new(arguments: Arguments) -> Result<Self> {
        let profile = arguments.profile;
        let in_profile = if arguments.watch {
            watch::in_profile
        } else {
            build::in_profile
        };
        let application = Application::new(
            arguments.application,
            arguments.manifest.from.as_deref(),
            |manifest| in_profile(manifest, profile.as_deref()),
        )?;
        let mut bounds = arguments.bounds;
        if let Some(files) = open_files::raised_limit() {
            bounds.fit(files);
        }
        let mut server = bounds.server();
        if let (Some(certificate), Some(key)) =
            (&arguments.listen.tls_cert, &arguments.listen.tls_key)
        {
            server.tls = Some(server::load_tls(certificate, key)?);
        }
        Ok(Self {
            application,
            server,
            address: arguments.listen.address,
            watch: arguments.watch,
            settings: Settings {
                bounds,
                quiet: arguments.quiet,
                build: !arguments.no_build,
                profile,
            },
        })
    }

    async fn serve(self) -> Result<ExitCode> {
        // Once now, so that a port that is taken is told before a build of minutes rather than
        // after it. The address is let go again, because a client that could connect would wait.
        drop(server::bind(self.address).await?);
        if self.watch {
            self.serve_what_changes().await
        } else {
            self.serve_as_it_is().await?;
            Ok(ExitCode::SUCCESS)
        }
    }

    async fn serve_as_it_is(self) -> Result<()> {
        let application = &self.application;
        if self.settings.build {
            tokio::task::block_in_place(|| build::components(&application.manifest))?;
        }
        let configured_memory = application.runtime_config.max_instance_memory;
        let running = Running {
            limits: self.settings.bounds.limits(configured_memory),
            trusted_proxies: self.settings.bounds.trusted_proxies(),
            quiet: self.settings.quiet,
            log_sink: None,
        };
        let app = application.load(running).await?;
        for warning in app.routes().warnings() {
            tracing::warn!("{warning}");
        }

        let signals = Signals::listen()?;
        let (listener, base) = listen(self.address, &self.server).await?;
        routes::print(&routes::table(app.manifest(), &base));
        let patience = self.server.shutdown_timeout;
        let serving = |until| app.serve(listener, self.server, until);
        until_told(signals, patience, serving, app.drain(patience), pending()).await
    }

    async fn serve_what_changes(self) -> Result<ExitCode> {
        let mut signals = Signals::listen()?;
        let mut session = Session::new(self.application, self.settings)?;
        let app = tokio::select! {
            app = session.first() => app?,
            // Nothing was served.
            signal = signals.next_number() => return Ok(ExitCode::from(exit_code(signal))),
        };
        let (listener, base) = listen(self.address, &self.server).await?;
        routes::print(&routes::table(app.manifest(), &base));
        let live = Live::new(app);
        let patience = self.server.shutdown_timeout;
        let serving = |until| live.serve(listener, self.server, until);
        let following = session.follow(live.clone(), base);
        until_told(signals, patience, serving, live.drain(patience), following).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Listens, and says what a URL begins with there.
async fn listen(address: SocketAddr, options: &ServerOptions) -> Result<(TcpListener, String)> {
    let listener = server::bind(address).await?;
    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let base = format!("{scheme}://{}", listener.local_addr()?);
    Ok((listener, base))
}

/// Serves until a signal, and until what was begun then is finished: first requests, then, by
/// `draining`, what components do after them. `meanwhile` goes on until the signal.
async fn until_told(
    mut signals: Signals,
    patience: Duration,
    serve: impl FnOnce(BoxFuture<'static, ()>) -> BoxFuture<'static, io::Result<Ended>>,
    draining: impl Future<Output = bool>,
    meanwhile: impl Future<Output = Infallible>,
) -> Result<()> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let shutdown = Box::pin(async { _ = told.await });
    let serving = async {
        let ended = serve(shutdown).await?;
        if ended.cut_off > 0 {
            tracing::warn!(
                connections = ended.cut_off,
                "requests were cut off after {patience:?}"
            );
        } else if !draining.await {
            tracing::warn!("components that still worked after their last response were stopped");
        }
        anyhow::Ok(())
    };
    let insisting = async {
        tokio::select! {
            () = signals.next() => {}
            never = meanwhile => match never {},
        }
        say("Stopping: requests in flight may finish; a second signal ends at once");
        _ = tell.send(());
        signals.next().await;
        say("Stopped at once");
    };
    // After the first signal the server ends by itself. The second one ends this function before
    // that, and everything in it is dropped.
    tokio::select! {
        ended = serving => ended,
        () = insisting => Ok(()),
    }
}
