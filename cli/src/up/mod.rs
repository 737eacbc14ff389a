//! `jenny up`: builds an application and serves it.

mod arguments;
mod open_files;
mod quantity;
mod routes;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jenny_host::Limits;
use jenny_host::server::{self, ServerOptions};

pub(crate) use arguments::{Arguments, address};
pub(crate) use open_files::FILES_FOR_EACH_CONNECTION;

use crate::application::{Application, Running};
use crate::signals::Signals;
use crate::{build, logging, say};

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
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Everything that can be wrong without building or compiling anything has been checked.
struct Prepared {
    application: Application,
    server: ServerOptions,
    limits: Limits,
    address: SocketAddr,
    no_build: bool,
    quiet: bool,
}

impl Prepared {
    fn new(arguments: Arguments) -> Result<Self> {
        let application = Application::new(arguments.application, arguments.from.as_deref(), Ok)?;
        let mut server = arguments.bounds.server();
        server.max_connections = open_files::connections(server.max_connections);
        if let (Some(certificate), Some(key)) =
            (&arguments.listen.tls_cert, &arguments.listen.tls_key)
        {
            server.tls = Some(server::load_tls(certificate, key)?);
        }
        Ok(Self {
            limits: arguments
                .bounds
                .limits(application.runtime_config.max_instance_memory),
            application,
            server,
            address: arguments.listen.address,
            no_build: arguments.no_build,
            quiet: arguments.quiet,
        })
    }

    async fn serve(self) -> Result<()> {
        let address = self.address;
        // Once now, so that a port that is taken is told before a build of minutes rather than
        // after it. The address is let go again, because a client that could connect would wait.
        drop(server::bind(address).await?);

        if !self.no_build {
            tokio::task::block_in_place(|| build::components(&self.application.manifest))?;
        }
        let running = Running {
            limits: self.limits,
            quiet: self.quiet,
            log_sink: None,
        };
        let app = self.application.load(running).await?;
        for warning in app.routes().warnings() {
            tracing::warn!("{warning}");
        }

        let mut signals = Signals::listen()?;
        let listener = server::bind(address).await?;
        let scheme = if self.server.tls.is_some() {
            "https"
        } else {
            "http"
        };
        routes::print(app.manifest(), scheme, listener.local_addr()?);

        let patience = self.server.shutdown_timeout;
        let (tell, told) = tokio::sync::oneshot::channel();
        let serving = async {
            let shutdown = Box::pin(async { _ = told.await });
            let ended = app.serve(listener, self.server, shutdown).await?;
            if ended.cut_off > 0 {
                tracing::warn!(
                    connections = ended.cut_off,
                    "requests were cut off after {patience:?}"
                );
            } else if !app.drain(patience).await {
                tracing::warn!(
                    "components that still worked after their last response were stopped"
                );
            }
            anyhow::Ok(())
        };
        let insisting = async {
            signals.next().await;
            say("Stopping: requests in flight may finish; a second signal ends at once");
            _ = tell.send(());
            signals.next().await;
            say("Stopped at once");
        };
        // After the first signal the server ends by itself. The second one ends this function
        // before that, and everything in it is dropped.
        tokio::select! {
            ended = serving => ended,
            () = insisting => Ok(()),
        }
    }
}
