//! The look of the host's own answers.

use std::path::Path;

use http_body_util::BodyExt as _;

use super::*;
use jenny_manifest::Manifest;
use jenny_manifest::variables::VariableProvider;

const APPLICATION: &str = r#"
spin_manifest_version = 2
application = { name = "test" }
[[trigger.http]]
route = "/a"
component = "a"
[component.a]
source = "a.wasm"
"#;

/// What answers look like in an application with these variables and one more route.
fn answers(variables: &[(&str, &str)], route: &str) -> Answers {
    let declared: String = variables
        .iter()
        .map(|(name, _)| format!("{name} = {{ default = \"\" }}\n"))
        .collect();
    let trigger = format!("[[trigger.http]]\nroute = \"{route}\"\ncomponent = \"a\"\n");
    let text = format!("{APPLICATION}[variables]\n{declared}{trigger}");
    let manifest = Manifest::parse(&text, Path::new("spin.toml")).unwrap();
    let values = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned().into()))
        .collect();
    let resolver = Resolver::new(&manifest, &[VariableProvider::Static(values)]).unwrap();
    let options = AppOptions {
        random_seed: Some(7),
        ..AppOptions::default()
    };
    Answers::new(&RouteTable::new(&manifest).unwrap(), &resolver, &options)
}

/// A request with these headers.
fn asked(method: Method, headers: &[(&'static str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri("/none");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(problem::empty()).unwrap()
}

async fn answer(answers: &Answers, request: &Request<Body>) -> Response<Body> {
    let asked = Asked::of(request, IpAddr::from([127, 0, 0, 1]));
    answers.dress(asked, problem::not_found()).await
}

async fn problem_of(response: Response<Body>) -> serde_json::Value {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn a_problem_has_the_id_of_its_request() {
    let answers = answers(&[], "/b");
    let id = "01a204c8-f58f-7058-8eb2-b64ac1aae4e0";
    let request = asked(Method::GET, &[("x-request-id", id)]);
    let response = answer(&answers, &request).await;
    assert_eq!(response.headers()["x-request-id"], id);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert!(!response.headers().contains_key("strict-transport-security"));
    let problem = problem_of(response).await;
    assert_eq!(problem["requestId"], id);
    assert_eq!(problem["instance"], format!("urn:uuid:{id}"));
    assert_eq!(problem["type"], "about:blank");

    // One that is not well formed could be anything, so it is replaced.
    for bad in ["a b", "", "\"x\"", &"a".repeat(129)] {
        let request = asked(Method::GET, &[("x-request-id", bad)]);
        let problem = problem_of(answer(&answers, &request).await).await;
        let made = Uuid::parse_str(problem["requestId"].as_str().unwrap()).unwrap();
        assert_eq!(made.get_version_num(), 7, "{bad}");
    }
}

#[tokio::test]
async fn ids_follow_from_the_seed_and_are_not_repeated() {
    let random = |id: HeaderValue| id.to_str().unwrap()[14..].to_owned();
    let ids = || {
        let answers = answers(&[], "/b");
        [random(answers.new_id()), random(answers.new_id())]
    };
    let [first, second] = ids();
    assert_ne!(first, second);
    assert_eq!([first, second], ids());
}

#[tokio::test]
async fn a_type_is_given_where_a_route_explains_it() {
    for (route, expected) in [
        ("/problems/:kind", "/problems/not-found"),
        ("/problems/...", "/problems/not-found"),
        ("/b", "about:blank"),
        // It answers everything, and knows nothing of problems.
        ("/...", "about:blank"),
    ] {
        let response = answer(&answers(&[], route), &asked(Method::GET, &[])).await;
        assert_eq!(problem_of(response).await["type"], expected, "{route}");
    }
}

#[tokio::test]
async fn browsers_are_told_to_insist_on_https_where_the_public_url_is() {
    for (url, insists) in [
        ("https://example.org", true),
        ("http://127.0.0.1:3000", false),
    ] {
        let answers = answers(&[("public_url", url)], "/b");
        let response = answer(&answers, &asked(Method::GET, &[])).await;
        let headers = response.headers();
        assert_eq!(headers.contains_key("strict-transport-security"), insists);
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read_the_answer() {
    for (origins, origin, allowed) in [
        (
            "https://app.example.org",
            "https://app.example.org",
            Some("https://app.example.org"),
        ),
        (
            "https://App.example.org:443, http://b",
            "http://b",
            Some("http://b"),
        ),
        ("https://app.example.org", "https://other.example.org", None),
        ("*", "https://other.example.org", Some("*")),
        ("", "https://app.example.org", None),
        ("not an origin", "not", None),
    ] {
        let answers = answers(&[("cors_origins", origins)], "/b");
        let request = asked(Method::GET, &[("origin", origin)]);
        let response = answer(&answers, &request).await;
        let header = response.headers().get("access-control-allow-origin");
        assert_eq!(
            header.map(|value| value.to_str().unwrap()),
            allowed,
            "{origins}"
        );
        assert_eq!(response.status(), 404);
    }
}

#[tokio::test]
async fn a_preflight_request_is_answered_in_the_place_of_a_problem() {
    const PREFLIGHT: [(&str, &str); 2] = [
        ("origin", "https://app.example.org"),
        ("access-control-request-method", "PUT"),
    ];
    let open = answers(&[("cors_origins", "https://app.example.org")], "/b");
    let response = answer(&open, &asked(Method::OPTIONS, &PREFLIGHT)).await;
    assert_eq!(response.status(), 200);
    let methods = &response.headers()["access-control-allow-methods"];
    assert!(methods.to_str().unwrap().contains("PUT"));
    assert!(response.headers().contains_key("x-request-id"));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.is_empty());

    // Without CORS, or where it is no preflight, OPTIONS is a method as any other.
    let closed = answers(&[], "/b");
    let response = answer(&closed, &asked(Method::OPTIONS, &PREFLIGHT)).await;
    assert_eq!(response.status(), 404);
    let response = answer(&open, &asked(Method::OPTIONS, &PREFLIGHT[..1])).await;
    assert_eq!(response.status(), 404);
    assert!(problem_of(response).await["detail"].is_string());
}

#[tokio::test]
async fn a_connection_with_a_body_left_on_it_is_closed() {
    let answers = answers(&[], "/b");
    for (version, body, closes) in [
        (Version::HTTP_11, problem::full("a body"), true),
        (Version::HTTP_11, problem::empty(), false),
        (Version::HTTP_2, problem::full("a body"), false),
    ] {
        let mut request = asked(Method::POST, &[]);
        *request.version_mut() = version;
        *request.body_mut() = body;
        let response = answer(&answers, &request).await;
        assert_eq!(
            response.headers().contains_key("connection"),
            closes,
            "{version:?}"
        );
    }
}

#[tokio::test]
async fn what_a_component_answers_stays_as_it_is() {
    let answers = answers(&[("cors_origins", "*")], "/b");
    let request = asked(Method::GET, &[("origin", "https://app.example.org")]);
    let asked = Asked::of(&request, IpAddr::from([127, 0, 0, 1]));
    let response = answers
        .dress(asked, Response::new(problem::full("a")))
        .await;
    assert!(response.headers().is_empty());
}
