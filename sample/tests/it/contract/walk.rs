//! Goes through operations, checks every exchange against the document, and keeps account of what
//! was seen.

use std::collections::{BTreeMap, BTreeSet};

use jenny_test::{Mint, TestApp, TestResponse};
use serde_json::json;

use super::call::Call;
use super::document::{Document, split};

/// Over the limit on bodies, which is 1 MiB.
const TOO_LARGE_BYTES: usize = 1024 * 1024 + 1;

pub(super) struct Walk {
    document: &'static Document,
    app: TestApp,
    mint: Mint,
    /// Operations and the statuses that they were seen to answer with.
    seen: BTreeSet<(String, String)>,
    /// The first call of each operation that succeeded.
    succeeded: BTreeMap<String, Call>,
    /// What was not as documented.
    faults: Vec<String>,
}

impl Walk {
    pub(super) async fn new() -> Self {
        let mint = Mint::new();
        Self {
            document: Document::get(),
            app: crate::app().signed_by(&mint).build().await,
            mint,
            seen: BTreeSet::new(),
            succeeded: BTreeMap::new(),
            faults: Vec::new(),
        }
    }

    /// Sends a call and checks that the answer has this status and is as documented. A call that is
    /// to succeed must itself be as documented.
    pub(super) async fn expect(&mut self, status: u16, call: Call) -> TestResponse {
        let response = call.send(&self.app, self.document).await;
        if status < 400 {
            let faults = call.faults(self.document);
            let of_call = |fault| format!("{}, as asked: {fault}", call.operation);
            self.faults.extend(faults.into_iter().map(of_call));
        }
        self.check(status, &call, &response);
        response
    }

    fn check(&mut self, status: u16, call: &Call, response: &TestResponse) {
        let operation = &call.operation;
        let TestResponse {
            status: actual,
            headers,
            body,
            ..
        } = response;
        let mut faults = self
            .document
            .faults_of_response(operation, *actual, headers, body);
        if actual.as_u16() != status {
            faults.push(format!("expected status {status}"));
        }
        if !faults.is_empty() {
            let fault = format!("{operation}: {}{response:?}", faults.join("; "));
            self.faults.push(fault);
        }
        let documented = match operation.starts_with("HEAD ") {
            true => "default".to_owned(),
            false => actual.as_str().to_owned(),
        };
        self.seen.insert((operation.clone(), documented));
    }

    /// Tries what such an operation can fail with whatever it does, then lets it succeed. Of a GET,
    /// what follows from it is tried as well: `HEAD`, and the answer that has not changed.
    pub(super) async fn succeed(&mut self, status: u16, call: Call) -> TestResponse {
        if !self.succeeded.contains_key(&call.operation) {
            self.refuse_callers(&call).await;
            self.refuse_bodies(&call).await;
            self.find_nothing(&call).await;
            self.forbid_what_is_there(&call).await;
        }
        let response = self.expect(status, call.clone()).await;
        if call.operation.starts_with("GET ") {
            self.revalidate(&call, &response).await;
        }
        let operation = call.operation.clone();
        self.succeeded.entry(operation).or_insert(call);
        response
    }

    async fn refuse_callers(&mut self, call: &Call) {
        if self.document.requires_token(&call.operation) {
            self.expect(401, call.clone().anonymously())
                .await
                .assert_json("/errors", json!({ "token": ["is missing"] }));
        }
        let documents_401 = self.document.statuses(&call.operation).contains("401");
        // There it says that the password is wrong, and a token is not looked at.
        if documents_401 && call.operation != "POST /users/login" {
            self.expect(401, call.clone().by("forged.access.token"))
                .await
                .assert_json("/errors", json!({ "token": ["is invalid"] }));
        }
    }

    async fn refuse_bodies(&mut self, call: &Call) {
        if !self.document.takes_body(&call.operation) {
            return;
        }
        let large = format!("{{\"a\": \"{}\"}}", "x".repeat(TOO_LARGE_BYTES));
        for (status, media_type, body) in [
            (400, "application/json", "{\"user\": "),
            (413, "application/json", &large),
            (415, "text/plain", "{}"),
            (422, "application/json", "{}"),
        ] {
            self.expect(status, call.clone().raw(media_type, body))
                .await;
        }
    }

    /// Asks for a change under a condition that does not hold, or that the operation does not know.
    async fn forbid_what_is_there(&mut self, call: &Call) {
        if !call.operation.starts_with("GET ") {
            self.expect(412, call.clone().header("If-None-Match", "*"))
                .await;
        }
    }

    /// Replaces each parameter of the path by what names nothing, and by what names nothing could
    /// have.
    async fn find_nothing(&mut self, call: &Call) {
        for name in call.path_parameters() {
            let absent = if name == "id" {
                "4000000"
            } else {
                "nothing-has-this-name"
            };
            let kind = match name {
                "slug" => "article",
                "id" => "comment",
                _ => "profile",
            };
            self.expect(404, call.clone().at(name, absent))
                .await
                .assert_json("/errors", json!({ kind: ["not found"] }));
            self.expect(400, call.clone().at(name, "%FF")).await;
        }
    }

    async fn revalidate(&mut self, call: &Call, response: &TestResponse) {
        let head = self
            .expect(response.status.as_u16(), call.method("HEAD"))
            .await;
        // Each request has an id of its own, and the second one may find what the first one left.
        let is_own = |name: &str| matches!(name, "x-request-id" | "cache-status");
        for name in response
            .headers
            .keys()
            .filter(|name| !is_own(name.as_str()))
        {
            if head.headers.get(name) != response.headers.get(name) {
                let fault = format!("{name} of HEAD is not that of GET: {head:?}{response:?}");
                self.faults.push(fault);
            }
        }
        let etag = response.header("etag").unwrap_or_default();
        for call in [call.clone(), call.method("HEAD")] {
            let unchanged = self.expect(304, call.header("If-None-Match", etag)).await;
            unchanged.assert_header("etag", etag);
        }
        self.expect(412, call.clone().header("If-Match", "\"stale\""))
            .await;
    }

    /// Asks each path what it allows, which is what is documented.
    pub(super) async fn ask_for_options(&mut self) {
        let calls: Vec<Call> = self.succeeded.values().cloned().collect();
        for call in calls {
            let (_, path) = split(&call.operation);
            let mut documented = self.document.methods(path);
            documented.remove("OPTIONS");
            let call = call.method("OPTIONS");
            let response = call.send(&self.app, self.document).await;
            self.check(204, &call, &response);
            let allow = response.header("allow").unwrap_or_default();
            let allowed: BTreeSet<String> = allow.split(',').map(|m| m.trim().to_owned()).collect();
            assert_eq!(allowed, documented, "{path}");
        }
    }

    /// Repeats what succeeded on an application whose database is away.
    pub(super) async fn lose_the_database(&mut self) {
        let failing = crate::app().signed_by(&self.mint).failing_database();
        let failing = failing.build().await;
        let calls: Vec<Call> = self.succeeded.values().cloned().collect();
        for call in calls {
            let response = call.send(&failing, self.document).await;
            self.check(503, &call, &response);
        }
    }

    /// What was not as documented, with the whole answer.
    pub(super) fn faults(&mut self) -> Vec<String> {
        std::mem::take(&mut self.faults)
    }

    /// The documented statuses that were not seen.
    pub(super) fn unseen(&self) -> BTreeSet<(String, String)> {
        let operations = self.document.operations().into_iter();
        let documented = operations.flat_map(|operation| {
            let statuses = self.document.statuses(&operation).into_iter();
            statuses.map(move |status| (operation.clone(), status))
        });
        documented
            .filter(|pair| !self.seen.contains(pair))
            .collect()
    }

    /// Registers a user and returns the token.
    pub(super) async fn register(&mut self, username: &str) -> String {
        let email = format!("{username}@example.com");
        let user = json!({ "username": username, "email": email, "password": "correct horse" });
        let call = Call::to("POST /users").json(json!({ "user": user }));
        self.succeed(201, call).await.string_at("/user/token")
    }

    /// Creates an article and returns its slug.
    pub(super) async fn publish(&mut self, token: &str, title: &str, tags: &[&str]) -> String {
        let article = json!({ "title": title, "description": "d", "body": "b", "tagList": tags });
        let call = Call::to("POST /articles")
            .by(token)
            .json(json!({ "article": article }));
        self.succeed(201, call).await.string_at("/article/slug")
    }
}

/// Where a scenario cannot go on, what was found so far says why.
impl Drop for Walk {
    fn drop(&mut self) {
        for fault in &self.faults {
            eprintln!("{fault}\n");
        }
    }
}
