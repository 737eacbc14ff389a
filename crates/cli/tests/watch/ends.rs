//! How it ends.

use crate::watching::{Folder, make_pipe, read_pipe};
use crate::{APPLICATION, FIRST, application, serves_the_other_version};

/// The application, with a build that says that it runs, and then waits for ever.
fn endless(folder: &Folder) {
    make_pipe(&folder.path("gate"));
    let waiting = "echo runs > gate; exec sh -c 'read never < gate; true'";
    folder.manifest(&APPLICATION.replace("cp src/a a.wasm", waiting));
}

fn wait_for_build(folder: &Folder) {
    assert_eq!(read_pipe(folder.path("gate")), "runs\n");
}

fn is_ignored(number: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.map(|mask| u64::from_str_radix(mask.trim(), 16).expect("a mask"));
    mask.unwrap_or_default() & (1 << (number - 1)) != 0
}

#[test]
fn the_end_of_the_process_is_the_end_of_a_build() {
    // The last two are what a terminal sends: when it is closed, and for Ctrl-\.
    for (signal, number) in [("TERM", 15), ("INT", 2), ("HUP", 1), ("QUIT", 3)] {
        // These two are not heard where whoever runs the tests has them ignored, as `nohup` does.
        if ["HUP", "QUIT"].contains(&signal) && is_ignored(number) {
            continue;
        }
        let folder = application();
        let jenny = folder.up(&["--state-dir", ""]);
        endless(&folder);
        wait_for_build(&folder);

        let status = jenny.ends_with_all_that_it_started(signal);

        assert!(status.success(), "SIG{signal}: {status}");
    }
}

#[test]
fn an_end_before_anything_is_served_is_no_success() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let folder = application();
        endless(&folder);
        let jenny = folder.start(&["--state-dir", ""]);
        wait_for_build(&folder);

        let status = jenny.ends_with_all_that_it_started(signal);

        assert_eq!(status.code(), Some(code), "SIG{signal}: {status}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn it_outlives_the_terminal_if_it_was_told_to() {
    let folder = application();
    let mut jenny = folder.up_ignoring("HUP", &["--state-dir", ""]);
    assert_eq!(jenny.answer(), FIRST);

    jenny.signal("HUP");

    serves_the_other_version(&folder, &mut jenny);
    let status = jenny.ends_with_all_that_it_started("TERM");
    assert!(status.success(), "{status}");
}
