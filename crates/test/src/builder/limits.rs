//! What requests and instances may use.

use std::time::Duration;

use jenny_host::Limits;
use jenny_manifest::Manifest;

use crate::builder::TestAppBuilder;

impl TestAppBuilder {
    /// Bounds the application by these limits. The methods that set one of them change what this has
    /// set.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.bounds.limits = limits;
        self
    }

    /// Gives a request less time than the ten minutes that it has by default: a machine may be slow.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.bounds.limits.request_timeout = timeout;
        self
    }

    /// Gives an instance another amount of linear memory than the 128 MiB that it has by default.
    #[must_use]
    pub fn max_instance_memory(mut self, bytes: usize) -> Self {
        self.bounds.limits.max_instance_memory = bytes;
        self
    }

    /// Whether one instance of a WASIp3 component serves several requests, as it does by default: at
    /// once and one after the other. Without, each request meets a component that has seen none, as
    /// it always does with WASIp2.
    #[must_use]
    pub fn reuse_instances(mut self, reuse: bool) -> Self {
        let usual = Limits::default();
        let (in_all, at_once) = match reuse {
            true => (
                usual.requests_per_instance,
                usual.concurrent_requests_per_instance,
            ),
            false => (1, 1),
        };
        self.bounds.limits.requests_per_instance = in_all;
        self.bounds.limits.concurrent_requests_per_instance = at_once;
        self
    }

    /// Lets no component have a second instance at the same time, so that requests meet in the first.
    #[must_use]
    pub fn one_instance_each(mut self) -> Self {
        self.bounds.one_instance_each = true;
        self
    }
}

/// How long a request may take unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What bounds an application.
pub(super) struct Bounds {
    limits: Limits,
    one_instance_each: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        let usual = Limits::default();
        Self {
            limits: Limits {
                // Which instance answers must not depend on how fast the machine is.
                idle_timeout: Duration::MAX,
                // Nor whether one answers at all: a request that waits for a place gets one in time.
                request_timeout: PATIENCE,
                body_timeout: PATIENCE,
                queue_timeout: PATIENCE,
                ..usual
            },
            one_instance_each: false,
        }
    }
}

impl Bounds {
    /// What that is for the components of `manifest`.
    pub(super) fn limits(self, manifest: &Manifest) -> Limits {
        Limits {
            max_instances: match self.one_instance_each {
                true => manifest.components.len(),
                false => self.limits.max_instances,
            },
            ..self.limits
        }
    }
}
