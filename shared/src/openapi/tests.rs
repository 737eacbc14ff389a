//! Documents, and what becomes of them when something does not go together.

use axum::Json;
use axum::response::NoContent;
use regex::Regex;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::testing::assert_agrees;
use super::{About, Created, Operations};
use crate::conditional::NoStore;
use crate::identity::{Email, Username};
use crate::password::Password;
use crate::problem::testing::Summary;
use crate::problem::{Extended, ProblemKind};

mod routes {
    use super::*;
    use crate::caller::Caller;
    use crate::extract::Path;
    use crate::openapi::Forbidden;

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

    #[utoipa::path(delete, path = "/things", responses((status = OK, description = "Gone.")))]
    pub(super) async fn of_another_status() -> NoContent {
        NoContent
    }

    #[utoipa::path(delete, path = "/things/{id}", responses((status = 204, description = "Gone.")))]
    pub(super) async fn of_another_path() -> NoContent {
        NoContent
    }
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
#[should_panic(expected = "that of the handler's type")]
fn a_status_that_the_answer_has_not_is_refused() {
    document(&crate::operations![routes::of_another_status]);
}

#[test]
#[should_panic(expected = "the path's parameters")]
fn a_parameter_that_is_not_described_is_refused() {
    document(&crate::operations![routes::of_another_path]);
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
