//! Where the blocking work of a store runs.

/// Where blocking work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// On the runtime's threads for blocking work, so that no other request waits for a disk.
    Pool,
    /// Right where it is asked for. A call then answers without suspending, which makes a run
    /// repeatable to the instruction. For stores that no other request waits for.
    Inline,
}

impl Work {
    /// Runs `job` and returns what it returns.
    ///
    /// # Errors
    ///
    /// If the job panicked or the runtime is shutting down, in words.
    pub(crate) async fn run<R: Send + 'static>(
        self,
        job: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, String> {
        match self {
            Self::Inline => Ok(job()),
            Self::Pool => tokio::task::spawn_blocking(job)
                .await
                .map_err(|error| format!("the host's storage task ended: {error}")),
        }
    }

    /// Runs `job` without waiting for it.
    ///
    /// Outside a runtime, where connections may still be dropped, it runs at once.
    pub(crate) fn run_detached(self, job: impl FnOnce() + Send + 'static) {
        match (self, tokio::runtime::Handle::try_current()) {
            (Self::Pool, Ok(runtime)) => drop(runtime.spawn_blocking(job)),
            _ => job(),
        }
    }
}
