//! Which fault hits which call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Effect, Fault, When};
use crate::draw::Draw;
use crate::ledger::Call;

/// The faults of an application that are in force, the oldest first.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Arc<Rule>>>);

/// Those of them that are about one call, the latest first.
pub(crate) struct Concerned(Vec<Arc<Rule>>);

struct Rule {
    fault: Fault,
    progress: Mutex<Progress>,
}

/// How far a rule has got.
struct Progress {
    /// How many calls it has been about.
    met: u64,
    chance: Draw,
}

impl Faults {
    fn rules(&self) -> MutexGuard<'_, Vec<Arc<Rule>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, fault: Fault) {
        let seed = match fault.when {
            When::Probably { seed, .. } => seed,
            _ => 0,
        };
        let chance = Draw::new(seed);
        let progress = Mutex::new(Progress { met: 0, chance });
        self.rules().push(Arc::new(Rule { fault, progress }));
    }

    pub(crate) fn clear(&self) {
        self.rules().clear();
    }

    /// The faults that are about `call`. What the test decides that by is called while nothing is
    /// locked: it may ask the application whatever it likes.
    pub(crate) fn concerned_with(&self, call: &Call) -> Concerned {
        let mut rules = self.rules().clone();
        rules.retain(|rule| (rule.fault.concerns)(call));
        rules.reverse();
        Concerned(rules)
    }
}

impl Concerned {
    /// What is to become of `call`. Of several faults that hit it the latest one does, and all that are
    /// about it have met it. Calls are to come here in the order in which they are written down.
    pub(crate) fn hit(&self, call: &Call) -> Option<Effect> {
        let mut effect = None;
        for rule in &self.0 {
            let hits = rule.meets();
            if hits && effect.is_none() && rule.fault.effect.is_possible_for(call) {
                effect = Some(rule.fault.effect.clone());
            }
        }
        effect
    }
}

impl Rule {
    /// Whether it hits the next call that it is about.
    fn meets(&self) -> bool {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.met += 1;
        match self.fault.when {
            When::Every => true,
            When::Nth(n) => progress.met == n,
            When::First(calls) => progress.met <= calls,
            When::Probably { probability, .. } => progress.chance.fraction() < probability,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{HostCall, begun};

    fn hit(faults: &Faults, call: &Call) -> Option<Effect> {
        faults.concerned_with(call).hit(call)
    }

    fn hits(fault: Fault, calls: usize) -> Vec<usize> {
        let faults = Faults::default();
        faults.add(fault);
        let call = begun(HostCall::Variable { name: None });
        (1..=calls)
            .filter(|_| hit(&faults, &call).is_some())
            .collect()
    }

    #[test]
    fn a_fault_hits_the_calls_that_it_says() {
        assert_eq!(hits(Fault::on_everything(), 3), [1, 2, 3]);
        assert_eq!(hits(Fault::on_everything().nth(2), 4), [2]);
        assert_eq!(hits(Fault::on_everything().first(2), 4), [1, 2]);
        assert!(hits(Fault::on_sql(), 3).is_empty());
    }

    #[test]
    fn chance_is_the_same_in_every_run_and_as_likely_as_it_says() {
        let hit = |probability, seed| {
            hits(
                Fault::on_everything().with_probability(probability, seed),
                10_000,
            )
        };
        assert_eq!(hit(0.25, 7), hit(0.25, 7));
        assert_ne!(hit(0.25, 7), hit(0.25, 8));
        assert!((2_300..2_700).contains(&hit(0.25, 7).len()));
        assert_eq!(hit(0.0, 7).len(), 0);
        assert_eq!(hit(1.0, 7).len(), 10_000);
    }

    #[test]
    fn the_latest_of_several_decides_and_all_have_met_the_call() {
        let faults = Faults::default();
        faults.add(Fault::on_everything().first(2));
        faults.add(Fault::on_everything().nth(1).hangs());
        let call = begun(HostCall::Variable { name: None });
        assert!(matches!(hit(&faults, &call), Some(Effect::Hangs)));
        assert!(matches!(hit(&faults, &call), Some(Effect::Fails { .. })));
        assert!(hit(&faults, &call).is_none());
    }
}
