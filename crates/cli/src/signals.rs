//! The signals that end a command.

#[cfg(unix)]
use std::task::Poll;

use anyhow::{Context as _, Result};

/// SIGINT, SIGTERM, and what a terminal sends that is closed or wants no more of it: SIGHUP and SIGQUIT.
/// Ctrl-C where there are no signals.
pub struct Signals {
    #[cfg(unix)]
    listened: Vec<(u8, tokio::signal::unix::Signal)>,
}

/// The number of SIGINT.
#[cfg(not(unix))]
const INTERRUPT: u8 = 2;

impl Signals {
    /// From here on the signals no longer end the process by themselves; on Windows, from the first
    /// [`next_number`](Self::next_number) on.
    ///
    /// # Errors
    ///
    /// When the system does not let the process listen.
    pub fn listen() -> Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let ignored = ignored();
            let kinds = [
                (SignalKind::interrupt(), true),
                (SignalKind::terminate(), true),
                // Ignored for those who say `nohup`.
                (SignalKind::hangup(), false),
                (SignalKind::quit(), false),
            ];
            let mut listened = Vec::new();
            for (kind, always) in kinds {
                let number = u8::try_from(kind.as_raw_value()).context("it has a small number")?;
                if always || ignored & (1 << (number - 1)) == 0 {
                    let signal = signal(kind).context("cannot listen for signals")?;
                    listened.push((number, signal));
                }
            }
            Ok(Self { listened })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        _ = self.next_number().await;
    }

    /// Waits for the next one and returns its number.
    pub async fn next_number(&mut self) -> u8 {
        #[cfg(unix)]
        return std::future::poll_fn(|context| {
            for (number, signal) in &mut self.listened {
                if signal.poll_recv(context).is_ready() {
                    return Poll::Ready(*number);
                }
            }
            Poll::Pending
        })
        .await;
        #[cfg(not(unix))]
        match tokio::signal::ctrl_c().await {
            Ok(()) => INTERRUPT,
            Err(_) => std::future::pending().await,
        }
    }
}

/// The code that shells have for a command which the signal of this number ended.
#[must_use]
pub fn exit_code(number: u8) -> u8 {
    128 + number
}

/// The signals that the process was started to ignore, a bit for each; none where the system does not say,
/// which only Linux does.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}
