//! Whether anything of one client's request gets into the answer to another's.

mod told;
mod turns;

use futures::future::{BoxFuture, join_all};
use serde_json::Value;

use self::told::Told;
use self::turns::Turns;
use crate::app::TestApp;
use crate::builder::TestAppBuilder;
use crate::draw::Draw;
use crate::fault::Fault;
use crate::request::TestRequest;
use crate::response::{Ended, TestResponse};

/// Has requests of several clients meet in one instance of each component, again and again and each
/// time in another order, and looks whether anything of one gets into the answer to another.
///
/// An instance serves several requests at once, so whatever a component keeps outside of a handler
/// (a `static`, a cache, a pooled connection) may be another client's by the time it is used. Every
/// request is first sent alone, to new instances in an application that only its client knows. Then
/// all are sent together, to stores that let the others go on in every call; and each answer must be
/// the one that the request got alone, and hold nothing that another client is
/// [known by](Client::known_by), unless it did so alone. There are four kinds of rounds, in turn:
///
/// 1. new instances meet the requests, so that nothing of the first client stays;
/// 2. the same instances meet them once more, and some clients leave half-way;
/// 3. some calls of the host fail: answers may then be errors (5xx) instead, which hold nothing of
///    anybody else either;
/// 4. instances are killed in the middle, with the same consequence, and answers may break off.
///
/// So requests must not depend on each other, and come to the same when they are sent again: a client
/// pins what it has pinned already, creates something where nobody lists it, asks for what it may not.
///
/// ```no_run
/// use jenny_test::{Client, StateBleed, TestApp};
///
/// # async fn example() {
/// StateBleed::of(|| TestApp::builder().only("notes"))
///     .check(async |_| {
///         ["anna", "jacob"].map(|name| {
///             Client::new(name)
///                 .known_by([name])
///                 .sends(move |app| app.get(&format!("/api/notes/{name}")))
///         })
///     })
///     .await;
/// # }
/// ```
pub struct StateBleed<'a> {
    app: Box<dyn Fn() -> TestAppBuilder + 'a>,
    rounds: u64,
    seed: u64,
    varying_headers: Vec<String>,
}

/// Somebody who sends requests, and what tells that something is theirs.
pub struct Client {
    name: String,
    markers: Vec<String>,
    requests: Vec<Sent>,
}

/// A request of a client.
struct Sent {
    request: Box<dyn for<'app> Fn(&'app TestApp) -> TestRequest<'app>>,
    /// Makes the bodies of two answers to it comparable.
    seen: Box<dyn Fn(&mut Value)>,
}

/// What a [`StateBleed`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mingled {
    /// How many answers it has compared with what the same request got alone.
    pub compared: usize,
    /// How many of the answers were errors instead or broke off, because something was made to go
    /// wrong.
    pub errors: usize,
    /// How often an instance went from the calls of one request to those of another and back.
    pub turns: usize,
}

impl Client {
    /// Somebody without a request yet. The name is for messages.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            markers: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// What stands in nobody else's answers, unless it does so when they are alone: a name, an address,
    /// a token, an identifier.
    #[must_use]
    pub fn known_by<M: Into<String>>(mut self, markers: impl IntoIterator<Item = M>) -> Self {
        self.markers.extend(markers.into_iter().map(Into::into));
        self
    }

    /// Has the client send a request.
    #[must_use]
    pub fn sends(
        self,
        request: impl for<'app> Fn(&'app TestApp) -> TestRequest<'app> + 'static,
    ) -> Self {
        self.sends_and_sees(request, |_| ())
    }

    /// Has the client send a request whose answers differ, each time they are given, in something that
    /// `seen` takes out of their JSON or puts into a form in which they do not: a time, the number of
    /// what was created, a token.
    #[must_use]
    pub fn sends_and_sees(
        mut self,
        request: impl for<'app> Fn(&'app TestApp) -> TestRequest<'app> + 'static,
        seen: impl Fn(&mut Value) + 'static,
    ) -> Self {
        self.requests.push(Sent {
            request: Box::new(request),
            seen: Box::new(seen),
        });
        self
    }
}

/// What goes wrong in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    NewInstances,
    ClientsLeave,
    CallsFail,
    InstancesAreKilled,
}

impl Disturbance {
    fn of_round(round: u64) -> Self {
        match round % 4 {
            0 => Self::NewInstances,
            1 => Self::ClientsLeave,
            2 => Self::CallsFail,
            _ => Self::InstancesAreKilled,
        }
    }

    fn may_bring_errors(self) -> bool {
        matches!(self, Self::CallsFail | Self::InstancesAreKilled)
    }

    fn fault(self, seed: u64) -> Option<Fault> {
        match self {
            Self::NewInstances | Self::ClientsLeave => None,
            Self::CallsFail => Some(Fault::on_everything().with_probability(0.1, seed)),
            Self::InstancesAreKilled => {
                let rarely = Fault::on_everything().with_probability(0.01, seed);
                Some(rarely.kills_the_instance())
            }
        }
    }
}

impl<'a> StateBleed<'a> {
    /// In applications that are made so, of which every component is to be covered:
    /// [`only`](TestAppBuilder::only) leaves out others. They are given one instance of each.
    pub fn of(app: impl Fn() -> TestAppBuilder + 'a) -> Self {
        Self {
            app: Box::new(app),
            rounds: 12,
            seed: 0,
            varying_headers: Vec::new(),
        }
    }

    /// Plays so many rounds rather than twelve.
    #[must_use]
    pub fn rounds(mut self, rounds: u64) -> Self {
        self.rounds = rounds;
        self
    }

    /// Plays them in other orders, and lets other things go wrong, than with seed 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Does not compare these headers, which differ from one answer to the next; what others are known
    /// by is looked for in them all the same.
    #[must_use]
    pub fn varying_headers(mut self, names: &[&str]) -> Self {
        self.varying_headers = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        self
    }

    /// Plays the rounds with the clients that `clients` returns, who may need something in their
    /// application first. It is called once for each application, and returns the same ones each time.
    ///
    /// # Panics
    ///
    /// When an answer is not what it was alone, or holds something of another client; when a request
    /// traps; when the requests did not meet, in one instance of each component.
    pub async fn check<C: IntoIterator<Item = Client>>(
        &self,
        clients: impl AsyncFn(&TestApp) -> C,
    ) -> Mingled {
        let clients = async |app: &TestApp| -> Vec<Client> {
            let clients = clients(app).await;
            clients.into_iter().collect()
        };
        let alone = self.each_alone(&clients).await;
        let app = (self.app)().one_instance_each().build().await;
        let clients = clients(&app).await;
        assert!(clients.len() > 1, "one client alone can meet nobody");

        let mut turns = Turns::default();
        let mut mingled = Mingled {
            compared: 0,
            errors: 0,
            turns: 0,
        };
        for round in 0..self.rounds {
            let answers = self.play(&app, &clients, round).await;
            let warm = Disturbance::of_round(round) == Disturbance::ClientsLeave;
            turns.count(&app.calls(), warm);
            for Answer {
                client,
                request,
                response: answer,
                broken,
            } in answers
            {
                let told = self.told(&clients[client].requests[request], &answer);
                let expected = &alone[client][request];
                let failed = broken || answer.status.is_server_error() && told != *expected;
                let place = format!("round {round} of seed {}", self.seed);
                told.assert_free_of_others(expected, &clients, client, &place);
                if failed && Disturbance::of_round(round).may_bring_errors() {
                    mingled.errors += 1;
                } else {
                    told.assert_is(expected, &clients[client].name, &place);
                    mingled.compared += 1;
                }
            }
        }
        mingled.turns = turns.assert_everywhere(&app);
        mingled
    }

    /// What each request is answered by new instances, in an application that no other client has ever
    /// sent anything to: what those leave in its stores must not be expected either.
    async fn each_alone(&self, clients: &impl AsyncFn(&TestApp) -> Vec<Client>) -> Vec<Vec<Told>> {
        let mut all: Vec<Vec<Told>> = Vec::new();
        loop {
            let app = (self.app)().one_instance_each().build().await;
            let clients = clients(&app).await;
            let Some(client) = clients.get(all.len()) else {
                return all;
            };
            let mut answers = Vec::new();
            for sent in &client.requests {
                app.restart_instances().await;
                let answer = (sent.request)(&app).send().await;
                answers.push(self.told(sent, &answer));
            }
            all.push(answers);
        }
    }

    fn told(&self, sent: &Sent, answer: &TestResponse) -> Told {
        Told::new(answer, &self.varying_headers, &sent.seen)
    }

    /// One round: the answers to those who stayed.
    async fn play(&self, app: &TestApp, clients: &[Client], round: u64) -> Vec<Answer> {
        let disturbance = Disturbance::of_round(round);
        if disturbance == Disturbance::NewInstances {
            app.restart_instances().await;
        }
        let mut draw = Draw::new(self.seed.wrapping_mul(1_000_003).wrapping_add(round));
        app.clear_calls();
        app.inject(Fault::on_everything().hesitates());
        if let Some(fault) = disturbance.fault(draw.next()) {
            app.inject(fault);
        }

        let mut order: Vec<(usize, usize)> = Vec::new();
        for (client, asking) in clients.iter().enumerate() {
            order.extend((0..asking.requests.len()).map(|request| (client, request)));
        }
        draw.shuffle(&mut order);
        let mut visits: Vec<BoxFuture<'_, _>> = Vec::new();
        for place in order {
            let sent = &clients[place.0].requests[place.1];
            if disturbance == Disturbance::ClientsLeave && draw.below(2) == 0 {
                let turns = draw.below(400);
                visits.push(Box::pin(leave((sent.request)(app), turns)));
            }
            let head = (sent.request)(app).send_streaming();
            visits.push(Box::pin(async move {
                let ended = head.await.read_to_failure(&app.settling).await;
                Some(Answer::new(place, ended, disturbance))
            }));
        }
        let answers = join_all(visits).await;
        app.settling.settle().await;
        app.clear_faults();
        answers.into_iter().flatten().collect()
    }
}

/// What somebody was answered in a round.
struct Answer {
    client: usize,
    request: usize,
    response: TestResponse,
    /// Whether it broke off.
    broken: bool,
}

impl Answer {
    /// Panics unless the answer ended well, or an instance was killed over it.
    fn new(
        (client, request): (usize, usize),
        ended: Result<TestResponse, Ended>,
        disturbance: Disturbance,
    ) -> Self {
        let (response, broken) = match ended {
            Ok(response) => (response, false),
            Err(Ended::Broken(broken)) if disturbance == Disturbance::InstancesAreKilled => {
                (*broken.received, true)
            }
            Err(Ended::Broken(broken)) => panic!("{broken}"),
            Err(Ended::Failure(failure)) => panic!("{failure}"),
        };
        Self {
            client,
            request,
            response,
            broken,
        }
    }
}

/// Sends a request and leaves after so many turns.
async fn leave<T>(request: TestRequest<'_>, turns: u64) -> Option<T> {
    let running = request.may_be_abandoned().start();
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    running.abandon().await;
    None
}
