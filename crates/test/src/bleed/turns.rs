//! Whether requests met, by the calls of the host that they made.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use jenny_host::RequestTag;

use crate::app::TestApp;
use crate::ledger::Calls;

/// How the requests to each component met.
#[derive(Default)]
pub(super) struct Turns(BTreeMap<Arc<str>, Met>);

/// How the requests to one component met.
#[derive(Default)]
struct Met {
    /// How often an instance went from one request to another and back.
    turns: usize,
    /// How many calls instances made that were not new.
    calls_when_warm: usize,
}

impl Met {
    /// Whether requests met, or there is nothing in which they could: a component that calls the host
    /// only as it starts answers without a pause.
    fn is_enough(&self) -> bool {
        self.turns > 0 || self.calls_when_warm == 0
    }
}

impl Turns {
    /// Counts those of one round, in which instances were new or `warm`.
    pub(super) fn count(&mut self, calls: &Calls, warm: bool) {
        let mut instances: BTreeMap<(Arc<str>, u64), Vec<RequestTag>> = BTreeMap::new();
        for call in calls {
            if let Some(request) = call.request {
                let instance = (Arc::clone(&call.component), call.instance);
                instances.entry(instance).or_default().push(request);
            }
        }
        for ((component, _), requests) in instances {
            let met = self.0.entry(component).or_default();
            met.turns += returns(&requests);
            if warm {
                met.calls_when_warm += requests.len();
            }
        }
    }

    /// Asserts that it happened in every component of the application, and returns how often it did
    /// in all.
    pub(super) fn assert_everywhere(&self, app: &TestApp) -> usize {
        let manifest = app.app.manifest();
        let met: BTreeSet<&str> = self
            .0
            .iter()
            .filter(|(_, met)| met.is_enough())
            .map(|(component, _)| &**component)
            .collect();
        let missing: Vec<&str> = manifest
            .components
            .keys()
            .map(String::as_str)
            .filter(|component| !met.contains(component))
            .collect();
        assert!(
            missing.is_empty(),
            "no requests of different clients met in an instance of {}: let more clients send \
             requests to it, that make several calls of the host each, or leave it out with \
             `TestAppBuilder::only`",
            missing.join(", ")
        );
        self.0.values().map(|met| met.turns).sum()
    }
}

/// How often a request goes on after another one did something.
fn returns(requests: &[RequestTag]) -> usize {
    let mut seen: HashSet<RequestTag> = HashSet::new();
    let mut returns = 0;
    let mut last = None;
    for &request in requests {
        let is_new = seen.insert(request);
        if !is_new && last != Some(request) {
            returns += 1;
        }
        last = Some(request);
    }
    returns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_returns_when_another_one_was_between() {
        let of = |tags: &[u64]| {
            let tags: Vec<RequestTag> = tags.iter().copied().map(RequestTag).collect();
            returns(&tags)
        };
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[1, 1, 2, 2, 3]), 0);
        assert_eq!(of(&[1, 2, 1]), 1);
        assert_eq!(of(&[1, 2, 1, 2, 2]), 2);
    }
}
