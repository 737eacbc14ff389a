//! `conduit seed`: fills the application's database with articles.
//!
//! The component of the package `seed` does the work, through the code that the functions store articles
//! with. It is in no manifest, so nothing ever deploys it; here it takes the place of all components, on
//! the grants of `articles` (docs/adr/0014).

mod composition;
mod output;
mod progress;
mod remote;

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use jenny_cli::command::{self, Application, Running, Signals, exit_code, say};
use jenny_host::Limits;

use output::Output;
use progress::Progress;
use remote::{Answer, Seed};

/// Articles in one transaction. Large enough that what a transaction costs by itself, waiting for
/// the disk, is shared by many; small enough that Ctrl-C is obeyed soon.
const BATCH: u64 = 2_000;

/// The most articles of one seed. They are written 30 seconds apart from 2016 on, and none may lie
/// in the future.
const MAX_ARTICLES: u64 = 10_000_000;

/// How long one batch may take. A slow disk is no error.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// How long the process waits for an instance to end.
const LAST_MOMENTS: Duration = Duration::from_secs(5);

/// The arguments of `conduit seed`.
#[derive(Args, Debug)]
#[command(
    after_help = "The same articles come from the same --seed, whatever the count, and a second run \
adds what is missing up to --articles. Ctrl-C stops between two transactions.\n\nExamples:\n  \
cargo run --bin conduit -- seed --articles 10000\n  cargo run --bin conduit -- seed --articles 1_000_000 --state-dir /tmp/million\n  \
cargo run --bin conduit -- seed --articles 10000 --variable database_url=@url.txt"
)]
pub(crate) struct Arguments {
    /// How many articles of this seed the database is to have, at most 10,000,000. It gets one
    /// author for each hundred, and tags, favourites, comments and follows.
    #[arg(long, value_name = "COUNT", value_parser = count, allow_negative_numbers = true)]
    articles: u64,

    /// Which articles: another number gives others, beside those that are there.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u32,

    #[command(flatten)]
    manifest: command::Manifest,

    /// Use the seed component that is built already.
    #[arg(long)]
    no_build: bool,

    #[command(flatten)]
    application: command::Arguments,
}

fn count(text: &str) -> Result<u64, String> {
    match text.replace('_', "").parse() {
        Ok(count @ 1..=MAX_ARTICLES) => Ok(count),
        _ => Err("it must be a number from 1 to 10,000,000".to_owned()),
    }
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    arguments.application.start_log();
    let from = arguments.manifest.path();
    let application = Application::new(arguments.application, from, composition::seeding)?;
    if !arguments.no_build {
        application.build()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the host")?;
    runtime.block_on(fill(&application, arguments.seed, arguments.articles))
}

async fn fill(application: &Application, seed: u32, articles: u64) -> Result<ExitCode> {
    let output = Arc::new(Output::default());
    let running = Running {
        limits: Limits {
            request_timeout: PATIENCE,
            ..Limits::default()
        },
        quiet: true,
        log_sink: Some(Arc::clone(&output) as _),
        ..Running::default()
    };
    let app = application.load(running).await?;
    let outcome = write(&Seed::new(&app, &output, seed), articles).await;
    // An instance that a transaction was cut off in ends first, and with it the transaction.
    app.drain(LAST_MOMENTS).await;
    outcome
}

async fn write(seed: &Seed<'_>, articles: u64) -> Result<ExitCode> {
    let there = seed.there().await?;
    if there >= articles {
        say(&format!(
            "Nothing to do: the database has {there} articles of this seed"
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let mut signals = Signals::listen()?;
    let mut progress = Progress::start(there, articles);
    let mut next = there;
    while next < articles {
        let count = BATCH.min(articles - next);
        let batch = std::pin::pin!(seed.batch(next, count));
        let (answer, stopping) = patiently(batch, &mut signals, &mut progress).await;
        let Some(answer) = answer else {
            return Ok(ExitCode::from(exit_code(SIGINT)));
        };
        match answer.inspect_err(|_| progress.interrupt())? {
            Answer::Done => next += count,
            Answer::Elsewhere(there) => {
                progress.interrupt();
                bail!(
                    "another run is filling this database with the same seed: it has {there} \
                     articles where {next} were expected; wait for it, or give another --seed"
                );
            }
        }
        progress.reached(next);
        if stopping && next < articles {
            progress.interrupt();
            say(&format!(
                "Stopped with {next} articles; the same command adds the rest"
            ));
            return Ok(ExitCode::from(exit_code(SIGINT)));
        }
    }
    seed.finish().await?;
    progress.finish();
    Ok(ExitCode::SUCCESS)
}

/// Waits for a batch. Says whether a signal asked to stop after it; a second one ends the wait, and
/// what the batch had written is undone.
async fn patiently<T>(
    mut batch: Pin<&mut impl Future<Output = T>>,
    signals: &mut Signals,
    progress: &mut Progress,
) -> (Option<T>, bool) {
    let mut stopping = false;
    loop {
        tokio::select! {
            answer = batch.as_mut() => return (Some(answer), stopping),
            () = signals.next() => {
                progress.interrupt();
                if stopping {
                    say("Stopped at once");
                    return (None, stopping);
                }
                stopping = true;
                say("Stopping after this transaction; a second signal ends at once");
            }
        }
    }
}

/// The number of the signal that Ctrl-C sends.
const SIGINT: u8 = 2;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn a_count_that_makes_no_sense_is_refused_by_name() {
        for wrong in ["0", "-5", "10000001", "1e6", "", "18446744073709551617"] {
            let error = Line::try_parse_from(["seed", "--articles", wrong]).unwrap_err();
            let message = error.to_string();
            assert_eq!(error.exit_code(), 2, "{message}");
            assert!(message.contains("--articles"), "{message}");
            assert!(message.contains("10,000,000"), "{message}");
        }
        assert!(Line::try_parse_from(["seed"]).is_err());
    }

    #[test]
    fn a_million_may_be_written_readably() {
        let line = Line::try_parse_from(["seed", "--articles", "1_000_000"]).unwrap();
        assert_eq!(line.arguments.articles, 1_000_000);
        assert_eq!(line.arguments.seed, 1);
    }
}
