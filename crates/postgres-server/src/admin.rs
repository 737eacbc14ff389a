//! A connection to the server's maintenance database, usable from anywhere.

use std::sync::mpsc;

use tokio_postgres::{Client, NoTls};

/// Runs statements on a thread of its own: tests ask from inside of asynchronous code, where
/// nothing may block on another future, and from `drop`, which cannot await.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    jobs: mpsc::Sender<Job>,
}

struct Job {
    statement: String,
    done: mpsc::SyncSender<Result<(), String>>,
}

impl Admin {
    pub(crate) fn new(url: &str) -> Self {
        let (jobs, queue) = mpsc::channel();
        let url = url.to_owned();
        // It ends when the last sender is dropped.
        std::thread::spawn(move || serve(&url, &queue));
        Self { jobs }
    }

    /// Runs one statement and waits for its end.
    pub(crate) fn execute(&self, statement: &str) -> Result<(), String> {
        let (done, answer) = mpsc::sync_channel(1);
        let job = Job {
            statement: statement.to_owned(),
            done,
        };
        let gone = || "the thread that runs statements is gone".to_owned();
        self.jobs.send(job).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

fn serve(url: &str, queue: &mpsc::Receiver<Job>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    let mut client = None;
    while let Ok(job) = queue.recv() {
        let result = runtime.block_on(run(&mut client, url, &job.statement));
        // Whoever asked may have panicked meanwhile.
        _ = job.done.send(result);
    }
}

async fn run(client: &mut Option<Client>, url: &str, statement: &str) -> Result<(), String> {
    if client.as_ref().is_none_or(Client::is_closed) {
        *client = Some(connect(url).await.map_err(explain)?);
    }
    let connected = client.as_ref().expect("it was connected above");
    connected.batch_execute(statement).await.map_err(explain)
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // The error of a connection that breaks is met by its next statement.
    tokio::spawn(async move { _ = connection.await });
    Ok(client)
}

fn explain(error: tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => error.to_string(),
        None => match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
