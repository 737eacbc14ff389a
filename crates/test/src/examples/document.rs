//! What an OpenAPI document says of an operation.

use serde_json::Value;

use super::schema;

/// The members of a path item that are operations (OpenAPI 3.1, section 4.8.9.1).
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

pub(super) struct Document {
    pub(super) tree: Value,
}

/// An operation in its document.
pub(super) struct Operation<'d> {
    document: &'d Value,
    described: &'d Value,
    pub(super) id: &'d str,
    pub(super) method: &'d str,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let tree: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match tree["paths"].is_object() {
            true => Ok(Self { tree }),
            false => Err("it has no paths".into()),
        }
    }

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
        let responses = self.described["responses"]
            .as_object()
            .into_iter()
            .flatten();
        let mut successes = responses.filter(|(status, _)| status.starts_with('2'));
        successes.any(|(_, response)| {
            let content = &resolved(self.document, response)["content"];
            content.get("application/json").is_some()
        })
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

fn matches(template: &str, path: &str) -> bool {
    let (described, asked) = (template.split('/'), path.split('/'));
    described.clone().count() == asked.clone().count()
        && described.zip(asked).all(|(described, asked)| {
            let is_parameter = described.starts_with('{') && !asked.is_empty();
            is_parameter || described == asked
        })
}
