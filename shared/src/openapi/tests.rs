//! Documents, and what becomes of them when something does not go together.

use axum::Json;
use axum::body::Body;
use axum::response::NoContent;
use http::Request;
use regex::Regex;
use serde::Serialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use utoipa::ToSchema;

use super::testing::assert_agrees;
use super::{About, Created, Operations};
use crate::conditional::NoStore;
use crate::identity::{Email, Username};
use crate::password::Password;
use crate::problem::testing::Summary;
use crate::problem::{Extended, ProblemKind};
use crate::service::{Baseline, baseline};

mod routes {
    use axum::Extension;
    use axum::extract::State;
    use axum::response::{Html, IntoResponse, Redirect, Response};

    use super::*;
    use crate::caller::Caller;
    use crate::extract::Path;
    use crate::openapi::{
        BadRequest, Describe, Description, Either, Forbidden, Found, Gone, MalformedJson, Text,
    };
    use crate::problem::Problem;

    /// A thing.
    #[derive(Serialize, ToSchema)]
    pub(super) struct Thing {
        /// Its name.
        name: String,
    }

    /// Show a thing
    ///
    /// To anybody, in a text that goes on
    /// in another line.
    #[utoipa::path(
        get,
        path = "/things/{name}",
        operation_id = "GetThing",
        tag = "Things",
        params(("name" = String, Path)),
        responses((status = OK, description = "The thing."))
    )]
    pub(super) async fn show(_: Option<Caller>, Path(name): Path<String>) -> Json<Thing> {
        Json(Thing { name })
    }

    /// Make a thing
    #[utoipa::path(
        post,
        path = "/things",
        operation_id = "CreateThing",
        tag = "Things",
        responses((status = CREATED, description = "The thing."), Forbidden)
    )]
    pub(super) async fn create(_: Caller) -> Created<Json<Thing>> {
        let name = "a".to_owned();
        Created(Json(Thing { name }))
    }

    /// Delete the things
    #[utoipa::path(delete, path = "/things", responses((status = OK, description = "Gone.")))]
    pub(super) async fn of_another_status() -> NoContent {
        NoContent
    }

    /// Delete a thing
    #[utoipa::path(delete, path = "/things/{id}/{part}")]
    pub(super) async fn of_another_path(_: Path<String>) -> NoContent {
        NoContent
    }

    #[utoipa::path(delete, path = "/things/{id}")]
    pub(super) async fn without_a_comment() -> NoContent {
        NoContent
    }

    /// Write a thing
    #[utoipa::path(
        put,
        path = "/things/{owner}/{id}",
        responses(Gone, BadRequest, MalformedJson)
    )]
    pub(super) async fn write_it(
        Path((_, name)): Path<(Code, u32)>,
    ) -> Result<Either<Json<Thing>, Created<Json<Thing>>>, Refusal> {
        match name {
            0 => Err(Refusal),
            1 => Ok(Either::Right(Created(Json(Thing { name: "a".into() })))),
            _ => Ok(Either::Left(Json(Thing { name: "b".into() }))),
        }
    }

    /// A text with rules.
    #[derive(serde::Deserialize)]
    pub(super) struct Code(#[expect(dead_code, reason = "is read from the path")] String);

    crate::text_schema!(
        Code,
        Text {
            description: "The code of an owner.",
            max_characters: 3,
            ..Text::ANY
        }
    );

    /// An error of one's own.
    pub(super) struct Refusal;

    impl IntoResponse for Refusal {
        fn into_response(self) -> Response {
            Problem::conflict("It is taken.").into_response()
        }
    }

    impl Describe for Refusal {
        fn describe(description: &mut Description) {
            description.problem(ProblemKind::Conflict);
        }
    }

    /// Follow a link
    #[utoipa::path(get, path = "/{link}")]
    pub(super) async fn follow(State(to): State<String>, _: Path<String>) -> Found {
        Found(to)
    }

    /// Follow a link, whatever the method
    #[utoipa::path(
        post,
        path = "/{link}",
        responses((status = PERMANENT_REDIRECT, description = "The link's target."))
    )]
    pub(super) async fn follow_by_post(State(to): State<String>) -> Redirect {
        Redirect::permanent(&to)
    }

    /// Show the links
    #[utoipa::path(get, path = "/")]
    pub(super) async fn links() -> Html<&'static str> {
        Html("<ul></ul>")
    }

    /// Count
    #[utoipa::path(get, path = "/count")]
    pub(super) async fn count(Extension(count): Extension<u64>) -> Json<u64> {
        Json(count)
    }
}

/// Links, as a shortener has them, below a path of their own.
fn links() -> Operations {
    let links = crate::operations![routes::follow, routes::follow_by_post, routes::links];
    let links = links.with_state("https://example.com/".to_owned());
    Operations::new().nest("/links", links)
}

fn document(operations: &Operations) -> Value {
    operations.document(About {
        name: "things",
        version: "1.2.3",
        description: "Keeps things",
        license: "MIT",
        folder: "",
    })
}

fn things() -> Operations {
    crate::operations![routes::show, routes::create]
}

fn statuses(operation: &Value) -> Vec<&str> {
    let responses = operation["responses"].as_object().expect("an object");
    responses.keys().map(String::as_str).collect()
}

#[test]
fn arguments_and_answers_describe_themselves() {
    let document = document(&things());
    let (show, create) = (
        &document["paths"]["/things/{name}"]["get"],
        &document["paths"]["/things"]["post"],
    );

    assert_eq!(
        statuses(show),
        ["200", "304", "400", "401", "404", "412", "500", "503"]
    );
    assert_eq!(statuses(create), ["201", "401", "403", "412", "500", "503"]);
    assert_eq!(show["security"], json!([{}, { "Bearer": [] }]));
    assert_eq!(create["security"], json!([{ "Bearer": [] }]));
    let schema = json!({ "$ref": "#/components/schemas/Thing" });
    assert_eq!(
        show["responses"]["200"]["content"]["application/json"]["schema"],
        schema
    );
    assert_eq!(
        create["responses"]["201"]["content"]["application/json"]["schema"],
        schema
    );
    assert_eq!(
        document["components"]["schemas"]["Thing"]["required"],
        json!(["name"])
    );
    assert_eq!(
        show["description"],
        "To anybody, in a text that goes on in another line."
    );
    assert_eq!(show["tags"], json!(["Things"]));
}

#[test]
fn head_and_options_follow_from_the_others() {
    let document = document(&things());
    let item = &document["paths"]["/things/{name}"];

    assert_eq!(item["head"]["operationId"], "HeadThing");
    assert_eq!(item["head"]["responses"]["200"].get("content"), None);
    assert_eq!(item["options"]["parameters"][0]["name"], "name");
    assert_eq!(document["paths"]["/things"].get("head"), None);
    assert!(document["paths"]["/things"].get("options").is_some());
}

#[test]
fn layers_describe_what_they_change() {
    let plain = document(&things());
    let layered = document(&things().layer(Extended(Summary)).layer(NoStore));
    let cache_control = |document: &Value| {
        document["paths"]["/things/{name}"]["get"]["responses"]["200"]["headers"]["Cache-Control"]
            ["$ref"]
            .clone()
    };

    assert_eq!(cache_control(&plain), "#/components/headers/Revalidated");
    assert_eq!(cache_control(&layered), "#/components/headers/NotStored");
    let responses = |document: &Value, name: &str| {
        document["components"]["responses"][name]["content"]["application/problem+json"].clone()
    };
    let of_layered = responses(&layered, "SummarisedNotFound");
    assert_eq!(of_layered["schema"]["required"], json!(["summary"]));
    assert_eq!(
        of_layered["schema"]["properties"]["summary"],
        json!({ "$ref": "#/components/schemas/SummaryOfProblem" })
    );
    assert!(of_layered["examples"]["not-found"]["value"]["summary"].is_object());
    let of_plain = responses(&plain, "NotFound");
    assert_eq!(
        of_plain["examples"]["not-found"]["value"].get("summary"),
        None
    );
    assert_eq!(
        of_plain["schema"]["properties"]["type"]["enum"],
        json!([ProblemKind::NotFound.type_reference()])
    );
}

#[test]
fn what_nothing_refers_to_is_left_out() {
    let document = document(&things());
    let components = &document["components"];

    assert!(components["responses"].get("MalformedJson").is_none());
    assert!(components["headers"].get("Accepted").is_none());
    assert!(components["headers"].get("Challenge").is_some());
}

#[test]
fn what_is_not_written_follows_from_the_types() {
    let document = document(&crate::operations![routes::write_it]);
    let write = &document["paths"]["/things/{owner}/{id}"]["put"];

    assert_eq!(write["operationId"], "WriteItThings");
    assert_eq!(write["tags"], json!(["Things"]));
    assert_eq!(document["tags"][0]["description"], "Keeps things.");
    assert_eq!(
        statuses(write),
        [
            "200", "201", "400", "404", "409", "410", "412", "500", "503"
        ]
    );
    assert_eq!(write["responses"]["200"]["description"], "A thing.");
    // Two kinds of one status.
    let name = "#/components/responses/BadRequestOrMalformedJson";
    assert_eq!(write["responses"]["400"]["$ref"], name);
    let parameters = write["parameters"].as_array().expect("an array");
    assert_eq!(parameters[0]["schema"]["maxLength"], 3);
    assert_eq!(parameters[0]["description"], "The code of an owner.");
    assert_eq!(parameters[1]["schema"]["type"], "integer");
    let name_and_place = |parameter: &Value| (parameter["name"].clone(), parameter["in"].clone());
    let places: Vec<_> = parameters.iter().map(name_and_place).collect();
    assert_eq!(
        places,
        [
            ("owner".into(), "path".into()),
            ("id".into(), "path".into())
        ]
    );
}

#[tokio::test]
async fn redirects_are_successes_in_a_router_that_is_nested() {
    let document = document(&links());
    let follow = &document["paths"]["/links/{link}"]["get"];

    assert_eq!(statuses(follow), ["302", "400", "404", "412", "500", "503"]);
    let headers = &follow["responses"]["302"]["headers"];
    assert_eq!(headers["Location"]["required"], true);
    assert_eq!(headers.get("ETag"), None);
    let not_stored = "#/components/headers/NotStored";
    assert_eq!(headers["Cache-Control"]["$ref"], not_stored);
    // Of what axum's can be, what is written.
    let by_post = &document["paths"]["/links/{link}"]["post"];
    assert_eq!(statuses(by_post), ["308", "412", "500", "503"]);
    let page = &document["paths"]["/links"]["get"]["responses"]["200"]["content"];
    assert!(page.get("text/html").is_some(), "{page}");

    let service = baseline(links().into(), Baseline::default());
    for (method, path, status) in [
        ("GET", "/links/a", 302),
        ("POST", "/links/a", 308),
        ("GET", "/links", 200),
    ] {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::empty()).expect("a request");
        let response = service.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), status, "{method} {path}");
        let location = response.headers().get("location");
        let expected = (status > 300).then_some("https://example.com/");
        assert_eq!(
            location.map(|value| value.as_bytes()),
            expected.map(str::as_bytes)
        );
    }
}

#[test]
fn routers_are_merged_with_their_layers() {
    let counted = crate::operations![routes::count].layer(axum::Extension(7_u64));
    let merged = links().merge(counted);
    merged.assert_layers();
    let document = document(&merged);
    let paths = document["paths"].as_object().expect("an object");
    let paths: Vec<&String> = paths.keys().collect();
    assert_eq!(paths, ["/count", "/links", "/links/{link}"]);
}

#[test]
#[should_panic(expected = "GET /count: a handler takes what no layer provides (u64)")]
fn a_layer_that_is_missing_is_found() {
    crate::operations![routes::count]
        .layer(axum::Extension("another type"))
        .transparent_layer(tower::layer::util::Identity::new())
        .assert_layers();
}

#[test]
#[should_panic(expected = "add `.layer(shared::db::layer(migrations::ALL))`")]
fn a_database_that_is_missing_is_found() {
    things().layer(NoStore).assert_layers();
}

#[test]
fn every_kind_of_problem_has_a_marker() {
    let kinds: Vec<ProblemKind> = ProblemKind::all().collect();
    assert_eq!(super::problems::MARKED, kinds);
}

#[test]
#[should_panic(expected = "`without_a_comment` has no comment")]
fn a_handler_without_a_comment_is_refused() {
    document(&crate::operations![routes::without_a_comment]);
}

#[test]
#[should_panic(expected = "that of the handler's type")]
fn a_status_that_the_answer_has_not_is_refused() {
    document(&crate::operations![routes::of_another_status]);
}

#[test]
#[should_panic(expected = "the handler's `Path` reads 1")]
fn a_parameter_that_is_not_described_is_refused() {
    document(&crate::operations![routes::of_another_path]);
}

crate::plain_text! {
    /// What somebody says.
    struct Said as WhatIsSaid {
        max_characters: 2000,
        example: "It takes a Jacobian",
    }
}

#[test]
fn a_plain_text_keeps_its_rules_in_requests_and_in_its_schema() {
    let longest = "é".repeat(2000);
    for text in ["x", " one\r\n\ttwo ", "<b>", "🐉", &longest] {
        let json = serde_json::to_string(text).expect("is JSON");
        let said: Said = serde_json::from_str(&json).expect("is taken");
        assert_eq!(said.into_string(), text);
    }
    for (text, says) in [
        ("", "must not be empty"),
        (" \n", "must not be empty"),
        ("a\0", "must not contain control characters"),
        (&format!("{longest}é"), "must have at most 2000 characters"),
    ] {
        let json = serde_json::to_string(text).expect("is JSON");
        let error = serde_json::from_str::<Said>(&json).expect_err("is refused");
        assert!(error.to_string().starts_with(says), "{error}");
    }
    let matches = |pattern: &str, text: &str| {
        let pattern = Regex::new(pattern).expect("a regular expression");
        pattern.is_match(text)
    };
    assert_agrees::<Said>(matches, |text| Said::parse(text).is_ok(), false);
    assert_eq!(<Said as ToSchema>::name(), "WhatIsSaid");
}

#[test]
fn schemas_of_identities_take_what_is_one() {
    let matches = |pattern: &str, text: &str| {
        let pattern = Regex::new(pattern).expect("a regular expression");
        pattern.is_match(text)
    };
    assert_agrees::<Password>(matches, |text| Password::parse(text).is_ok(), false);
    assert_agrees::<Username>(matches, |text| Username::parse(text).is_ok(), false);
    assert_agrees::<Email>(matches, |text| Email::parse(text).is_ok(), false);
    for address in ["a@b.cd", "a.b+c@example.co.uk", "a@1.ab", "o'neil@x-y.org"] {
        let schema = json!(<Email as utoipa::PartialSchema>::schema());
        let pattern = schema["pattern"].as_str().expect("a pattern");
        assert!(matches(pattern, address), "{address}");
        assert!(Email::parse(address).is_ok(), "{address}");
    }
}
