//! Time and randomness, as WASIp3 has them.

use spin_sdk::wasip3::clocks::{monotonic_clock, system_clock};
use spin_sdk::wasip3::random::{insecure, insecure_seed, random};

/// Waits as `how` says, on the monotonic clock in nanoseconds, and tells both clocks after it.
pub(crate) async fn wait(how: &str) -> String {
    match how.split_once('/') {
        Some(("until", mark)) => monotonic_clock::wait_until(number(mark)).await,
        Some(("for", time)) => monotonic_clock::wait_for(number(time)).await,
        // The standard library goes by WASIp2, and holds the instance.
        Some(("std", time)) => {
            std::thread::sleep(std::time::Duration::from_nanos(number(time)));
        }
        _ => {}
    }
    let wall = system_clock::now();
    let (seconds, nanoseconds) = (wall.seconds, wall.nanoseconds);
    let now = monotonic_clock::now();
    format!("{seconds}.{nanoseconds:09} {now}")
}

/// Everything random that there is, on a line each.
pub(crate) fn draw() -> String {
    let hashed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 1);
    format!(
        "{:?}\n{}\n{:?}\n{}\n{:?}\n{hashed}",
        random::get_random_bytes(16),
        random::get_random_u64(),
        insecure::get_insecure_random_bytes(16),
        insecure::get_insecure_random_u64(),
        insecure_seed::get_insecure_seed(),
    )
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}
