//! Randomness that a seed determines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use wasmtime_wasi::WasiCtxBuilder;

/// The randomness of one component's instances, where the application has a seed.
///
/// What an instance draws depends on the seed, on the component's id and on how many instances of that
/// component came before: what other components do changes nothing.
pub(crate) struct SeededRandomness {
    seed: u64,
    component: Arc<str>,
    instances: AtomicU64,
}

impl SeededRandomness {
    pub(crate) fn new(seed: u64, component: &Arc<str>) -> Self {
        Self {
            seed,
            component: Arc::clone(component),
            instances: AtomicU64::new(0),
        }
    }

    /// Gives the next instance its `wasi:random`.
    pub(crate) fn give_to(&self, wasi: &mut WasiCtxBuilder) {
        let instance = self.instances.fetch_add(1, Ordering::Relaxed);
        wasi.secure_random(self.generator(instance, "secure"))
            .insecure_random(self.generator(instance, "insecure"))
            .insecure_random_seed(self.insecure_seed(instance));
    }

    fn generator(&self, instance: u64, purpose: &str) -> ChaCha12Rng {
        let key = Sha256::new()
            .chain_update(self.seed.to_le_bytes())
            .chain_update(instance.to_le_bytes())
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(&*self.component)
            .finalize();
        ChaCha12Rng::from_seed(key.into())
    }

    fn insecure_seed(&self, instance: u64) -> u128 {
        let mut bytes = [0; 16];
        self.generator(instance, "seed").fill_bytes(&mut bytes);
        u128::from_le_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(randomness: &SeededRandomness, instance: u64, purpose: &str) -> u64 {
        randomness.generator(instance, purpose).next_u64()
    }

    #[test]
    fn the_same_seed_gives_the_same_and_whatever_differs_gives_another() {
        let of = |seed, component: &str| SeededRandomness::new(seed, &component.into());
        let one = drawn(&of(7, "a"), 0, "secure");
        assert_eq!(one, drawn(&of(7, "a"), 0, "secure"));
        let others = [
            drawn(&of(8, "a"), 0, "secure"),
            drawn(&of(7, "b"), 0, "secure"),
            drawn(&of(7, "a"), 1, "secure"),
            drawn(&of(7, "a"), 0, "insecure"),
        ];
        assert!(!others.contains(&one), "{others:?}");
        assert_ne!(of(7, "a").insecure_seed(0), of(7, "a").insecure_seed(1));
    }

    #[test]
    fn what_a_seed_gives_stays_the_same_from_release_to_release() {
        let randomness = SeededRandomness::new(1, &"component".into());
        assert_eq!(drawn(&randomness, 0, "secure"), 0xe3ee_90b2_f406_229c);
    }
}
