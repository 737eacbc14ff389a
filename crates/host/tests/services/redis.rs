//! `spin:redis` and `fermyon:spin/redis`.

use std::sync::Arc;

use futures::future::join_all;
use http::Request;
use jenny_host::{AppOptions, Body, HttpClient};
use jenny_manifest::runtime_config::RuntimeConfig;
use jenny_stores::RedisConnector;
use test_servers::RedisServer;

use crate::support::{Fixture, GUEST, LONG, body_text, empty};

/// A component, and a database that it may connect to.
struct World {
    fixture: Fixture,
    url: String,
}

impl World {
    /// None, and a sentence on stderr, where there is no server.
    async fn new() -> Option<Self> {
        let server = RedisServer::shared_or_skip()?;
        Some(Self::on(server, "").await)
    }

    /// With what the runtime configuration says.
    async fn on(server: &RedisServer, runtime_config: &str) -> Self {
        Self::allowing("redis://*:*", server.create_database(), runtime_config).await
    }

    async fn allowing(entry: &str, url: String, runtime_config: &str) -> Self {
        let config = RuntimeConfig::parse(runtime_config, "runtime-config.toml".as_ref()).unwrap();
        let options = AppOptions {
            quiet: true,
            ..AppOptions::default()
        };
        let manifest = format!("{GUEST}allowed_outbound_hosts = [\"{entry}\"]\n");
        let outbound = Arc::new(HttpClient::default());
        let fixture = Fixture::try_load_with(&manifest, options, outbound, |capabilities| {
            capabilities.stores.redis = Arc::new(RedisConnector::new(&config).patient(LONG));
        })
        .await
        .unwrap();
        Self { fixture, url }
    }

    async fn call(&self, action: &str) -> String {
        self.call_at(action, &self.url).await
    }

    async fn call_at(&self, action: &str, address: &str) -> String {
        self.send(request(action, address)).await
    }

    async fn run(&self, command: &str) -> String {
        let mut run = request("run", &self.url);
        run.headers_mut()
            .insert("x-command", command.parse().unwrap());
        self.send(run).await
    }

    async fn send(&self, request: Request<Body>) -> String {
        body_text(self.fixture.send(request).await).await
    }
}

fn request(action: &str, address: &str) -> Request<Body> {
    Request::get(format!("/redis/{action}"))
        .header("host", "example.com")
        .header("x-address", address)
        .body(empty())
        .unwrap()
}

/// What every function answers, in either version. Lines that end in `…` go on in the words of the
/// server or of the driver.
const EVERY: [&str; 32] = [
    "Ok(None)",
    "Ok(())",
    "Ok(Some([52, 49]))",
    "Ok(42)",
    "Ok(1)",
    "Ok(())",
    "Ok(Some([0, 116, 101, 120, 116, 13, 10]))",
    "Err(Error::TypeError)",
    "Ok(2)",
    "Err(Error::TypeError)",
    "Err(Error::Other(\"ResponseError: wrong number of arguments for 'sadd' command\"))",
    "Err(Error::TypeError)",
    "Err(Error::Other(\"\\\"WRONGTYPE\\\": …",
    "Ok([\"x\", \"y\"])",
    "Ok([])",
    "Err(Error::Other(\"\\\"WRONGTYPE\\\": …",
    "Ok(1)",
    "Ok(())",
    "Ok([RedisResult::Status(\"PONG\")])",
    "Ok([RedisResult::Status(\"OK\")])",
    "Ok([RedisResult::Int64(-14)])",
    "Ok([RedisResult::Nil])",
    // Arrays within arrays are one sequence, and `false` is nil.
    "Ok([RedisResult::Int64(1), RedisResult::Int64(2), \
     RedisResult::Binary([116, 104, 114, 101, 101]), RedisResult::Nil, \
     RedisResult::Binary([102, 111, 117, 114])])",
    "Ok([RedisResult::Status(\"fine\")])",
    "Ok([RedisResult::Status(\"OK\")])",
    "Err(Error::Other(\"ResponseError: increment or decrement would overflow\"))",
    "Err(Error::Other(\"ResponseError: unknown command 'NO SUCH'…",
    "Err(Error::Other(\"ResponseError: unknown command ''…",
    "Ok([RedisResult::Int64(1)])",
    "Err(Error::Other(\"a value is not text in UTF-8\"))",
    "Ok(3)",
    "Err(Error::Other(\"ResponseError: wrong number of arguments for 'del' command\"))",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_function_of_either_version_does_what_it_says() {
    let Some(server) = RedisServer::shared_or_skip() else {
        return;
    };
    for action in ["every", "every-older"] {
        let world = World::on(server, "").await;
        let answer = world.call(action).await;
        for (index, (line, expected)) in answer.lines().zip(EVERY).enumerate() {
            let matches = match expected.strip_suffix('…') {
                Some(beginning) => line.starts_with(beginning),
                None => line == expected,
            };
            assert!(matches, "{action} {index}: {line}\nexpected {expected}");
        }
        assert_eq!(answer.lines().count(), EVERY.len(), "{action}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_manifest_does_not_allow_is_refused() {
    let entry = "redis://cache.example.com:7000";
    let world = World::allowing(entry, String::new(), "").await;
    for address in [
        "redis://:hunter2@localhost:6380",
        "redis://cache.example.com",
        "rediss://cache.example.com:7000",
        "valkey://cache.example.com:7000",
        "redis://[::1]/1",
        "localhost:6379",
        "unix:///run/redis.sock",
        "nonsense",
    ] {
        assert_eq!(
            world.call_at("open", address).await,
            "Err(Error::InvalidAddress)\nErr(Error::InvalidAddress)",
            "{address}"
        );
    }
    let log = world.fixture.log();
    let sentence = "add \"redis://localhost:6380\" to allowed_outbound_hosts under \
         [component.guest] in spin.toml";
    assert_eq!(log.matches(sentence).count(), 1, "{log}");
    assert!(log.contains("\"redis://[::1]:6379\""), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_let_in_is_an_error_without_the_password() {
    let Some(world) = World::new().await else {
        return;
    };
    let wrong = world.url.replace("tests-only", "hunter2");
    let answer = world.call_at("open", &wrong).await;
    assert_eq!(answer.matches("Err(Error::Other(").count(), 2, "{answer}");
    assert!(!answer.contains("hunter2"), "{answer}");
    let (server, _) = world.url.rsplit_once('/').unwrap();
    let answer = world.call_at("open", &format!("{server}/1000000")).await;
    assert_eq!(answer.matches("Err(Error::Other(").count(), 2, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_networks_are_not_reached() {
    let Some(server) = RedisServer::shared_or_skip() else {
        return;
    };
    let world = World::on(
        server,
        "[outbound_networking]\nblock_networks = ['private']",
    )
    .await;
    let blocked = "Err(Error::Other(\"the address of 127.0.0.1 is in block_networks\"))";
    let answer = world.call("open").await;
    assert_eq!(answer.lines().collect::<Vec<_>>(), [blocked; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_is_found_again_by_whoever_opens_a_connection() {
    let Some(server) = RedisServer::private_or_skip() else {
        return;
    };
    let world = World::on(&server, "").await;
    assert_eq!(world.call("kept").await, "Ok(1)");
    assert_eq!(world.call("kept").await, "Ok(2)");

    server.stop();
    let broken = world.call("kept").await;
    assert!(broken.starts_with("Err(Error::Other("), "{broken}");
    let refused = world.call("open").await;
    let sentence = format!("cannot connect to 127.0.0.1:{}", server.port());
    assert_eq!(refused.matches(&sentence).count(), 2, "{refused}");
    server.restart();

    // What the connection was in the middle of is unknown, so that it is not made anew by itself.
    let broken = world.call("kept").await;
    assert!(broken.starts_with("Err(Error::Other("), "{broken}");
    assert_eq!(
        world.run("GET kept").await,
        "Ok([RedisResult::Binary([50])])"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_at_once() {
    let Some(world) = World::new().await else {
        return;
    };
    let answers = join_all((0..100).map(|_| world.call("add"))).await;
    let mut sums: Vec<u32> = answers.iter().map(|sum| sum.parse().unwrap()).collect();
    sums.sort_unstable();
    assert_eq!(sums, (1..=100).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_apart_from_each_other() {
    let Some(world) = World::new().await else {
        return;
    };
    let answer = world.call("apart").await;
    let expected = [
        "Ok([RedisResult::Status(\"OK\")])",
        "Ok([RedisResult::Status(\"OK\")])",
        "Ok([RedisResult::Status(\"QUEUED\")])",
        "Ok([RedisResult::Status(\"OK\")])",
        "Ok([RedisResult::Status(\"OK\")])",
        "Ok([RedisResult::Binary([49])])",
        "Ok([RedisResult::Binary([50])])",
        // `subscribe`, the channel, how many there are now.
        "Ok([RedisResult::Binary([115, 117, 98, 115, 99, 114, 105, 98, 101]), \
         RedisResult::Binary([99]), RedisResult::Int64(1)])",
        "Ok(())",
        "Ok([RedisResult::Int64(1)])",
    ];
    assert_eq!(answer.lines().collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_waits_holds_up_nothing_else() {
    let Some(world) = World::new().await else {
        return;
    };
    // The sum of the numbers up to 100.
    assert_eq!(
        world.call("together").await,
        "Ok([RedisResult::Binary([108, 105, 115, 116]), RedisResult::Binary([105, 116, 101, 109])]) \
         Ok([RedisResult::Int64(1)]) 5050"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_holds_no_more_connections_than_it_may() {
    let Some(world) = World::new().await else {
        return;
    };
    assert_eq!(
        world.call("many/300").await,
        "256 Some(Error::TooManyConnections) true"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_as_long_as_the_host_has_memory_for_one() {
    let Some(world) = World::new().await else {
        return;
    };
    let pong = "Ok([RedisResult::Status(\"PONG\")])";
    assert_eq!(
        world.call("large/20000000").await,
        format!("20000000 {pong}")
    );
    assert_eq!(
        world.call("large/134217728").await,
        format!("Error::Other(\"query result exceeds limit of 134217728 bytes\") {pong}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_protocol_has_numbers_and_sets_but_no_maps() {
    let Some(mut world) = World::new().await else {
        return;
    };
    world.url.push_str("?protocol=resp3");
    // Scripts must not have spaces here, where words are split at them.
    for (script, expected) in [
        ("{double=2.5}", "Ok([RedisResult::Binary([50, 46, 53])])"),
        ("(true)", "Ok([RedisResult::Int64(1)])"),
        ("{set={['a']=true}}", "Ok([RedisResult::Binary([97])])"),
        ("{big_number='12'}", "Ok([RedisResult::Binary([49, 50])])"),
        (
            "{1,{map={a=1}}}",
            "Err(Error::Other(\"the answer has a map of RESP3, which is not supported\"))",
        ),
        (
            "{verbatim_string={format='txt',string='a'}}",
            "Err(Error::Other(\"the answer has a verbatim string of RESP3, which is not \
             supported\"))",
        ),
    ] {
        let answer = world
            .run(&format!("EVAL redis.setresp(3);return{script} 0"))
            .await;
        assert_eq!(answer, expected, "{script}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_traps_gives_up_its_connections() {
    let Some(server) = RedisServer::shared_or_skip() else {
        return;
    };
    let config = "[outbound_redis]\nmax_connections = 1";
    let world = World::on(server, config).await;
    assert_eq!(world.call("kept").await, "Ok(1)");

    let trapped = world.fixture.get("/trap").await;
    assert_eq!(trapped.status(), 500);

    assert_eq!(world.call("add").await, "1");
}
