//! Time and randomness, as WASIp2 has them.

use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::io::poll::poll;
use wasip2::random::{insecure, insecure_seed, random};

/// Waits as `how` says, on the monotonic clock in nanoseconds, and tells both clocks after it.
pub(crate) fn wait(how: &str) -> String {
    match how.split_once('/') {
        Some(("until", mark)) => monotonic_clock::subscribe_instant(number(mark)).block(),
        Some(("for", time)) => monotonic_clock::subscribe_duration(number(time)).block(),
        Some(("poll", times)) => return poll_in_turn(times),
        _ => {}
    }
    let wall = wall_clock::now();
    let (seconds, nanoseconds) = (wall.seconds, wall.nanoseconds);
    let now = monotonic_clock::now();
    format!("{seconds}.{nanoseconds:09} {now}")
}

/// Polls waits of these times, each of them again until it is over, and tells when which was.
fn poll_in_turn(times: &str) -> String {
    let waits: Vec<_> = times
        .split(',')
        .map(|time| monotonic_clock::subscribe_duration(number(time)))
        .collect();
    let mut running: Vec<usize> = (0..waits.len()).collect();
    let mut told = Vec::new();
    while !running.is_empty() {
        let polled: Vec<_> = running.iter().map(|wait| &waits[*wait]).collect();
        let ready = poll(&polled);
        let now = monotonic_clock::now();
        let is_ready = |place: usize| ready.iter().any(|ready| *ready as usize == place);
        let mut place = 0;
        running.retain(|wait| {
            if is_ready(place) {
                assert!(waits[*wait].ready(), "what is over stays so");
                told.push(format!("{wait}@{now}"));
            }
            place += 1;
            !is_ready(place - 1)
        });
    }
    told.join(" ")
}

/// Everything random that there is, on a line each.
pub(crate) fn draw() -> String {
    format!(
        "{:?}\n{}\n{:?}\n{}\n{:?}",
        random::get_random_bytes(16),
        random::get_random_u64(),
        insecure::get_insecure_random_bytes(16),
        insecure::get_insecure_random_u64(),
        insecure_seed::insecure_seed(),
    )
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}
