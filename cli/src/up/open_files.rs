//! How many files and sockets the process may have open.

/// Connections leave this many times their own number for databases, stores and logs: one request
/// that reads and writes SQLite has the file, its journal and its index open.
pub(crate) const FILES_FOR_EACH_CONNECTION: usize = 4;

/// Raises the soft limit on open files to the hard one, which a process may do for itself, and
/// returns how many connections fit under it, at most `wanted`. The soft limit is commonly 1,024
/// for the sake of programs that use `select`, which this one does not.
#[cfg(unix)]
pub(super) fn connections(wanted: usize) -> usize {
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
    // No limit is no reason for a smaller number.
    let Some(files) = limit.current else {
        return wanted;
    };
    fitting(wanted, usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
pub(super) fn connections(wanted: usize) -> usize {
    wanted
}

#[cfg_attr(not(unix), allow(dead_code, reason = "only Unix has the limit"))]
fn fitting(wanted: usize, files: usize) -> usize {
    let fits = (files / FILES_FOR_EACH_CONNECTION).max(1);
    if fits < wanted {
        tracing::warn!(
            "the limit on open files is {files}, so at most {fits} connections are served at once; raise it \
             with `ulimit -n {}`",
            wanted.saturating_mul(FILES_FOR_EACH_CONNECTION)
        );
    }
    fits.min(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_files() {
        assert_eq!(fitting(4096, 1_048_576), 4096);
        assert_eq!(fitting(4096, 1024), 256);
        assert_eq!(fitting(4096, 0), 1);
    }
}
