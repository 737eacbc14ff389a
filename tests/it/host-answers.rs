//! What the host answers by itself looks like what a function answers.

use std::collections::BTreeMap;

use http::Method;
use jenny_test::{TestApp, TestResponse};

/// What no route takes, and what a function has nothing at.
const OF_HOST: &str = "/nowhere";
const OF_FUNCTION: &str = "/problems/none";

const ID: &str = "01a204c8-f58f-7058-8eb2-b64ac1aae4e0";

/// The headers that say how an answer is to be treated. Its length is another one's, and only an address
/// that there is allows methods.
fn headers(response: &TestResponse) -> BTreeMap<String, Vec<String>> {
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &response.headers {
        if name != "content-length" && name != "allow" {
            let values = headers.entry(name.to_string()).or_default();
            values.push(value.to_str().expect("a header of ours is text").to_owned());
        }
    }
    headers
}

async fn ask(app: &TestApp, method: &Method, path: &str, origin: &str) -> TestResponse {
    let mut request = app.request(method.clone(), path).header("x-request-id", ID);
    if !origin.is_empty() {
        request = request
            .header("origin", origin)
            .header("access-control-request-method", "PUT");
    }
    request.send().await
}

#[tokio::test]
async fn the_host_and_a_function_answer_with_the_same_headers() {
    let mut compared = 0;
    for origins in [
        "",
        "*",
        "https://front.example, http://x",
        "https://Front.example:443",
    ] {
        for public_url in ["https://api.example.org", "http://127.0.0.1:3000"] {
            let app = crate::app()
                .variable("cors_origins", origins)
                .variable("public_url", public_url)
                .only("docs")
                .build()
                .await;
            for method in [Method::GET, Method::OPTIONS] {
                for origin in ["", "https://front.example", "https://evil.example"] {
                    let host = ask(&app, &method, OF_HOST, origin).await;
                    let function = ask(&app, &method, OF_FUNCTION, origin).await;
                    // A function answers OPTIONS without CORS by what the address allows.
                    if method == Method::OPTIONS && host.status != 200 {
                        continue;
                    }
                    assert_eq!(host.status, function.status, "{origins} {method} {origin}");
                    assert_eq!(
                        headers(&host),
                        headers(&function),
                        "{origins} {method} {origin}"
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 24, "{compared} pairs");
}

#[tokio::test]
async fn a_problem_of_the_host_has_the_members_of_a_functions() {
    let app = crate::app().only("docs").build().await;

    let host = ask(&app, &Method::GET, OF_HOST, "").await;
    let function = ask(&app, &Method::GET, OF_FUNCTION, "").await;

    host.assert_problem(404, "not-found");
    function.assert_problem(404, "not-found");
    let mut problems = [host, function].map(|response| response.json());
    for problem in &mut problems {
        let detail = problem.as_object_mut().expect("an object").remove("detail");
        assert!(detail.is_some_and(|detail| detail.is_string()));
    }
    assert_eq!(problems[0], problems[1]);
}

#[tokio::test]
async fn every_kind_of_problem_of_the_host_is_explained() {
    let app = crate::app().only("docs").build().await;
    let host = app.get("/nowhere").send().await;
    let page = host.string_at("/type");
    app.get(&page).send().await.assert_status(200);

    // One beside the one that every request here has.
    let refused = app.get("/problems").header("host", "other.example");
    let refused = refused.send().await;
    refused.assert_problem(400, "bad-request");
    app.get(&refused.string_at("/type"))
        .send()
        .await
        .assert_status(200);
}
