//! The path of a request: routes, headers, what components may reach, what they are given.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use http::{Request, Response};
use jenny_host::capability::{OutboundHttp, OutboundRequest, OutboundResponse};
use jenny_host::{AppOptions, Clock, LoadError, flush_output};
use support::{Fixture, body_text, empty, full, get, problem_status};

const APPLICATION: &str = r#"
spin_manifest_version = 2
[application]
name = "test"
[variables]
partner = { default = "https://partner.example" }

[[trigger.http]]
route = "/users/:id/..."
component = "guest"
[[trigger.http]]
route = "/headers"
component = "guest"
[[trigger.http]]
route = "/:action"
component = "guest"
[[trigger.http]]
route = "/get/..."
component = "guest"
[[trigger.http]]
route = "/open/:store"
component = "guest"
[[trigger.http]]
route = "/environment/:name"
component = "guest"
[[trigger.http]]
route = "/file/:name"
component = "guest"
[[trigger.http]]
route = "/gone"
static_response = { status_code = 410, headers = { x-reason = "moved" }, body = "gone" }
[[trigger.http]]
route = { private = true }
component = "hidden"

[component.guest]
source = "{guest}"
environment = { COLOUR = "red", SHAPE = "round" }
files = ["file.txt"]
key_value_stores = ["default"]
allowed_outbound_hosts = ["{{ partner }}", "http://hidden.spin.internal", "http://self"]

[component.hidden]
source = "{guest}"
"#;

fn quiet() -> AppOptions {
    AppOptions {
        limits: support::limits(),
        quiet: true,
        ..AppOptions::default()
    }
}

/// Answers every request with its URI and `host` field.
struct Echo;

#[async_trait]
impl OutboundHttp for Echo {
    async fn send(
        &self,
        sent: OutboundRequest,
    ) -> Result<OutboundResponse, wasmtime_wasi_http::Error> {
        let host = sent.request.headers()["host"].to_str().unwrap();
        let text = format!("{} from {} for {host}", sent.request.uri(), sent.component);
        let body =
            http_body_util::BodyExt::map_err(http_body_util::Full::from(text), |e| match e {});
        Ok(OutboundResponse {
            response: Response::new(http_body_util::BodyExt::boxed_unsync(body)),
            io: Box::pin(async { Ok(()) }),
        })
    }
}

async fn fixture() -> Fixture {
    Fixture::try_load(APPLICATION, quiet(), Arc::new(Echo))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_answers_what_no_component_does() {
    let fixture = fixture().await;

    assert_eq!(
        problem_status(fixture.get("/no/such/route").await).await,
        404
    );
    assert_eq!(
        body_text(fixture.get("/.well-known/spin/health").await).await,
        "OK"
    );
    let gone = fixture.get("/gone").await;
    assert_eq!(gone.status(), 410);
    assert_eq!(gone.headers()["x-reason"], "moved");
    assert_eq!(body_text(gone).await, "gone");
    let no_host = Request::get("/ok").body(empty()).unwrap();
    assert_eq!(problem_status(fixture.send(no_host).await).await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_gets_the_whole_uri_and_spins_headers() {
    let fixture = fixture().await;
    let mut request = get("/headers?a=b");
    request
        .headers_mut()
        .insert("spin-client-addr", "6.6.6.6:6".parse().unwrap());

    let seen = body_text(fixture.send(request).await).await;

    for line in [
        "GET http://example.com/headers?a=b",
        "spin-full-url: http://example.com/headers?a=b",
        "spin-matched-route: /headers",
        "spin-client-addr: 127.0.0.1:4321",
    ] {
        assert!(
            seen.lines().any(|seen| seen == line),
            "{line} is missing:\n{seen}"
        );
    }
    assert!(!seen.contains("6.6.6.6"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_as_a_whole_has_options() {
    let request = Request::options("*").header("host", "example.com");

    let answer = fixture().await.send(request.body(empty()).unwrap()).await;

    assert_eq!(answer.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_almost_64_kib_reaches_the_component() {
    let fixture = fixture().await;
    let mut request = get("/headers");
    let large = "x".repeat(63 << 10);
    request
        .headers_mut()
        .insert("large", large.parse().unwrap());

    let seen = body_text(fixture.send(request).await).await;

    assert!(seen.contains(&large), "{} bytes", seen.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_goes_through() {
    let fixture = fixture().await;
    let request = Request::post("/echo")
        .header("host", "example.com")
        .body(full("some words"))
        .unwrap();
    assert_eq!(body_text(fixture.send(request).await).await, "some words");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_reaches_what_its_manifest_entry_names() {
    let fixture = fixture().await;

    let answer = body_text(fixture.get("/get/https/partner.example/a?b").await).await;

    assert!(
        answer.contains("https://partner.example/a from guest for partner.example"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_reaches_nothing_else_and_the_log_says_what_to_add() {
    let fixture = fixture().await;

    let answer = body_text(fixture.get("/get/http/elsewhere.example:81/a").await).await;

    assert!(answer.contains("HttpRequestDenied"), "{answer}");
    assert!(
        fixture
            .log()
            .contains(r#"add "http://elsewhere.example:81" to allowed_outbound_hosts"#)
    );
    assert!(fixture.log().contains("[component.guest]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn components_reach_each_other_in_process() {
    let fixture = fixture().await;

    let answer = body_text(fixture.get("/get/http/hidden.spin.internal/headers").await).await;

    assert!(answer.starts_with("200 OK"), "{answer}");
    assert!(answer.contains("spin-path-info: /headers"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_reaches_its_own_application() {
    let fixture = fixture().await;
    let answer = body_text(fixture.get("/get/http/self.alt/ok").await).await;
    assert!(
        answer.starts_with("200 OK") && answer.ends_with("ok"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_circle_come_to_an_end() {
    let manifest = APPLICATION.replace(
        "[component.hidden]",
        "[component.hidden]\nallowed_outbound_hosts = [\"http://self\"]",
    );
    let mut options = quiet();
    // Nothing may wait for the limits of time.
    options.limits.max_concurrent_requests = 4;
    let fixture = Fixture::try_load(&manifest, options, Arc::new(Echo))
        .await
        .unwrap();

    let nested = "/get/http/self.alt".repeat(8);
    let response = fixture.get(&format!("{nested}/ok")).await;

    assert!(body_text(response).await.contains("508"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_not_granted_is_refused() {
    let fixture = fixture().await;

    assert_eq!(
        body_text(fixture.get("/open/default").await).await,
        "opened"
    );
    let refused = body_text(fixture.get("/open/other").await).await;

    assert!(refused.contains("AccessDenied"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_gets_its_environment_and_files() {
    let options = AppOptions {
        environment: vec![("COLOUR".to_owned(), "blue".to_owned())],
        ..quiet()
    };
    let fixture = Fixture::try_load(APPLICATION, options, Arc::new(Echo))
        .await
        .unwrap();

    assert_eq!(
        body_text(fixture.get("/environment/SHAPE").await).await,
        "round"
    );
    assert_eq!(
        body_text(fixture.get("/environment/COLOUR").await).await,
        "blue"
    );
    assert_eq!(
        body_text(fixture.get("/file/file.txt").await).await,
        "a file"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_component_prints_is_kept_in_spins_log_files() {
    let logs = tempfile::tempdir().unwrap();
    let options = AppOptions {
        log_directory: Some(logs.path().to_owned()),
        ..quiet()
    };
    let fixture = Fixture::try_load(APPLICATION, options, Arc::new(Echo))
        .await
        .unwrap();

    assert_eq!(body_text(fixture.get("/print").await).await, "printed");

    fixture.wait_for_log("guest Stderr to stderr").await;
    assert!(flush_output(support::PATIENCE));
    let file = |name| std::fs::read_to_string(logs.path().join(name)).unwrap();
    assert_eq!(file("guest_stdout.txt"), "to stdout\n");
    assert_eq!(file("guest_stderr.txt"), "to stderr\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_sees_the_clock_that_it_is_given() {
    struct Fixed;
    impl Clock for Fixed {
        fn wall(&self) -> Duration {
            Duration::from_secs(1_000)
        }

        fn monotonic_nanos(&self) -> u64 {
            7
        }

        fn wait_until(&self, _: u64) -> BoxFuture<'static, ()> {
            Box::pin(std::future::pending())
        }
    }
    let options = AppOptions {
        clock: Some(Arc::new(Fixed)),
        ..quiet()
    };
    let fixture = Fixture::try_load(APPLICATION, options, Arc::new(Echo))
        .await
        .unwrap();

    assert_eq!(body_text(fixture.get("/now").await).await, "1000");
}

async fn load_error(manifest: &str) -> LoadError {
    match Fixture::try_load(manifest, quiet(), Arc::new(Echo)).await {
        Ok(_) => panic!("it loads"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_is_not_built_is_named_with_its_line() {
    let manifest = support::GUEST.replace("{guest}", "none.wasm");
    let buildable = format!("{manifest}[component.guest.build]\ncommand = \"true\"\n");
    for (manifest, advice) in [
        (
            buildable,
            "none.wasm does not exist; build it with `cargo jenny build`",
        ),
        (
            manifest,
            "none.wasm does not exist, and nothing says how to build it; put it there, or add \
             [component.guest.build] with its `command`",
        ),
    ] {
        let error = load_error(&manifest).await.to_string();

        assert!(error.contains(advice), "{error}");
        assert!(error.contains("spin.toml:9"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_component_or_does_not_fit_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let error = async |name: &str, bytes: &[u8]| {
        let file = directory.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        load_error(&support::GUEST.replace("{guest}", file.to_str().unwrap()))
            .await
            .to_string()
    };
    let unknown = wat::parse_str(
        r#"(component (import "spin:redis/redis@3.0.0" (instance (export "f" (func)))))"#,
    )
    .unwrap();

    let text = error("text.wasm", b"no component").await;
    assert!(
        text.contains("component `guest`") && text.contains("is not a WebAssembly"),
        "{text}"
    );
    let text = error("unknown.wasm", &unknown).await;
    assert!(
        text.contains("imports spin:redis/redis@3.0.0, which this host does not provide yet"),
        "{text}"
    );
    let text = error("empty.wasm", &wat::parse_str("(component)").unwrap()).await;
    assert!(text.contains("exports neither"), "{text}");
}
