//! Redis, as components call it by themselves: on a real server, written down, and with faults.

use jenny_test::{Fault, Odd, TestApp};
use test_servers::RedisServer;

use crate::guest;

/// The component that does what its path says, and a database for it.
struct World {
    app: TestApp,
    url: String,
}

impl World {
    /// None, and a sentence on stderr, where there is no server.
    async fn new() -> Option<Self> {
        let url = RedisServer::shared_or_skip()?.create_database();
        let app = guest::app().await;
        Some(Self { app, url })
    }

    /// Has the component run a command on a connection of its own.
    async fn run(&self, command: &str) -> String {
        let run = self.app.get("/redis/run").header("x-address", &self.url);
        let answer = run.header("x-command", command).send().await;
        answer.text().to_owned()
    }
}

#[tokio::test]
async fn commands_are_written_down_and_passwords_are_not() {
    let Some(world) = World::new().await else {
        return;
    };
    for command in ["SET key value", "AUTH tests-only", "GET key", "INCR key"] {
        world.run(command).await;
    }

    let calls = world.app.calls().redis();
    let text = calls.to_string();
    assert!(!text.contains("tests-only"), "{text}");
    let (_, server) = world.url.split_once('@').expect("it has a password");
    for line in [
        format!("redis redis://@{server}: open → opened"),
        format!("redis redis://@{server}: SET 'key' 'value' → "),
        format!("redis redis://@{server}: AUTH → "),
        format!("redis redis://@{server}: INCR 'key' → error: ResponseError: "),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
    // A connection for each command.
    assert_eq!(calls.len(), 8, "{text}");
    assert_eq!(calls.failed().len(), 1, "{text}");
}

#[tokio::test]
async fn a_command_that_fails_was_not_sent_and_one_that_loses_its_answer_was() {
    let Some(world) = World::new().await else {
        return;
    };
    let commands = || Fault::on(|call| call.is_redis() && !call.is_opening());
    world
        .app
        .inject(commands().first(1).fails_with("the cache is full"));
    assert_eq!(
        world.run("INCR n").await,
        "Err(Error::Other(\"the cache is full\"))"
    );
    world.app.clear_faults();
    world.app.inject(commands().first(1).loses_the_answer());
    assert!(world.run("INCR n").await.starts_with("Err("));
    world.app.clear_faults();

    assert_eq!(world.run("INCR n").await, "Ok([RedisResult::Int64(2)])");
}

#[tokio::test]
async fn an_answer_can_be_made_up() {
    let Some(world) = World::new().await else {
        return;
    };
    for (odd, expected) in [
        (Odd::Number(7), "Ok([RedisResult::Int64(7)])"),
        (Odd::Bytes(b"a".to_vec()), "Ok([RedisResult::Binary([97])])"),
    ] {
        world.app.clear_faults();
        let commands = Fault::on(|call| call.is_redis() && !call.is_opening());
        world.app.inject(commands.answers(odd));
        assert_eq!(world.run("GET key").await, expected);
    }
}

#[tokio::test]
async fn nobody_is_there_where_a_test_says_so() {
    let Some(world) = World::new().await else {
        return;
    };
    let opening = Fault::on(|call| call.is_redis() && call.is_opening());
    world.app.inject(opening.fails_with("nobody is there"));
    assert_eq!(
        world.run("GET key").await,
        "Error::Other(\"nobody is there\")"
    );
    assert_eq!(world.app.calls().redis().injected().len(), 1);
}
