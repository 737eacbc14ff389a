//! What the answers say.

use crate::problem::{BoxError, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds after which a probe may look again: shorter than the usual ten between probes.
const RETRY_AFTER_SECONDS: u64 = 5;

/// All is well.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Health {
    status: Status,
    /// What was looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1)]
    checks: Vec<Passed>,
}

/// A store that answers.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = HealthCheck)]
struct Passed {
    /// The store.
    name: &'static str,
    status: Status,
}

/// A verdict.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HealthStatus)]
enum Status {
    Pass,
}

/// What looking at one store gave.
pub(crate) struct Check {
    /// The store, as the answer names it.
    pub(crate) name: &'static str,
    /// Why it does not answer, for the log.
    pub(crate) result: Result<(), BoxError>,
}

impl Health {
    /// Alive, which takes no checks.
    pub(crate) fn alive() -> Self {
        Health {
            status: Status::Pass,
            checks: Vec::new(),
        }
    }

    /// The verdict over all checks.
    ///
    /// # Errors
    ///
    /// 503 when one or more failed: the names for the caller, the causes for the log.
    pub(crate) fn of(checks: Vec<Check>) -> Result<Self, Problem> {
        let mut passed = Vec::new();
        let mut failing = Vec::new();
        let mut causes = Vec::new();
        for Check { name, result } in checks {
            match result {
                Ok(()) => passed.push(Passed {
                    name,
                    status: Status::Pass,
                }),
                Err(cause) => {
                    failing.push(name);
                    causes.push(format!("{name}: {cause}"));
                }
            }
        }
        if failing.is_empty() {
            return Ok(Health {
                status: Status::Pass,
                checks: passed,
            });
        }
        let detail = format!("Not ready. Failing: {}.", failing.join(", "));
        Err(Problem::unavailable(RETRY_AFTER_SECONDS, causes.join("; ")).with_detail(detail))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(name: &'static str, result: Result<(), &'static str>) -> Check {
        Check {
            name,
            result: result.map_err(Into::into),
        }
    }

    #[test]
    fn alive_is_one_word() {
        assert_eq!(
            serde_json::to_value(Health::alive()).unwrap(),
            json!({"status": "pass"})
        );
    }

    #[test]
    fn ready_lists_what_was_looked_at() {
        let health = Health::of(vec![check("database", Ok(()))]).unwrap();
        assert_eq!(
            serde_json::to_value(health).unwrap(),
            json!({"status": "pass", "checks": [{"name": "database", "status": "pass"}]})
        );
    }

    #[test]
    fn a_failing_store_is_named_and_its_cause_kept_inside() {
        let checks = vec![
            check("database", Err("disk I/O error in /srv/x.db")),
            check("cache", Ok(())),
        ];
        let problem = Health::of(checks).unwrap_err();
        assert_eq!(problem.status(), 503);
        assert_eq!(problem.detail(), "Not ready. Failing: database.");
        assert_eq!(problem.headers()["retry-after"], "5");
        assert!(
            problem
                .cause()
                .unwrap()
                .to_string()
                .contains("disk I/O error")
        );
    }
}
