//! Calls, to be looked at and counted.

use jenny_host::RequestTag;

use super::call::HostCall;
use super::{Call, SqlKind};

/// Calls of the host, in the order in which they were made.
///
/// `{}` shows them as they are compared: without how long they took. `{:#}` shows that too.
///
/// ```no_run
/// # async fn example(app: jenny_test::TestApp) {
/// let response = app.get("/api/notes").send().await;
/// let calls = response.calls();
/// assert_eq!(calls.sql().statements().len(), 1, "{calls}");
/// calls.none_over_http();
/// # }
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Calls {
    all: Vec<Call>,
    /// Those of which it is not known whether they belong here as well.
    doubtful: Vec<Call>,
}

impl FromIterator<Call> for Calls {
    fn from_iter<I: IntoIterator<Item = Call>>(calls: I) -> Self {
        Self {
            all: calls.into_iter().collect(),
            doubtful: Vec::new(),
        }
    }
}

impl<'a> IntoIterator for &'a Calls {
    type Item = &'a Call;
    type IntoIter = std::slice::Iter<'a, Call>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

impl Calls {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Call> {
        self.all.iter()
    }

    /// Those that `wanted` wants.
    #[must_use]
    pub fn matching(&self, wanted: impl Fn(&Call) -> bool) -> Self {
        let of = |calls: &[Call]| -> Vec<Call> {
            let calls = calls.iter().filter(|call| wanted(call));
            calls.cloned().collect()
        };
        Self {
            all: of(&self.all),
            doubtful: of(&self.doubtful),
        }
    }

    /// Those of databases.
    #[must_use]
    pub fn sql(&self) -> Self {
        self.matching(Call::is_sql)
    }

    /// Those of databases of one kind.
    #[must_use]
    pub fn sql_of(&self, wanted: SqlKind) -> Self {
        self.matching(|call| matches!(call.what, HostCall::Sql { kind, .. } if kind == wanted))
    }

    /// Those of key-value stores.
    #[must_use]
    pub fn key_value(&self) -> Self {
        self.matching(Call::is_key_value)
    }

    /// Requests to other hosts.
    #[must_use]
    pub fn http(&self) -> Self {
        self.matching(Call::is_http)
    }

    /// Those of Redis servers.
    #[must_use]
    pub fn redis(&self) -> Self {
        self.matching(Call::is_redis)
    }

    /// Those of MQTT brokers.
    #[must_use]
    pub fn mqtt(&self) -> Self {
        self.matching(Call::is_mqtt)
    }

    /// Those that ask for variables.
    #[must_use]
    pub fn variables(&self) -> Self {
        self.matching(Call::is_variable)
    }

    /// Those that came to an error.
    #[must_use]
    pub fn failed(&self) -> Self {
        self.matching(Call::has_failed)
    }

    /// Those that a [`Fault`](crate::Fault) changed.
    #[must_use]
    pub fn injected(&self) -> Self {
        self.matching(|call| call.injected.is_some())
    }

    /// Those of one request. Calls of which it cannot be told who made them are of none; an assertion
    /// that there are none of a kind fails when there are such ones of that kind.
    #[must_use]
    pub fn of_request(&self, request: RequestTag) -> Self {
        let of_it = self.matching(|call| call.request == Some(request));
        Self {
            doubtful: self.matching(|call| call.unattributed).all,
            ..of_it
        }
    }

    /// Those of one component.
    #[must_use]
    pub fn of_component(&self, component: &str) -> Self {
        self.matching(|call| *call.component == *component)
    }

    /// The texts of all statements that databases were asked to run: those that failed too, and
    /// `BEGIN`, `COMMIT`, `ROLLBACK` and what sets up a connection.
    pub fn statements(&self) -> Vec<String> {
        let statements = self.iter().filter_map(Call::statement);
        statements.map(str::to_owned).collect()
    }

    /// The components that called, each once.
    pub fn components(&self) -> Vec<&str> {
        let mut components: Vec<_> = self.iter().map(|call| &*call.component).collect();
        components.sort_unstable();
        components.dedup();
        components
    }

    /// Asserts that there are none of key-value stores.
    ///
    /// # Panics
    ///
    /// When there are some; the message shows all calls.
    #[track_caller]
    pub fn none_to_key_value(&self) -> &Self {
        self.none(&self.key_value(), "of key-value stores")
    }

    /// Asserts that there are none of databases.
    ///
    /// # Panics
    ///
    /// When there are some; the message shows all calls.
    #[track_caller]
    pub fn none_to_sql(&self) -> &Self {
        self.none(&self.sql(), "of databases")
    }

    /// Asserts that no other host was asked.
    ///
    /// # Panics
    ///
    /// When one was; the message shows all calls.
    #[track_caller]
    pub fn none_over_http(&self) -> &Self {
        self.none(&self.http(), "over HTTP")
    }

    #[track_caller]
    fn none(&self, found: &Self, kind: &str) -> &Self {
        assert!(
            found.is_empty(),
            "expected no calls {kind}, and there are {}:\n{self:#}",
            found.len()
        );
        assert!(
            found.doubtful.is_empty(),
            "expected no calls {kind}, and it cannot be told whether these were made for the request:\n{:#}",
            found.doubtful.iter().cloned().collect::<Self>()
        );
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::begun;

    fn call(request: Option<RequestTag>, unattributed: bool) -> Call {
        Call {
            request,
            unattributed,
            ..begun(HostCall::Variable { name: None })
        }
    }

    #[test]
    fn calls_while_an_instance_starts_are_of_no_request() {
        let all: Calls = [call(None, false)].into_iter().collect();

        let none = all.of_request(RequestTag(1));

        assert!(none.is_empty());
        none.none(&none.variables(), "for variables");
    }

    #[test]
    fn what_may_have_been_called_is_not_none_but_for_other_kinds() {
        let all = [call(Some(RequestTag(2)), false), call(None, true)];
        let all: Calls = all.into_iter().collect();

        let none = all.of_request(RequestTag(1));

        assert_eq!(none.len(), 0);
        none.none_to_sql().none_over_http();
        let refused = std::panic::catch_unwind(|| {
            none.none(&none.variables(), "for variables");
        });
        let panic = refused.expect_err("it may have been of the request");
        let text = panic.downcast_ref::<String>().expect("a text");
        assert!(text.contains("it cannot be told whether"), "{text}");
    }
}
