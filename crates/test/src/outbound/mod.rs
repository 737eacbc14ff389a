//! Requests that leave the application.

mod answer;
mod expectation;
mod matcher;
mod report;
mod sent;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use jenny_host::capability::{OutboundHttp, OutboundRequest, OutboundResponse};
use jenny_host::{Clock, HttpError};

pub use self::answer::Answer;
pub use self::expectation::Expectation;
pub use self::sent::SentRequest;

use self::answer::Source;
use self::expectation::{Demand, Spec};
use crate::request::body;

/// Requests that leave the application: which of them the test expects, and how they are answered.
///
/// A component whose request nobody expects is told that the connection was refused, and the test
/// fails when its [`TestApp`](crate::TestApp) is dropped; so it does when an expectation is not met.
/// What the manifest's `allowed_outbound_hosts` leaves out is refused before it comes here.
///
/// A request is read to its end before it is compared.
///
/// ```no_run
/// use jenny_test::TestApp;
/// use serde_json::json;
///
/// # async fn example() {
/// let app = TestApp::new().await;
/// let mail = app
///     .outbound()
///     .post("https://mail.example.com/send")
///     .with_json(json!({ "to": "jacob@example.com" }))
///     .answer(202)
///     .json(json!({ "id": 1 }));
/// app.post("/api/invitations").body("…").send().await.assert_status(201);
/// assert!(mail.requests()[0].json()["text"].is_string());
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Outbound(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    clock: OnceLock<Arc<dyn Clock>>,
}

#[derive(Default)]
struct State {
    expectations: Vec<Spec>,
    in_order: bool,
    otherwise: Otherwise,
    sent: Vec<SentRequest>,
    /// What fails the test, in sentences.
    complaints: Vec<String>,
}

/// What becomes of a request that nobody expects.
#[derive(Clone, Default)]
enum Otherwise {
    #[default]
    Complain,
    Answer(Answer),
    Forward(Arc<dyn OutboundHttp>),
}

impl Outbound {
    /// Expects one request of this method to this URL, and answers it with an empty 200. The result
    /// says more of either.
    ///
    /// A `*` as a segment of the path stands for any one segment. The query must be the URL's own,
    /// in the same order, unless parameters are [named one by one](Expectation::with_query).
    ///
    /// Where several expectations match, the first one that wants more takes the request.
    ///
    /// # Panics
    ///
    /// When `url` is not an absolute URL.
    #[track_caller]
    pub fn expect(&self, method: Method, url: &str) -> Expectation {
        let spec = Spec::new(method, url);
        let mut state = self.0.state();
        state.expectations.push(spec);
        Expectation::new(&self.0, state.expectations.len() - 1)
    }

    /// Expects a GET request, as [`expect`](Self::expect) does.
    #[track_caller]
    pub fn get(&self, url: &str) -> Expectation {
        self.expect(Method::GET, url)
    }

    /// Expects a POST request, as [`expect`](Self::expect) does.
    #[track_caller]
    pub fn post(&self, url: &str) -> Expectation {
        self.expect(Method::POST, url)
    }

    /// From now on requests must come in the order in which they are expected.
    pub fn in_order(&self) -> &Self {
        self.0.state().in_order = true;
        self
    }

    /// Answers like this what nobody expects, and does not let the test fail for it.
    pub fn otherwise(&self, answer: Answer) -> &Self {
        self.0.state().otherwise = Otherwise::Answer(answer);
        self
    }

    /// Hands what nobody expects to this client.
    pub fn otherwise_to(&self, client: Arc<dyn OutboundHttp>) -> &Self {
        self.0.state().otherwise = Otherwise::Forward(client);
        self
    }

    /// Every request so far, the unexpected ones among them.
    pub fn requests(&self) -> Vec<SentRequest> {
        self.0.state().sent.clone()
    }

    /// Asserts now what is asserted anyway when the application is dropped.
    ///
    /// # Panics
    ///
    /// When an expectation is not met, or a request came that nobody expects.
    #[track_caller]
    pub fn assert_met(&self) {
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    }

    /// What fails the test.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let state = self.0.state();
        let unmet = state.expectations.iter().filter(|spec| !spec.is_met());
        let unmet = unmet.map(report::unmet);
        state.complaints.iter().cloned().chain(unmet).collect()
    }

    /// Answers that take their time take it by this clock.
    pub(crate) fn ruled_by(&self, clock: &Arc<dyn Clock>) {
        _ = self.0.clock.set(Arc::clone(clock));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the answer to a request comes from; or else what becomes of it.
    fn take(&self, request: &SentRequest) -> Result<Source, Otherwise> {
        let demands: Vec<Demand> = {
            let state = self.state();
            state
                .expectations
                .iter()
                .map(|spec| spec.demand.clone())
                .collect()
        };
        // The test's own checks are called while nothing is locked.
        let mut panics = Vec::new();
        let mismatches = demands.iter();
        let mismatches = mismatches.map(|demand| demand.mismatches(request, &mut panics));
        let mismatches = mismatches.collect();
        let mut state = self.state();
        state.complaints.extend(panics);
        state.take(request, mismatches)
    }

    /// What the test computes, if it does. What it panics with fails the test, not the component.
    fn compute(&self, source: Source, request: &SentRequest) -> Option<Answer> {
        let compute = match source {
            Source::Canned(answer) => return Some(answer),
            Source::Computed(compute) => compute,
        };
        match catch_unwind(AssertUnwindSafe(|| compute(request))) {
            Ok(answer) => Some(answer),
            Err(panic) => {
                let panic = report::text_of(&*panic);
                let complaint =
                    report::panicked("computing the answer to a request", request, panic);
                self.state().complaints.push(complaint);
                None
            }
        }
    }
}

impl State {
    /// `mismatches`: what of the request is not as each of the expectations wants it. Those that have
    /// come to be since are not asked.
    fn take(
        &mut self,
        request: &SentRequest,
        mut mismatches: Vec<Vec<String>>,
    ) -> Result<Source, Otherwise> {
        self.sent.push(request.clone());
        for (index, mismatches) in mismatches.iter_mut().enumerate() {
            mismatches.extend(self.not_now(index));
        }
        if let Some(index) = mismatches.iter().position(Vec::is_empty) {
            return Ok(self.expectations[index].take(request));
        }
        if let Otherwise::Complain = self.otherwise {
            let complaint = report::unexpected(request, &self.expectations, &mismatches);
            self.complaints.push(complaint);
        }
        Err(self.otherwise.clone())
    }

    /// Why an expectation takes no request now, whatever it is.
    fn not_now(&self, index: usize) -> Vec<String> {
        let spec = &self.expectations[index];
        let mut mismatches = Vec::new();
        if spec.is_exhausted() {
            mismatches.push(format!("it was to come {}, and has", spec.times));
        }
        let mut before = self.expectations[..index].iter();
        if self.in_order
            && let Some(unmet) = before.find(|before| !before.is_met())
        {
            mismatches.push(format!("it comes after {unmet}, which has not come yet"));
        }
        mismatches
    }
}

#[async_trait]
impl OutboundHttp for Outbound {
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, HttpError> {
        let OutboundRequest {
            component,
            request,
            options,
        } = request;
        let (head, body) = request.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let sent = SentRequest {
            component: component.to_string(),
            method: head.method.clone(),
            url: head.uri.clone(),
            headers: head.headers.clone(),
            body: bytes.clone(),
        };
        let taken = self.0.take(&sent);
        let answer = match taken {
            Ok(source) => self.0.compute(source, &sent),
            Err(Otherwise::Complain) => None,
            Err(Otherwise::Answer(answer)) => Some(answer),
            Err(Otherwise::Forward(client)) => {
                let request = OutboundRequest {
                    component,
                    request: Request::from_parts(head, body::whole(bytes)),
                    options,
                };
                return client.send(request).await;
            }
        };
        let answer = answer.ok_or(HttpError::ConnectionRefused)?;
        let clock = self.0.clock.get().cloned();
        let mut given = answer.give(clock, options.unwrap_or_default()).await?;
        if is_without_body(&sent.method, given.response.status()) {
            *given.response.body_mut() = body::whole(Bytes::new());
        }
        Ok(given)
    }
}

/// Whether there is no body whatever the headers say of one (RFC 9112, section 6.3).
fn is_without_body(method: &Method, status: StatusCode) -> bool {
    method == Method::HEAD || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}
