//! One operation, as it stands in a document.

use serde_json::{Map, Value, json};
use utoipa::openapi::HttpMethod;

use super::describe::{Caller, Description, ExtensionOfProblems};
use super::{headers, problems};
use crate::problem::ProblemKind;

/// What every operation can be answered with: a condition that does not hold, or that it does not know.
const OF_EVERY_OPERATION: [ProblemKind; 3] = [
    ProblemKind::PreconditionFailed,
    ProblemKind::Internal,
    ProblemKind::Unavailable,
];

/// One method of one path.
#[derive(Clone)]
pub(super) struct Operation {
    pub(super) path: String,
    method: HttpMethod,
    /// What `#[utoipa::path]` says.
    written: utoipa::openapi::path::Operation,
    /// What the handler's type says, and the layers around it.
    pub(super) description: Description,
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method(), self.path)
    }
}

impl Operation {
    pub(super) fn new(
        path: String,
        method: HttpMethod,
        mut written: utoipa::openapi::path::Operation,
        tags: Vec<&str>,
        description: Description,
    ) -> Self {
        written.tags = Some(tags.into_iter().map(str::to_owned).collect());
        Self {
            path,
            method,
            written,
            description,
        }
    }

    /// The method as OpenAPI writes it: `get`.
    pub(super) fn method(&self) -> &'static str {
        match self.method {
            HttpMethod::Get => "get",
            HttpMethod::Put => "put",
            HttpMethod::Post => "post",
            HttpMethod::Delete => "delete",
            HttpMethod::Options => "options",
            HttpMethod::Head => "head",
            HttpMethod::Patch => "patch",
            HttpMethod::Trace => "trace",
        }
    }

    pub(super) fn is_read(&self) -> bool {
        self.method == HttpMethod::Get
    }

    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.written.tags.iter().flatten().map(String::as_str)
    }

    /// The operation as JSON.
    ///
    /// # Panics
    ///
    /// When what is written does not go with the handler's type. A test of the function calls this.
    pub(super) fn to_json(&self) -> Value {
        let mut operation = json!(self.written);
        let written = operation["responses"].take();
        let written = written.as_object().cloned().unwrap_or_default();
        operation["responses"] = Value::Object(self.responses(&written));
        let parameters = self.parameters(&operation["parameters"]);
        self.assert_path_is_described(&parameters);
        if parameters.is_empty() {
            operation
                .as_object_mut()
                .map(|members| members.remove("parameters"));
        } else {
            operation["parameters"] = Value::Array(parameters);
        }
        if let Some(schema) = &self.description.request {
            operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        let schemes = self.description.token_schemes.keys().copied();
        let schemes = schemes.chain(["Bearer"]);
        let schemes = schemes.map(|name| json!({ (name): [] }));
        operation["security"] = match self.description.caller {
            None => json!([]),
            Some(Caller::Optional) => [json!({})].into_iter().chain(schemes).collect(),
            Some(Caller::Required) => schemes.collect(),
        };
        operation
    }

    fn parameters(&self, written: &Value) -> Vec<Value> {
        let written = written.as_array().cloned().unwrap_or_default();
        let mut parameters: Vec<Value> = written
            .into_iter()
            .chain(self.description.parameters.clone())
            .collect();
        if self.is_read() {
            let mut conditions = Description::default();
            conditions.conditional_read();
            parameters.extend(conditions.parameters);
        }
        parameters
    }

    fn assert_path_is_described(&self, parameters: &[Value]) {
        let in_path = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path");
        let mut described: Vec<&str> = in_path
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let mut named: Vec<&str> = self.path.split('/').filter_map(parameter_of).collect();
        described.sort_unstable();
        named.sort_unstable();
        assert_eq!(
            described, named,
            "{self:?}: the path's parameters, as `params(…)` describes them and as the path has them"
        );
    }

    fn responses(&self, written: &Map<String, Value>) -> Map<String, Value> {
        let status = self.description.status.to_string();
        let (successes, failures): (Vec<_>, Vec<_>) = written
            .iter()
            .partition(|(status, _)| status.starts_with('2'));
        let statuses: Vec<&String> = successes.iter().map(|(status, _)| *status).collect();
        assert!(
            statuses == [&status],
            "{self:?}: of answers that succeed `responses(…)` says {statuses:?}, and {status} is that of the \
             handler's type: have both say what is meant (`Created<…>` is 201, `NoContent` is 204)"
        );
        let mut answer = successes[0].1.clone();
        answer["headers"] = headers::of_success(&self.description, self.is_read());
        if let Some((media_type, schema)) = &self.description.content {
            answer["content"] = json!({ *media_type: { "schema": schema } });
        }

        let mut kinds = self.description.problems.clone();
        kinds.extend(OF_EVERY_OPERATION);
        for (_, failure) in failures {
            let reference = failure["$ref"].as_str().unwrap_or_default();
            let kind = problems::referenced(reference);
            kinds.insert(kind.unwrap_or_else(|| panic!("{self:?}: a failure is written as one of `shared::openapi`'s, such as `NotFound`")));
        }
        let mut responses = Map::from_iter([(status, answer)]);
        if self.is_read() {
            // Most are alike, and stand among the components.
            let usual = not_modified(&Description::default());
            let own = not_modified(&self.description);
            let reference = json!({ "$ref": "#/components/responses/NotModified" });
            responses.insert("304".into(), if own == usual { reference } else { own });
        }
        for (status, kinds) in problems::by_status(&kinds) {
            let name = problems::response_name(&kinds, self.description.extension.as_ref());
            responses.insert(
                status,
                json!({ "$ref": format!("#/components/responses/{name}") }),
            );
        }
        responses
    }

    /// The problems that the operation answers with, as [`problems::response`] describes them.
    pub(super) fn problem_sets(&self) -> Vec<Vec<ProblemKind>> {
        let mut kinds = self.description.problems.clone();
        let written = json!(self.written);
        let responses = written["responses"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let references = responses
            .values()
            .filter_map(|response| response["$ref"].as_str());
        kinds.extend(references.filter_map(problems::referenced));
        kinds.extend(OF_EVERY_OPERATION);
        problems::by_status(&kinds).into_values().collect()
    }
}

/// The answer to whoever has it already.
pub(super) fn not_modified(description: &Description) -> Value {
    json!({
        "description": "The caller has it already.",
        "headers": headers::of_not_modified(description),
    })
}

/// `slug` of the segment `{slug}`.
fn parameter_of(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// `HEAD`, which is answered as `GET` is, without the body (RFC 9110, section 9.3.2).
pub(super) fn head(get: &Value) -> Value {
    let mut head = get.clone();
    head["operationId"] = json!(renamed(get, "Head"));
    head["summary"] = json!(format!(
        "{}: the headers alone",
        get["summary"].as_str().unwrap_or("As GET")
    ));
    head["description"] = json!("As GET, without the body.");
    let responses = head["responses"]
        .as_object_mut()
        .expect("an operation has responses");
    for response in responses.values_mut().filter_map(Value::as_object_mut) {
        response.remove("content");
    }
    head
}

fn renamed(operation: &Value, verb: &str) -> String {
    let id = operation["operationId"].as_str().unwrap_or_default();
    format!("{verb}{}", id.strip_prefix("Get").unwrap_or(id))
}

/// `OPTIONS`, which says what else the path answers to (RFC 9110, section 9.3.7).
pub(super) fn options(
    path: &str,
    others: &Map<String, Value>,
    extension: Option<&ExtensionOfProblems>,
) -> Value {
    let words = path
        .split(['/', '-', '_', '{', '}'])
        .filter(|word| !word.is_empty());
    let id: String = words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect();
    let first = others.values().next().expect("a path has an operation");
    // Nobody looks at their values.
    let parameters: Vec<Value> = path
        .split('/')
        .filter_map(parameter_of)
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    let mut options = json!({
        "operationId": format!("Options{id}"),
        "tags": first["tags"],
        "summary": "What this address answers to",
        "description": "A browser's preflight request (CORS) is answered with status 200 and the \
                        headers that it asks for, where `cors_origins` allows its origin.",
        "security": [],
        "responses": {
            "204": {
                "description": "The methods are in `Allow`.",
                "headers": headers::with(&[("Allow", "Allow"), ("Cache-Control", "NotStored")]),
            },
        },
    });
    for kind in [ProblemKind::Internal, ProblemKind::Unavailable] {
        let name = problems::response_name(&[kind], extension);
        options["responses"][kind.status().as_str()] =
            json!({ "$ref": format!("#/components/responses/{name}") });
    }
    if !parameters.is_empty() {
        options["parameters"] = json!(parameters);
    }
    options
}
