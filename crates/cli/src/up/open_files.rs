//! How many files and sockets the process may have open, and what has them open.

/// Connections leave this many times their own number for databases, stores and logs.
pub(crate) const FILES_FOR_EACH_CONNECTION: usize = 4;

/// What a request may have open: the file of an SQLite database and its journal or write-ahead log, or
/// a socket, and one more for what it does in between.
const FILES_FOR_EACH_REQUEST: usize = 3;

/// An instance keeps a connection to its database from one request to the next.
const FILES_FOR_EACH_INSTANCE: usize = 3;

/// What the process has open of its own: stores, logs, the listener, what the runtime waits with.
const FILES_OF_THE_PROCESS: usize = 64;

/// Raises the soft limit on open files to the hard one, which a process may do for itself, and
/// returns it if there is one. The soft limit is commonly 1,024 for the sake of programs that use
/// `select`, which this one does not.
#[cfg(unix)]
pub(super) fn raised_limit() -> Option<usize> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let soft = limit.current;
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "cannot raise the limit on open files");
            limit.current = soft;
        }
    }
    limit
        .current
        .map(|files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
pub(super) fn raised_limit() -> Option<usize> {
    None
}

/// How many there may be at once of what has files open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fitting {
    pub(super) connections: usize,
    pub(super) requests: usize,
    pub(super) instances: usize,
}

impl Fitting {
    /// As many of these as have enough with `files` open ones. A quarter of the files is for connections
    /// and a quarter for instances; the rest is for requests and the process.
    pub(super) fn within(self, files: usize) -> Self {
        let instances = files / 4 / FILES_FOR_EACH_INSTANCE;
        let requests = (files / 2).saturating_sub(FILES_OF_THE_PROCESS) / FILES_FOR_EACH_REQUEST;
        Self {
            connections: self
                .connections
                .min(files / FILES_FOR_EACH_CONNECTION)
                .max(1),
            requests: self.requests.min(requests).max(1),
            instances: self.instances.min(instances).max(1),
        }
    }

    /// How many open files are enough for all of these.
    fn files(self) -> usize {
        let requests = self.requests.saturating_mul(FILES_FOR_EACH_REQUEST);
        let requests = requests.saturating_add(FILES_OF_THE_PROCESS);
        [
            self.connections.saturating_mul(FILES_FOR_EACH_CONNECTION),
            self.instances.saturating_mul(4 * FILES_FOR_EACH_INSTANCE),
            requests.saturating_mul(2),
        ]
        .into_iter()
        .max()
        .expect("there are three")
    }

    /// What to say of a limit that is too low.
    pub(super) fn warning(self, files: usize) -> String {
        let fits = self.within(files);
        format!(
            "the limit on open files is {files}, so at most {} connections, {} requests and {} instances \
             are served at once; raise it with `ulimit -n {}`",
            fits.connections,
            fits.requests,
            fits.instances,
            self.files()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Fitting = Fitting {
        connections: 4096,
        requests: 1024,
        instances: 256,
    };

    #[test]
    fn what_has_files_open_has_no_more_than_there_are() {
        for files in [256, 1024, 4096, 16_383, 20_000, 1_048_576] {
            let fits = USUAL.within(files);
            let open = fits.connections
                + fits.requests * FILES_FOR_EACH_REQUEST
                + fits.instances * FILES_FOR_EACH_INSTANCE
                + FILES_OF_THE_PROCESS;
            assert!(open <= files, "{fits:?} with {files}");
        }
    }

    #[test]
    fn the_limit_that_is_asked_for_is_enough() {
        let enough = USUAL.files();
        assert_eq!(USUAL.within(enough), USUAL);
        assert_ne!(USUAL.within(enough - 1), USUAL);
        let warning = USUAL.warning(1024);
        assert!(warning.contains("ulimit -n 16384"), "{warning}");
    }

    #[test]
    fn a_limit_that_is_too_low_for_anything_leaves_one_of_each() {
        let one = Fitting {
            connections: 1,
            requests: 1,
            instances: 1,
        };
        assert_eq!(USUAL.within(0), one);
    }
}
