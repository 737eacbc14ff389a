//! Signals that would end the command wait while files are moved.

use std::cell::Cell;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

use crate::say;
use crate::signals::{self, Signals};

/// A signal ended the command, which took back what it had written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interrupted {
    number: u8,
}

impl Interrupted {
    /// [`signals::exit_code`] of the signal.
    pub(crate) fn exit_code(self) -> u8 {
        signals::exit_code(self.number)
    }

    fn name(self) -> &'static str {
        match self.number {
            1 => "SIGHUP",
            2 => "SIGINT",
            3 => "SIGQUIT",
            15 => "SIGTERM",
            _ => "a signal",
        }
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} came before all was written: the files are as they were",
            self.name()
        )
    }
}

impl std::error::Error for Interrupted {}

/// What has been heard, and whether it has to wait.
struct State {
    listens: bool,
    held: usize,
    came: Option<Interrupted>,
}

static STATE: Mutex<State> = Mutex::new(State {
    listens: false,
    held: 0,
    came: None,
});

fn state() -> MutexGuard<'static, State> {
    // Each change of it is whole.
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While it lives, signals end nothing.
pub(super) struct Held {
    obeyed: Cell<bool>,
}

/// Has signals wait.
///
/// # Errors
///
/// When they cannot be listened for.
pub(super) fn hold() -> Result<Held> {
    let mut state = state();
    if !state.listens {
        listen()?;
        state.listens = true;
    }
    state.held += 1;
    Ok(Held {
        obeyed: Cell::new(false),
    })
}

impl Held {
    /// Whether the work may go on.
    ///
    /// # Errors
    ///
    /// When a signal waits, which is then obeyed by whoever gets this.
    pub(super) fn check(&self) -> Result<(), Interrupted> {
        match state().came {
            Some(signal) => {
                self.obeyed.set(true);
                Err(signal)
            }
            None => Ok(()),
        }
    }

    /// Ends the process if a signal waits that came too late for [`check`](Self::check).
    pub(super) fn release(self) {
        if let Some(signal) = state().came.filter(|_| !self.obeyed.get()) {
            std::process::exit(signal.exit_code().into());
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        state().held -= 1;
    }
}

/// From here on signals end the process only where nobody holds them. There is no way back to what the
/// system does with them, so the thread that hears them exits, with the code that a shell would show.
fn listen() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut signals = {
        let _entered = runtime.enter();
        Signals::listen()?
    };
    let hear = move || {
        loop {
            let number = runtime.block_on(signals.next_number());
            came(Interrupted { number });
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(hear)?;
    Ok(())
}

fn came(signal: Interrupted) {
    {
        let mut state = state();
        if state.held == 0 {
            std::process::exit(signal.exit_code().into());
        }
        state.came = Some(signal);
    }
    say(&format!(
        "{} waits until the files are in order",
        signal.name()
    ));
}
