//! Runs build commands that can be given up half way.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

use jenny_builder::Step;
use tokio::sync::oneshot;

/// Runs one command at a time.
#[derive(Default)]
pub(super) struct Builder {
    running: Option<Running>,
}

impl Builder {
    /// Waits for the end of a command that was given up, if one is still ending: two would get into each
    /// other's way.
    pub(super) async fn idle(&mut self) {
        if let Some(given_up) = &mut self.running {
            _ = given_up.end().await;
            // Before anything can go wrong: it does not end twice.
            self.running = None;
        }
    }

    /// Runs the command of `step` to its end, after [`Builder::idle`].
    pub(super) async fn run(&mut self, step: &Step) -> io::Result<ExitStatus> {
        self.idle().await;
        let mut command = step.process();
        // A group of its own, so that what the command starts can be ended with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let running = self.running.insert(Running::new(command.spawn()?));
        let ended = running.end().await;
        self.running = None;
        ended
    }

    /// Ends the command that runs, if one does.
    pub(super) fn give_up(&self) {
        if let Some(running) = &self.running {
            running.stop();
        }
    }
}

/// A command that runs. Dropping it ends it.
struct Running {
    ended: oneshot::Receiver<io::Result<ExitStatus>>,
    group: Group,
}

impl Running {
    fn new(child: Child) -> Self {
        let group = Group::of(&child);
        let (tell, ended) = oneshot::channel();
        // Waiting for a process blocks, as long as it runs.
        let mine = group.clone();
        std::thread::spawn(move || {
            _ = tell.send(mine.wait(child));
        });
        Self { ended, group }
    }

    async fn end(&mut self) -> io::Result<ExitStatus> {
        let ended = (&mut self.ended).await;
        ended.unwrap_or_else(|_| Err(io::Error::other("nobody waited for it")))
    }

    fn stop(&self) {
        self.group.stop();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.group.stop();
    }
}

/// A command with all that it started. The number of a process belongs to it until somebody has asked
/// how it ended, and to any other from then on.
#[derive(Clone)]
struct Group(Arc<Mutex<Option<u32>>>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(Arc::new(Mutex::new(Some(child.id()))))
    }

    #[cfg(unix)]
    fn wait(&self, mut child: Child) -> io::Result<ExitStatus> {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

        // Leaves the number taken.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(Pid::from_child(&child)), options)?;
        let mut number = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *number = None;
        child.wait()
    }

    #[cfg(not(unix))]
    fn wait(&self, mut child: Child) -> io::Result<ExitStatus> {
        child.wait()
    }

    #[cfg(unix)]
    fn stop(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};

        let number = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = number.and_then(|number| i32::try_from(number).ok());
        if let Some(group) = number.and_then(Pid::from_raw) {
            // It may have ended just now.
            _ = kill_process_group(group, Signal::TERM);
        }
    }

    /// There are no groups to end here. The command runs to its end, and what it made is built over.
    #[cfg(not(unix))]
    fn stop(&self) {}
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn step(command: &str) -> Step {
        Step {
            components: vec!["a".to_owned()],
            command: command.to_owned(),
            directory: ".".into(),
        }
    }

    #[tokio::test]
    async fn a_command_runs_to_its_end() {
        let mut builder = Builder::default();
        assert!(builder.run(&step("true")).await.unwrap().success());
        let status = builder.run(&step("exit 3")).await.unwrap();
        assert_eq!(status.code(), Some(3));
    }

    #[tokio::test]
    async fn one_that_is_given_up_ends_with_all_that_it_started() {
        use std::os::unix::process::ExitStatusExt as _;

        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let mut builder = Builder::default();
        // The inner shell says that it runs, and then waits for ever.
        let waiting = step(&format!(
            "sh -c 'echo runs > {0}; read never < {0}; true'; true",
            pipe.display()
        ));
        let started = tokio::task::spawn_blocking(move || std::fs::read_to_string(pipe));
        tokio::select! {
            ended = builder.run(&waiting) => panic!("{ended:?}"),
            said = started => assert_eq!(said.unwrap().unwrap(), "runs\n"),
        }

        builder.give_up();
        let given_up = builder.running.as_mut().unwrap().end().await.unwrap();
        assert_eq!(given_up.signal(), Some(15));
        builder.running = None;
        assert!(builder.run(&step("true")).await.unwrap().success());
    }

    #[tokio::test]
    async fn one_that_cannot_be_started_after_one_that_was_given_up_is_an_error_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = Builder::default();
        let endless = step("while true; do sleep 1; done");
        tokio::select! {
            biased;
            ended = builder.run(&endless) => panic!("{ended:?}"),
            () = std::future::ready(()) => {}
        }
        builder.give_up();

        let nowhere = Step {
            directory: folder.path().join("gone"),
            ..step("true")
        };
        builder.run(&nowhere).await.unwrap_err();

        assert!(builder.run(&step("true")).await.unwrap().success());
    }
}
