//! What an answer tells, in a form in which it can be compared with another one's.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::Client;
use crate::response::TestResponse;

/// An answer.
pub(super) struct Told {
    seen: Seen,
    /// All of it, for what somebody is known by to be looked for.
    whole: String,
    /// The answer as it was, for messages.
    shown: String,
}

/// What must be the same.
#[derive(PartialEq)]
struct Seen {
    status: StatusCode,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    trailers: HeaderMap,
}

impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        self.seen == other.seen
    }
}

impl Told {
    pub(super) fn new(
        answer: &TestResponse,
        varying_headers: &[String],
        seen: &dyn Fn(&mut Value),
    ) -> Self {
        let body = seen_body(answer, seen);
        // As long as the body was before it was made comparable.
        let length = (body != answer.body).then_some("content-length");
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in &answer.headers {
            let mut varying = varying_headers.iter().map(String::as_str).chain(length);
            if !varying.any(|varying| name == varying) {
                headers.push((name.to_string(), value.as_bytes().to_vec()));
            }
        }
        // The order of different names says nothing (RFC 9110, section 5.3).
        headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self {
            whole: whole(answer),
            shown: format!("{answer:?}"),
            seen: Seen {
                status: answer.status,
                headers,
                body,
                trailers: answer.trailers.clone(),
            },
        }
    }

    /// Asserts that this holds nothing that clients other than `own` are known by, unless `alone` does,
    /// which is the answer to the same request when there was nobody else.
    pub(super) fn assert_free_of_others(
        &self,
        alone: &Self,
        clients: &[Client],
        own: usize,
        place: &str,
    ) {
        for (index, other) in clients.iter().enumerate() {
            for marker in &other.markers {
                let is_anothers = index != own && !clients[own].markers.contains(marker);
                let is_there = self.whole.contains(marker) && !alone.whole.contains(marker);
                assert!(
                    !(is_anothers && is_there),
                    "an answer to {} holds {marker:?}, which is {}'s ({place}): {}",
                    clients[own].name,
                    other.name,
                    self.shown
                );
            }
        }
    }

    /// Asserts that this is what the same request was answered alone.
    pub(super) fn assert_is(&self, alone: &Self, client: &str, place: &str) {
        assert!(
            self == alone,
            "an answer to {client} is another one than without other clients ({place}): {}\n\n\
             Without them: {}",
            self.shown,
            alone.shown
        );
    }
}

/// The body, with `seen` applied if it is JSON; else to the byte.
fn seen_body(answer: &TestResponse, seen: &dyn Fn(&mut Value)) -> Vec<u8> {
    let Ok(mut json) = serde_json::from_slice::<Value>(&answer.body) else {
        return answer.body.to_vec();
    };
    let before = json.clone();
    seen(&mut json);
    match json == before {
        true => answer.body.to_vec(),
        false => json.to_string().into_bytes(),
    }
}

fn whole(answer: &TestResponse) -> String {
    let mut whole = String::new();
    for (name, value) in answer.headers.iter().chain(&answer.trailers) {
        whole.push_str(name.as_str());
        whole.push_str(": ");
        whole.push_str(&String::from_utf8_lossy(value.as_bytes()));
        whole.push('\n');
    }
    whole.push_str(&String::from_utf8_lossy(&answer.body));
    whole
}
