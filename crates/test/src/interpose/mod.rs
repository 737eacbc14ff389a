//! Between the components and what they can ask for: one wrapper for each capability, all by way of
//! [`Interposer::call`], which writes every call down and lets the faults have their say.

mod counted;
mod http;
mod key_value;
mod mqtt;
mod mysql;
mod postgres;
mod redis;
mod reply;
mod sqlite;
mod unclean;
mod variables;

use std::sync::Arc;
use std::time::Duration;

use jenny_host::capability::Capabilities;
use jenny_host::{Caller, Clock as _};

use self::reply::{Failure, Reply};
pub(crate) use self::unclean::UncleanConnections;
use crate::clock::TestClock;
use crate::fault::{Effect, Faults};
use crate::ledger::{HostCall, Ledger, Outcome, Recording, begun};

/// What all wrappers of an application share.
#[derive(Clone)]
pub(crate) struct Interposer(Arc<Shared>);

struct Shared {
    ledger: Arc<Ledger>,
    faults: Arc<Faults>,
    clock: TestClock,
}

impl Interposer {
    pub(crate) fn new(ledger: Arc<Ledger>, faults: Arc<Faults>, clock: TestClock) -> Self {
        Self(Arc::new(Shared {
            ledger,
            faults,
            clock,
        }))
    }

    /// Puts itself before everything that components can ask for.
    pub(crate) fn wrap(&self, capabilities: &mut Capabilities) {
        capabilities.stores.key_value = self.stands_before(&capabilities.stores.key_value);
        capabilities.stores.sqlite = self.stands_before(&capabilities.stores.sqlite);
        capabilities.stores.postgres = self.stands_before(&capabilities.stores.postgres);
        capabilities.stores.mysql = self.stands_before(&capabilities.stores.mysql);
        capabilities.stores.redis = self.stands_before(&capabilities.stores.redis);
        capabilities.stores.mqtt = self.stands_before(&capabilities.stores.mqtt);
        capabilities.variables = self.stands_before(&capabilities.variables);
        capabilities.outbound_http = self.stands_before(&capabilities.outbound_http);
    }

    fn stands_before<C: ?Sized>(&self, real: &Arc<C>) -> Arc<Interposed<C>> {
        Arc::new(Interposed {
            real: Arc::clone(real),
            by: self.clone(),
        })
    }

    /// One call: `real` is what it comes to unless a fault hits it.
    async fn call<T: Reply<E>, E: Failure>(
        &self,
        what: HostCall,
        real: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        // Hosts outside are the test's own, and wait by the clock themselves.
        let is_of_store = !matches!(what, HostCall::Http { .. });
        let clock = &self.0.clock;
        let real = async move {
            match is_of_store {
                true => clock.during(real).await,
                false => real.await,
            }
        };
        let call = begun(what);
        let concerned = self.0.faults.concerned_with(&call);
        let (recording, effect) = self.0.ledger.called(call, |call| {
            let effect = concerned.hit(call)?;
            call.injected = Some(effect.describe());
            Some(effect)
        });
        let result = match effect {
            None => real.await,
            Some(effect) => self.suffer(effect, real).await,
        };
        record(&recording, result)
    }

    /// A call that a fault hits.
    async fn suffer<T: Reply<E>, E: Failure>(
        &self,
        effect: Effect,
        real: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        match effect {
            Effect::Fails {
                message,
                afterwards,
            } => {
                if afterwards {
                    come_to_pass(real).await;
                }
                Err(E::injected(T::IS_OPENING, &message))
            }
            Effect::Hangs => std::future::pending().await,
            Effect::Slow(delay) => {
                self.wait(delay).await;
                real.await
            }
            Effect::Hesitates(turns) => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                real.await
            }
            Effect::Answers(odd) => T::odd(&odd).ok_or_else(|| {
                let message =
                    format!("the test has a call answered that has no such answers: {odd:?}");
                E::injected(T::IS_OPENING, &message)
            }),
            Effect::BreaksOff { after, message } => {
                let error = || E::injected(T::IS_OPENING, &message);
                // What fails by itself has let nothing through, and breaks off there.
                let reply = real.await.map_err(|_| error())?;
                reply.broken_off(after, error()).ok_or_else(|| {
                    let message =
                        "the test has a call break off that has neither rows nor keys to do so in";
                    E::injected(T::IS_OPENING, message)
                })
            }
            Effect::Kills { afterwards } => {
                if afterwards {
                    come_to_pass(real).await;
                }
                Caller::trap("the instance was killed by the test").await
            }
        }
    }

    async fn wait(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        let deadline = self.0.clock.monotonic_nanos().saturating_add(delay);
        self.0.clock.wait_until(deadline).await;
    }
}

/// Waits until a call has done all that it does. Whoever called is told nothing of it, so it does not
/// matter whether it succeeded.
async fn come_to_pass<T: Reply<E>, E: Failure>(real: impl Future<Output = Result<T, E>> + Send) {
    if let Ok(reply) = real.await {
        reply.settled().await;
    }
}

/// Writes down what a call came to, now or when the rest of it is known.
fn record<T: Reply<E>, E: Failure>(recording: &Recording, result: Result<T, E>) -> Result<T, E> {
    match result {
        Ok(reply) => {
            recording.ended(Outcome::Answered(reply.in_short()));
            Ok(reply.followed(recording.clone()))
        }
        Err(error) => {
            recording.ended(Outcome::Failed(error.to_string()));
            Err(error)
        }
    }
}

/// A capability, with whoever stands before it.
struct Interposed<C: ?Sized> {
    real: Arc<C>,
    by: Interposer,
}
