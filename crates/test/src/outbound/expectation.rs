//! One expected request.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Uri};
use jenny_host::HttpError;
use serde_json::Value;

use crate::leftovers::Line;
use crate::outbound::answer::{Answer, Source};
use crate::outbound::matcher::{Matcher, url_mismatch};
use crate::outbound::{SentRequest, Shared, report};
use crate::request::BodySender;

/// A request that the test expects, and its answer. Changing it changes what it does from now on.
#[derive(Clone)]
pub struct Expectation {
    all: Arc<Shared>,
    index: usize,
}

/// What an [`Expectation`] expects.
pub(super) struct Spec {
    pub(super) demand: Demand,
    pub(super) times: Times,
    answer: Source,
    pub(super) taken: Vec<SentRequest>,
    pub(super) line: Line,
}

/// What a request must be.
#[derive(Clone)]
pub(super) struct Demand {
    method: Method,
    url: Uri,
    free_query: bool,
    matchers: Vec<Matcher>,
}

/// How often a request is to come.
#[derive(Clone, Copy)]
pub(super) struct Times {
    least: usize,
    most: Option<usize>,
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (1, Some(1)) => f.write_str("once"),
            (least, Some(most)) if least == most => write!(f, "{least} times"),
            (0, None) => f.write_str("any number of times"),
            (1, None) => f.write_str("at least once"),
            (least, None) => write!(f, "at least {least} times"),
            (least, Some(most)) => write!(f, "{least} to {most} times"),
        }
    }
}

impl Spec {
    #[track_caller]
    pub(super) fn new(method: Method, url: &str) -> Self {
        let parsed: Uri = url
            .parse()
            .unwrap_or_else(|error| panic!("{url:?} is not a URL: {error}"));
        assert!(
            parsed.scheme().is_some() && parsed.host().is_some(),
            "{url:?} is not an absolute URL"
        );
        Self {
            demand: Demand {
                method,
                url: parsed,
                free_query: false,
                matchers: Vec::new(),
            },
            times: Times {
                least: 1,
                most: Some(1),
            },
            answer: Source::Canned(Answer::status(200)),
            taken: Vec::new(),
            line: Location::caller(),
        }
    }

    pub(super) fn is_met(&self) -> bool {
        self.taken.len() >= self.times.least
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.times.most.is_some_and(|most| self.taken.len() >= most)
    }

    pub(super) fn take(&mut self, request: &SentRequest) -> Source {
        self.taken.push(request.clone());
        self.answer.clone()
    }
}

impl Demand {
    /// What of a request is not as expected. Checks of the test's own see none that goes elsewhere; what
    /// they panic with is added to `panics`.
    pub(super) fn mismatches(
        &self,
        request: &SentRequest,
        panics: &mut Vec<String>,
    ) -> Vec<String> {
        let method = (self.method != request.method)
            .then(|| format!("it is {} rather than {}", request.method, self.method));
        let url = url_mismatch(&self.url, &request.url, self.free_query);
        let mut mismatches: Vec<String> = method.into_iter().chain(url).collect();
        if !mismatches.is_empty() {
            return mismatches;
        }
        for matcher in &self.matchers {
            match matcher.mismatch(request) {
                Ok(mismatch) => mismatches.extend(mismatch),
                Err(panic) => {
                    let what = format!("looking whether a request is one {}", matcher.wants);
                    panics.push(report::panicked(&what, request, &panic));
                    mismatches.push(format!("looking at it panicked: {panic}"));
                }
            }
        }
        mismatches
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.demand.method, self.demand.url)?;
        for matcher in &self.demand.matchers {
            write!(f, " {}", matcher.wants)?;
        }
        write!(f, " ({})", self.line)
    }
}

/// What the request must be.
impl Expectation {
    pub(super) fn new(all: &Arc<Shared>, index: usize) -> Self {
        Self {
            all: Arc::clone(all),
            index,
        }
    }

    fn change(self, change: impl FnOnce(&mut Spec)) -> Self {
        change(&mut self.all.state().expectations[self.index]);
        self
    }

    fn matching(self, matcher: Matcher) -> Self {
        self.change(|spec| spec.demand.matchers.push(matcher))
    }

    /// One of the values of a header is this.
    pub fn with_header(self, name: &str, value: &str) -> Self {
        self.matching(Matcher::header(name, value))
    }

    /// It carries this token in `Authorization: Bearer …`.
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    /// The query has this parameter. Further ones may be there.
    pub fn with_query(self, name: &str, value: &str) -> Self {
        let matcher = Matcher::query(name, value);
        self.matching(matcher)
            .change(|spec| spec.demand.free_query = true)
    }

    /// The body is JSON that has all of this in it. Objects may have further members, arrays no
    /// further elements.
    pub fn with_json(self, part: impl Into<Value>) -> Self {
        self.matching(Matcher::json(part.into(), false))
    }

    /// The body is this JSON and nothing else, whatever its white space and order.
    pub fn with_exact_json(self, body: impl Into<Value>) -> Self {
        self.matching(Matcher::json(body.into(), true))
    }

    /// The body is exactly these bytes.
    pub fn with_body(self, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let text = String::from_utf8_lossy(&body).into_owned();
        self.matching(Matcher::new(
            format!("with the body {text:?}"),
            move |request| (request.body != body).then(|| format!("its body is not {text:?}")),
        ))
    }

    /// The component of this id sends it.
    pub fn sent_by(self, id: &str) -> Self {
        let id = id.to_owned();
        self.matching(Matcher::new(format!("from `{id}`"), move |request| {
            (request.component != id).then(|| format!("`{}` sends it", request.component))
        }))
    }

    /// This holds, which `description` says in words: "that is signed". It is asked about requests of
    /// the expected method to the expected URL. If it panics, the test fails.
    pub fn that(
        self,
        description: &str,
        holds: impl Fn(&SentRequest) -> bool + Send + Sync + 'static,
    ) -> Self {
        let description = description.to_owned();
        self.matching(Matcher::new(description.clone(), move |request| {
            (!holds(request)).then(|| format!("it is not one {description}"))
        }))
    }

    /// It comes exactly as often as this, rather than once.
    pub fn times(self, times: usize) -> Self {
        self.change(|spec| {
            spec.times = Times {
                least: times,
                most: Some(times),
            }
        })
    }

    /// It comes as often as this or more often.
    pub fn at_least(self, times: usize) -> Self {
        self.change(|spec| {
            spec.times = Times {
                least: times,
                most: None,
            }
        })
    }

    /// It may come as often as it likes, or never.
    pub fn any_number_of_times(self) -> Self {
        self.at_least(0)
    }

    /// The requests that it has taken so far.
    pub fn requests(&self) -> Vec<SentRequest> {
        self.all.state().expectations[self.index].taken.clone()
    }
}

/// What its answer is.
impl Expectation {
    /// Answers with this.
    pub fn answered_by(self, answer: Answer) -> Self {
        self.change(|spec| spec.answer = Source::Canned(answer))
    }

    /// Answers with what this makes of the request. If it panics, the test fails.
    pub fn answer_with(
        self,
        compute: impl Fn(&SentRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.change(|spec| spec.answer = Source::Computed(Arc::new(compute)))
    }

    #[track_caller]
    fn change_answer(self, change: impl FnOnce(Answer) -> Answer) -> Self {
        let answer = self.all.state().expectations[self.index].answer.clone();
        let Source::Canned(answer) = answer else {
            panic!("what is computed cannot be changed");
        };
        self.answered_by(change(answer))
    }

    /// Answers with this status and an empty body.
    ///
    /// # Panics
    ///
    /// When it is not a status code.
    #[track_caller]
    pub fn answer(self, status: u16) -> Self {
        self.answered_by(Answer::status(status))
    }

    /// Adds a header to the answer: [`Answer::header`].
    #[track_caller]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.change_answer(|answer| answer.header(name, value))
    }

    /// Gives the answer a body: [`Answer::body`].
    #[track_caller]
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.change_answer(|answer| answer.body(body))
    }

    /// Gives the answer a body of JSON: [`Answer::json`].
    #[track_caller]
    pub fn json(self, body: impl Into<Value>) -> Self {
        self.change_answer(|answer| answer.json(body))
    }

    /// Lets the answer take its time: [`Answer::late`].
    #[track_caller]
    pub fn late(self, delay: Duration) -> Self {
        self.change_answer(|answer| answer.late(delay))
    }

    /// Lets each of these parts of the body take its time: [`Answer::slow_body`].
    #[track_caller]
    pub fn slow_body<C: Into<Bytes>>(
        self,
        pause: Duration,
        chunks: impl IntoIterator<Item = C>,
    ) -> Self {
        self.change_answer(|answer| answer.slow_body(pause, chunks))
    }

    /// Breaks the body off: [`Answer::body_breaks_after`].
    #[track_caller]
    pub fn body_breaks_after(self, bytes: usize) -> Self {
        self.change_answer(|answer| answer.body_breaks_after(bytes))
    }

    /// Gives the answer a body that the test feeds: [`Answer::fed_body`].
    #[track_caller]
    pub fn fed_body(self) -> BodySender {
        let (sender, body) = Answer::feed();
        self.change_answer(|answer| answer.fed_by(body));
        sender
    }

    /// Refuses the connection.
    pub fn connection_refused(self) -> Self {
        self.fails(|| HttpError::ConnectionRefused)
    }

    /// Knows no such host.
    pub fn dns_error(self) -> Self {
        self.fails(|| HttpError::DnsError {
            rcode: Some("NXDOMAIN".to_owned()),
            info_code: None,
        })
    }

    /// Tells the component at once that its time for the connection is up.
    pub fn times_out(self) -> Self {
        self.fails(|| HttpError::ConnectionTimeout)
    }

    /// Fails with this error.
    pub fn fails(self, error: impl Fn() -> HttpError + Send + Sync + 'static) -> Self {
        self.answered_by(Answer::failure(error))
    }

    /// Takes the request and says nothing. The component waits for as long as it asked to.
    pub fn never_answers(self) -> Self {
        self.answered_by(Answer::never())
    }
}
