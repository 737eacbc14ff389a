//! What an operation's arguments, answer and layers say of it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Extension as ProblemExtension, Member, ProblemKind};

/// What takes part in answering, and what that means to the caller: extractors, answers, layers.
///
/// ```
/// use shared::openapi::{Describe, Description};
/// use shared::problem::ProblemKind;
///
/// /// An extractor that refuses whoever is not in the office.
/// struct InOffice;
///
/// impl Describe for InOffice {
///     fn describe(description: &mut Description) {
///         description.problem(ProblemKind::Forbidden);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it means to the caller of an operation",
    note = "implement `shared::openapi::Describe` for it"
)]
pub trait Describe {
    /// Whether it is an argument that evaluates `If-Match` and `If-None-Match` of a request that changes
    /// something. A handler without one is not called with them.
    const EVALUATES_PRECONDITIONS: bool = false;

    /// Adds what this means to an operation's description.
    fn describe(description: &mut Description);
}

/// What is known of an operation beside its `#[utoipa::path]`.
#[derive(Clone, Debug, Default)]
pub struct Description {
    pub(super) parameters: Vec<Value>,
    pub(super) caller: Option<Caller>,
    pub(super) request: Option<Value>,
    pub(super) status: u16,
    /// Media type and schema of a successful answer.
    pub(super) content: Option<(&'static str, Value)>,
    /// Names of headers of a successful answer, as [`headers`](super::headers) has them.
    pub(super) headers: BTreeSet<&'static str>,
    /// Headers of a successful answer that the function alone has, or has otherwise than all.
    pub(super) own_headers: BTreeMap<&'static str, Value>,
    pub(super) problems: BTreeSet<ProblemKind>,
    pub(super) schemas: BTreeMap<String, Value>,
    pub(super) extension: Option<ExtensionOfProblems>,
    /// Security schemes beside `Bearer`, by their names.
    pub(super) token_schemes: BTreeMap<&'static str, Value>,
    pub(super) no_store: bool,
    pub(super) cached: bool,
}

/// A member that problems have beside those of RFC 9457.
#[derive(Clone, Debug)]
#[cfg_attr(
    target_arch = "wasm32",
    expect(dead_code, reason = "a component describes nothing")
)]
pub(super) struct ExtensionOfProblems {
    /// Begins the names of the responses.
    pub(super) name: &'static str,
    pub(super) member: Member,
    pub(super) schema: Value,
}

/// Whether an operation has to know who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Optional,
    Required,
}

impl Description {
    /// A problem that the operation can be answered with.
    pub fn problem(&mut self, kind: ProblemKind) {
        self.problems.insert(kind);
    }

    /// The query's parameters, by their type.
    pub fn query<T: IntoParams>(&mut self) {
        let parameters = T::into_params(|| Some(ParameterIn::Query));
        let parameters = parameters.iter().map(|parameter| {
            let mut parameter = json!(parameter);
            // It is a text, whatever number it is read as: what no type of ours holds may be right.
            if let Some(schema) = parameter["schema"].as_object_mut() {
                schema.remove("format");
            }
            parameter
        });
        self.parameters.extend(parameters);
    }

    /// The greatest number that a parameter of the query may be.
    pub(crate) fn maximum(&mut self, name: &str, maximum: u32) {
        for parameter in self
            .parameters
            .iter_mut()
            .filter(|parameter| parameter["name"] == name)
        {
            parameter["schema"]["maximum"] = json!(maximum);
        }
    }

    /// The JSON body of the request, by its type.
    pub fn request_body<T: ToSchema>(&mut self) {
        self.request = Some(self.reference::<T>());
    }

    /// The JSON body of the answer, by its type.
    pub fn answer_body<T: ToSchema>(&mut self) {
        self.content = Some(("application/json", self.reference::<T>()));
    }

    /// The body of the answer, where it is no JSON or any JSON: the media type alone.
    pub fn answer_of(&mut self, media_type: &'static str) {
        let is_json = media_type.ends_with("json");
        let schema = json!({ "type": if is_json { "object" } else { "string" } });
        self.content = Some((media_type, schema));
    }

    /// A header of successful answers, as a Header Object of OpenAPI, in the place of what would be
    /// said of it.
    pub fn answer_header(&mut self, name: &'static str, header: Value) {
        self.own_headers.insert(name, header);
    }

    /// The status of a successful answer.
    pub fn status(&mut self, status: u16) {
        self.status = status;
    }

    /// A header that successful answers may have.
    pub(crate) fn header(&mut self, name: &'static str) {
        self.headers.insert(name);
    }

    /// That a change asks for what is to be changed (`If-Match`) or must not be there
    /// (`If-None-Match`), and refuses what is no condition.
    pub(crate) fn conditional_change(&mut self) {
        for (name, description, section) in [
            (
                "If-Match",
                "The change is made only if it still is what has this `ETag`.",
                "13.1.1",
            ),
            (
                "If-None-Match",
                "The change is made only if it is not what has this `ETag`.",
                "13.1.2",
            ),
        ] {
            let schema = json!({
                "type": "string",
                "description": format!("A list of entity tags, or `*` for any (RFC 9110, section {section})."),
                "pattern": "^(\\*|(W/)?\"[!#-~]*\"(, *(W/)?\"[!#-~]*\")*)?$",
            });
            self.request_header(name, description, &schema);
        }
    }

    /// That a read asks for what is not known yet (`If-None-Match`) or still the same (`If-Match`).
    /// What is no condition is none: the answer is sent in full.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn conditional_read(&mut self) {
        let any = json!({ "type": "string" });
        for (name, description) in [
            (
                "If-None-Match",
                "Answered with 304 if it still is what has this `ETag`.",
            ),
            (
                "If-Match",
                "Answered with 412 if it no longer is what has this `ETag`.",
            ),
        ] {
            self.request_header(name, description, &any);
        }
    }

    fn request_header(&mut self, name: &str, description: &str, schema: &Value) {
        self.parameters.push(json!({
            "name": name,
            "in": "header",
            "required": false,
            "schema": schema,
            "description": description,
        }));
    }

    pub(crate) fn caller_is_optional(&mut self) {
        self.caller = self.caller.or(Some(Caller::Optional));
    }

    pub(crate) fn caller_is_required(&mut self) {
        self.caller = Some(Caller::Required);
    }

    /// A member that the problems have beside those of RFC 9457.
    pub fn extend_problems<E: ProblemExtension>(&mut self) {
        self.extension = Some(ExtensionOfProblems {
            name: E::NAME,
            member: Member::of::<E>(),
            schema: self.reference::<E::Value>(),
        });
    }

    /// Another way than `Bearer` to send the access token, as a Security Scheme Object of OpenAPI: for layers
    /// that turn it into that one.
    pub fn token_scheme(&mut self, name: &'static str, scheme: Value) {
        self.token_schemes.insert(name, scheme);
    }

    /// That nobody may keep an answer.
    pub(crate) fn no_store(&mut self) {
        self.no_store = true;
    }

    /// That a cache is asked.
    pub(crate) fn cached(&mut self) {
        self.cached = true;
    }

    /// A schema that stands by itself among the components, and those that it refers to.
    fn reference<T: ToSchema>(&mut self) -> Value {
        let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut schemas);
        let own = T::schema();
        let name = T::name();
        // What has no name of its own, such as a list or a number, stands where it is used.
        let is_named = matches!(own, RefOr::T(Schema::Object(_))) && !is_primitive(&name);
        let reference = if is_named {
            schemas.push((name.to_string(), own));
            json!({ "$ref": format!("#/components/schemas/{name}") })
        } else {
            json!(own)
        };
        let schemas = schemas.into_iter();
        self.schemas
            .extend(schemas.map(|(name, schema)| (name, json!(schema))));
        reference
    }
}

fn is_primitive(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase()) || name == "String"
}

/// Headers that a handler looks at by itself.
impl Describe for axum::http::HeaderMap {
    fn describe(_: &mut Description) {}
}

/// What extends requests is the function's own.
impl<T> Describe for Extension<T> {
    fn describe(_: &mut Description) {}
}
