//! What components reach, and what they may take of the host in doing so, on real WebAssembly.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use futures::future::join_all;
use jenny_host::{AppOptions, Limits};
use jenny_manifest::runtime_config::RuntimeConfig;
use support::{Fixture, body_text, fixture, limits, problem_status};

/// The guest, which may reach what `hosts` lists.
async fn reaching(hosts: &[&str], options: AppOptions) -> Fixture {
    let manifest = format!("{}allowed_outbound_hosts = {hosts:?}", support::GUEST);
    let options = AppOptions {
        quiet: true,
        ..options
    };
    Fixture::load(&manifest, options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_tells_what_it_runs() {
    let fixture = fixture(limits()).await;

    let response = fixture.get("/.well-known/spin/info").await;

    assert_eq!(response.headers()["content-type"], "application/json");
    let info: serde_json::Value = serde_json::from_str(&body_text(response).await).unwrap();
    assert_eq!(info, serde_json::json!({ "name": "test" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_the_application_itself_looks_as_if_it_came_over_the_network() {
    let fixture = reaching(&["http://self"], AppOptions::default()).await;

    let seen = body_text(fixture.get("/get/http/self.alt/headers").await).await;

    for line in [
        "GET http://127.0.0.1:3000/headers",
        "spin-full-url: http://127.0.0.1:3000/headers",
        "spin-client-addr: 127.0.0.1:0",
    ] {
        assert!(
            seen.lines().any(|seen| seen == line),
            "{line} is missing:\n{seen}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_calls_itself_in_a_circle_is_stopped_without_waiting() {
    for (host, entry) in [
        ("self.alt", "http://self"),
        ("guest.spin.internal", "http://guest.spin.internal"),
    ] {
        let tight = Limits {
            max_instances: 1,
            concurrent_requests_per_instance: 1,
            ..limits()
        };
        for limits in [limits(), tight] {
            // Nothing may wait for the limits of time.
            let options = AppOptions {
                limits,
                ..AppOptions::default()
            };
            let fixture = reaching(&[entry], options).await;
            let nested = format!("/get/http/{host}").repeat(100);

            let answer = body_text(fixture.get(&format!("{nested}/ok")).await).await;

            assert!(answer.contains("508"), "{answer}");
            let log = fixture.log();
            assert!(log.contains("in a circle: guest → guest"), "{log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_share_an_instance_do_not_share_their_way() {
    let fixture = reaching(&["http://guest.spin.internal"], AppOptions::default()).await;
    let nested = "/get/http/guest.spin.internal".repeat(8);

    let rounds = (0..40).map(|_| async {
        let mut answers = Vec::new();
        for _ in 0..4 {
            answers.push(body_text(fixture.get(&format!("{nested}/ok")).await).await);
        }
        answers
    });

    for answer in join_all(rounds).await.concat() {
        assert!(
            answer.ends_with("ok") && !answer.contains("508"),
            "{answer}"
        );
    }
}

/// Blocks nothing, or what `networks` lists.
fn blocking(networks: &str) -> AppOptions {
    let text = format!("[outbound_networking]\nblock_networks = [{networks}]");
    let config = RuntimeConfig::parse(&text, "runtime-config.toml".as_ref()).unwrap();
    AppOptions {
        blocked_networks: config.blocked_networks,
        ..AppOptions::default()
    }
}

/// Whether `action` of the component in `file` connects, and what the log has to say.
async fn connects(
    file: &Path,
    action: &str,
    hosts: &[&str],
    options: AppOptions,
) -> (bool, Fixture) {
    let fixture = reaching_from(file, hosts, options).await;
    let answer = body_text(fixture.get(action).await).await;
    (answer == "connected", fixture)
}

/// The component in `file`, which may reach what `hosts` lists.
async fn reaching_from(file: &Path, hosts: &[&str], options: AppOptions) -> Fixture {
    let manifest = format!("{}allowed_outbound_hosts = {hosts:?}", support::GUEST)
        .replace("{guest}", file.to_str().unwrap());
    let options = AppOptions {
        quiet: true,
        ..options
    };
    Fixture::load(&manifest, options).await
}

/// The components that open sockets, and how each is asked to: over `wasi:sockets@0.2` from either
/// kind, and over 0.3.
fn socket_users() -> [(PathBuf, &'static str); 3] {
    [
        (support::guest_file().to_owned(), "connect"),
        (support::guest_file().to_owned(), "connect-0-3"),
        (support::build("host-guest-p2"), "connect"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_reaches_what_is_listed_and_not_blocked() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let entry = format!("tcp://127.0.0.1:{port}");

    for (file, action) in socket_users() {
        let path = format!("/{action}/127.0.0.1:{port}");
        for listed in [&*entry, "tcp://127.0.0.0/8:*", "*://*:*"] {
            let (connected, open) =
                connects(&file, &path, &[listed], blocking("'10.0.0.0/8'")).await;
            assert!(connected, "{file:?} {action} {listed}: {}", open.log());
        }

        for networks in ["'127.0.0.0/8'", "'private'"] {
            let (connected, blocked) = connects(&file, &path, &[&entry], blocking(networks)).await;
            assert!(!connected, "{file:?} {action}");
            blocked.wait_for_log("is in block_networks").await;
        }

        // Nothing, another port, another scheme.
        for listed in [&[][..], &["tcp://127.0.0.1:1"], &["http://127.0.0.1:*"]] {
            let (connected, unlisted) = connects(&file, &path, listed, AppOptions::default()).await;
            assert!(!connected, "{file:?} {action} {listed:?}");
            unlisted.wait_for_log(&format!("add \"{entry}\"")).await;
        }
    }
}

/// As on Spin, where sockets connect to addresses alone. A name can also carry a secret out.
#[tokio::test(flavor = "multi_thread")]
async fn no_name_is_looked_up_for_a_socket_whatever_is_listed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (name, address) = (
        format!("tcp://localhost:{port}"),
        format!("tcp://127.0.0.1:{port}"),
    );

    for (file, action) in socket_users() {
        // That one takes addresses; over 0.3 names are looked up by another interface.
        let (path, denied) = match action {
            "connect-0-3" => (
                "/look-up-0-3/localhost".to_owned(),
                "PermanentResolverFailure",
            ),
            _ => (
                format!("/{action}/localhost:{port}"),
                "failed to lookup address",
            ),
        };
        for listed in [&[][..], &[&*name], &[&*address], &["*://*:*"]] {
            let fixture = reaching_from(&file, listed, AppOptions::default()).await;
            let answer = body_text(fixture.get(&path).await).await;
            assert!(
                answer.contains(denied),
                "{file:?} {path} {listed:?}: {answer}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_and_the_bytes_of_a_call_are_bounded() {
    let fixture = fixture(limits()).await;

    assert_eq!(problem_status(fixture.get("/handles").await).await, 500);
    assert_eq!(problem_status(fixture.get("/call/17").await).await, 500);

    assert_eq!(body_text(fixture.get("/call/1").await).await, "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wasip2_component_answers_each_request_with_an_instance_of_its_own() {
    let file = support::build("host-guest-p2");
    let manifest = support::GUEST.replace("{guest}", file.to_str().unwrap());
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    let fixture = Fixture::load(&manifest, options).await;

    let answers = join_all((0..4).map(|_| fixture.get("/a/b?c"))).await;

    for answer in answers {
        assert_eq!(answer.status(), 200);
        assert_eq!(body_text(answer).await, "GET /a/b?c");
    }
    fixture.has_instances(0).await;
}
