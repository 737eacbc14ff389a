//! How much components compute, in wasmtime's fuel: about one for each instruction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::AsContextMut;

/// What all instances of a runtime have used.
pub(crate) type FuelTotal = Arc<AtomicU64>;

/// Adds what one instance uses to the total.
pub(crate) struct FuelMeter {
    total: FuelTotal,
    left: AtomicU64,
}

impl FuelMeter {
    /// Fills an instance up, so that it never runs dry.
    pub(crate) fn fill(total: FuelTotal, mut store: impl AsContextMut) -> wasmtime::Result<Self> {
        store.as_context_mut().set_fuel(u64::MAX)?;
        Ok(Self {
            total,
            left: AtomicU64::new(u64::MAX),
        })
    }

    /// Counts what was used since it was last read.
    pub(crate) fn read(&self, mut store: impl AsContextMut) {
        // It fails only where fuel is not counted, and such an instance has no meter.
        if let Ok(left) = store.as_context_mut().get_fuel() {
            let before = self.left.swap(left, Ordering::Relaxed);
            let used = before.saturating_sub(left);
            self.total.fetch_add(used, Ordering::Relaxed);
        }
    }

    /// What the instance had used when it was last read.
    pub(crate) fn used(&self) -> u64 {
        u64::MAX - self.left.load(Ordering::Relaxed)
    }
}
