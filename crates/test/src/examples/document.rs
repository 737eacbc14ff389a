//! What the application's OpenAPI document says of a function's operations, and shows of their answers.

use serde_json::Value;

use super::{REQUEST, Recorded, schema};

/// The member of an operation that names its function, as `cargo jenny openapi` writes it.
const FUNCTION: &str = "x-function";

/// The member of a problem's example that names the operation which was answered so.
const OPERATION: &str = "x-operation";

const JSON: &str = "/content/application~1json";

/// The members of a path item that are operations (OpenAPI 3.1, section 4.8.9.1).
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

pub(super) struct Document {
    pub(super) tree: Value,
    pub(super) function: String,
}

/// An operation in its document.
pub(super) struct Operation<'d> {
    document: &'d Value,
    described: &'d Value,
    pub(super) id: &'d str,
    pub(super) method: &'d str,
}

impl Document {
    pub(super) fn parse(text: &str, function: &str) -> Result<Self, String> {
        let tree: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let function = function.to_owned();
        match tree["paths"].is_object() {
            true => Ok(Self { tree, function }),
            false => Err("it has no paths".into()),
        }
    }

    /// The recorded answers that the document shows of the function's operations.
    pub(super) fn shown(&self) -> Recorded {
        let mut shown = Recorded::new();
        let mut add = |id: &str, name: &str, value: &Value| {
            let of_id = shown.entry(id.to_owned()).or_default();
            of_id.insert(name.to_owned(), value.clone());
        };
        for operation in self.operations() {
            let example =
                |of: &'_ Value| of.pointer(JSON).and_then(|of| of.get("example")).cloned();
            if let Some(value) = example(&operation.described["requestBody"]) {
                add(operation.id, REQUEST, &value);
            }
            for (status, response) in operation.responses() {
                if let Some(value) = example(response) {
                    add(operation.id, status, &value);
                }
                for (slug, problem) in problems(resolved(&self.tree, response)) {
                    if problem[OPERATION] == operation.id {
                        add(operation.id, slug, &problem["value"]);
                    }
                }
            }
        }
        shown
    }

    /// What it would show with these.
    pub(super) fn shown_after(&self, recorded: &Recorded) -> Recorded {
        let mut after = Self {
            tree: self.tree.clone(),
            function: self.function.clone(),
        };
        after.show(recorded);
        after.shown()
    }

    /// Shows these of the function's operations and no others. A problem that another operation shows stays.
    pub(super) fn show(&mut self, recorded: &Recorded) {
        for (id, names) in &self.shown() {
            for name in names.keys() {
                let is_kept = recorded
                    .get(id)
                    .is_some_and(|names| names.contains_key(name));
                if !is_kept && let Some(place) = self.place(id, name) {
                    let members = place.as_object_mut().expect("an object");
                    // What a problem's example says stays: it is one still.
                    members.remove(if name_of_problem(name) {
                        OPERATION
                    } else {
                        "example"
                    });
                }
            }
        }
        for (id, names) in recorded {
            for (name, value) in names {
                let Some(place) = self.place(id, name) else {
                    continue;
                };
                if !name_of_problem(name) {
                    place["example"] = value.clone();
                } else if place.get(OPERATION).is_none_or(|owner| owner == id) {
                    place[OPERATION] = id.as_str().into();
                    place["value"] = value.clone();
                }
            }
        }
    }

    /// Where an example of an operation stands.
    fn place(&mut self, id: &str, name: &str) -> Option<&mut Value> {
        let pointer = {
            let (path, operation) = self.paths().find_map(|(path, item)| {
                let mut own = METHODS
                    .iter()
                    .filter_map(|method| self.described(item, method));
                Some((path, own.find(|operation| operation.id == id)?))
            })?;
            let at = format!("/paths/{}/{}", escaped(path), operation.method);
            if name == REQUEST {
                format!("{at}/requestBody{JSON}")
            } else if !name_of_problem(name) {
                format!("{at}/responses/{name}{JSON}")
            } else {
                let mut responses = operation.responses();
                responses.find_map(|(_, response)| {
                    let reference = response["$ref"].as_str()?.strip_prefix('#')?;
                    let known =
                        problems(self.tree.pointer(reference)?).any(|(slug, _)| slug == name);
                    known.then(|| {
                        format!("{reference}/content/application~1problem+json/examples/{name}")
                    })
                })?
            }
        };
        self.tree.pointer_mut(&pointer)
    }

    /// Those of the function.
    pub(super) fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        self.paths().flat_map(|(_, item)| {
            let methods = METHODS.into_iter();
            methods.filter_map(|method| self.described(item, method))
        })
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.operations().map(|operation| operation.id)
    }

    /// The operation that a request is for. Where several paths match, it is that with text in place of
    /// a parameter (OpenAPI 3.1, section 4.8.8.2).
    pub(super) fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let matching = self.paths().filter(|(template, _)| matches(template, path));
        let item = matching
            .min_by_key(|(template, _)| template.matches('{').count())
            .map(|(_, item)| item)?;
        let method = METHODS.into_iter().find(|known| *known == method)?;
        self.described(item, method)
    }

    fn paths(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.tree["paths"].as_object().into_iter().flatten()
    }

    fn described<'d>(&'d self, item: &'d Value, method: &'static str) -> Option<Operation<'d>> {
        let described = item.get(method)?;
        if described[FUNCTION] != self.function {
            return None;
        }
        Some(Operation {
            document: &self.tree,
            described,
            id: described["operationId"].as_str()?,
            method,
        })
    }
}

impl<'d> Operation<'d> {
    /// What is said of answers of a status.
    pub(super) fn response(&self, status: &str) -> Option<&'d Value> {
        let response = self.described["responses"].get(status)?;
        Some(resolved(self.document, response))
    }

    /// Whether an answer that succeeds is JSON.
    pub(super) fn answers_json(&self) -> bool {
        let mut successes = self
            .responses()
            .filter(|(status, _)| status.starts_with('2'));
        successes.any(|(_, response)| {
            let content = &resolved(self.document, response)["content"];
            content.get("application/json").is_some()
        })
    }

    fn responses(&self) -> impl Iterator<Item = (&'d String, &'d Value)> {
        self.described["responses"]
            .as_object()
            .into_iter()
            .flatten()
    }

    /// The schema of the body of a request.
    pub(super) fn request_schema(&self) -> Value {
        let body = resolved(self.document, &self.described["requestBody"]);
        body["content"]["application/json"]["schema"].clone()
    }

    /// What of a value is not as a schema of this document has it.
    pub(super) fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        schema::faults(self.document, schema, value)
    }
}

/// Follows a reference (`$ref`) to its end, as far as it leads within the document.
pub(super) fn resolved<'d>(document: &'d Value, mut value: &'d Value) -> &'d Value {
    while let Some(target) = value["$ref"]
        .as_str()
        .and_then(|reference| document.pointer(reference.strip_prefix('#')?))
    {
        value = target;
    }
    value
}

/// The examples of a problem, by the last segment of its `type`.
fn problems(response: &Value) -> impl Iterator<Item = (&String, &Value)> {
    response["content"]["application/problem+json"]["examples"]
        .as_object()
        .into_iter()
        .flatten()
}

/// Whether an example is of a problem: a request or a success is not.
fn name_of_problem(name: &str) -> bool {
    name != REQUEST && !name.bytes().all(|byte| byte.is_ascii_digit())
}

/// A member's name in a JSON pointer (RFC 6901, section 3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn matches(template: &str, path: &str) -> bool {
    let (described, asked) = (template.split('/'), path.split('/'));
    described.clone().count() == asked.clone().count()
        && described.zip(asked).all(|(described, asked)| {
            let is_parameter = described.starts_with('{') && !asked.is_empty();
            is_parameter || described == asked
        })
}
