//! RealWorld's document with our overlay on it, and what it says of one exchange.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::overlay;

const REALWORLD: &str = include_str!("../../../contract/realworld.yml");
const OVERLAY: &str = include_str!("../../../contract/overlay.yml");

/// The members of a path item that are operations (OpenAPI 3.1, section 4.8.9.1).
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The headers that frame a message, which no API describes: OpenAPI leaves `Content-Type` to
/// `content`.
const FRAMING: [header::HeaderName; 2] = [header::CONTENT_TYPE, header::CONTENT_LENGTH];

pub(super) struct Document {
    tree: Value,
}

impl Document {
    /// The document with the overlay, read once.
    pub(super) fn get() -> &'static Self {
        static DOCUMENT: OnceLock<Document> = OnceLock::new();
        DOCUMENT.get_or_init(|| {
            let parse = |text, name| {
                yaml_serde::from_str::<Value>(text)
                    .unwrap_or_else(|error| panic!("{name}: {error}"))
            };
            let mut tree = parse(REALWORLD, "realworld.yml");
            overlay::apply(&mut tree, &parse(OVERLAY, "overlay.yml"))
                .unwrap_or_else(|error| panic!("overlay.yml: {error}"));
            Self { tree }
        })
    }

    /// Where the paths start: the path of the first server's URL.
    pub(super) fn base(&self) -> &str {
        let url = self.tree["servers"][0]["url"].as_str().unwrap_or_default();
        let authority = url.find("://").map_or(0, |at| at + 3);
        url[authority..]
            .find('/')
            .map_or("", |at| &url[authority + at..])
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let paths = self.tree["paths"].as_object().expect("an object of paths");
        paths.keys().map(String::as_str)
    }

    /// The methods of a path, in capitals.
    pub(super) fn methods(&self, path: &str) -> BTreeSet<String> {
        METHODS
            .iter()
            .filter(|method| self.tree["paths"][path].get(method).is_some())
            .map(|method| method.to_uppercase())
            .collect()
    }

    /// Every operation, as `GET /articles/{slug}`.
    pub(super) fn operations(&self) -> BTreeSet<String> {
        self.paths()
            .flat_map(|path| {
                let methods = self.methods(path).into_iter();
                methods.map(move |method| format!("{method} {path}"))
            })
            .collect()
    }

    /// The statuses that an operation is documented to answer with.
    pub(super) fn statuses(&self, operation: &str) -> BTreeSet<String> {
        let responses = &self.operation(operation)["responses"];
        let responses = responses.as_object().expect("an object of responses");
        responses.keys().cloned().collect()
    }

    /// Whether an operation is for callers with a token only.
    pub(super) fn requires_token(&self, operation: &str) -> bool {
        self.operation(operation).get("security").is_some()
    }

    pub(super) fn takes_body(&self, operation: &str) -> bool {
        self.operation(operation).get("requestBody").is_some()
    }

    /// What is wrong with the parameters of a request: names that are not documented, and values of
    /// theirs that their schemas refuse.
    pub(super) fn faults_of_parameters(
        &self,
        operation: &str,
        place: &str,
        sent: &[(&str, String)],
    ) -> Vec<String> {
        let documented: Vec<Value> = self.operation(&as_described(operation))["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| self.resolve_value(parameter))
            .filter(|parameter| parameter["in"] == place)
            .collect();
        let mut faults = Vec::new();
        for (name, text) in sent {
            match documented
                .iter()
                .find(|parameter| parameter["name"] == *name)
            {
                Some(parameter) => {
                    let faulty = self.faults_of_text(&parameter["schema"], text);
                    faults.extend(faulty.map(|fault| format!("{place} parameter {name}: {fault}")));
                }
                None => faults.push(format!("{place} parameter {name} is not documented")),
            }
        }
        faults
    }

    /// What is wrong with the body of a request.
    pub(super) fn faults_of_request_body(
        &self,
        operation: &str,
        body: Option<&Value>,
    ) -> Vec<String> {
        let request_body = &self.operation(operation)["requestBody"];
        match (request_body, body) {
            (Value::Null, None) => Vec::new(),
            (Value::Null, Some(_)) => vec!["a body is not documented".into()],
            (_, None) => vec!["a body is required".into()],
            (request_body, Some(body)) => {
                let request_body = self.resolve_value(request_body);
                let schema = &request_body["content"]["application/json"]["schema"];
                self.faults_of_json(schema, body)
            }
        }
    }

    /// What is wrong with an answer. Its status, its media type, its headers and its body must be
    /// documented, and all that is required must be there.
    pub(super) fn faults_of_response(
        &self,
        operation: &str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Vec<String> {
        let (method, _) = split(operation);
        let operation = as_described(operation);
        let documented = self.statuses(&operation);
        let Some(response) = self.operation(&operation)["responses"].get(status.as_str()) else {
            return vec![format!(
                "status {status} is not documented: {documented:?} are"
            )];
        };
        let response = self.resolve_value(response);
        let mut faults = self.faults_of_headers(&response["headers"], headers);
        faults.extend(self.faults_of_content(
            &response["content"],
            headers,
            body,
            method == "HEAD",
        ));
        faults
    }

    fn faults_of_headers(&self, documented: &Value, headers: &HeaderMap) -> Vec<String> {
        let mut faults = Vec::new();
        let documented: Vec<(String, Value)> = documented
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, header)| (name.to_lowercase(), self.resolve_value(header)))
            .collect();
        for (name, header) in &documented {
            if header["required"] == Value::Bool(true) && !headers.contains_key(name) {
                faults.push(format!("header {name} is missing"));
            }
            for value in headers.get_all(name) {
                let text = String::from_utf8_lossy(value.as_bytes());
                let faulty = self.faults_of_text(&header["schema"], &text);
                faults.extend(faulty.map(|fault| format!("header {name}: {fault}")));
            }
        }
        for name in headers.keys().filter(|name| !FRAMING.contains(name)) {
            if !documented.iter().any(|(known, _)| known == name.as_str()) {
                faults.push(format!("header {name} is not documented"));
            }
        }
        faults
    }

    fn faults_of_content(
        &self,
        content: &Value,
        headers: &HeaderMap,
        body: &[u8],
        without_body: bool,
    ) -> Vec<String> {
        let media_type = headers.get(header::CONTENT_TYPE);
        let essence = media_type.map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            text.split(';').next().unwrap_or_default().trim().to_owned()
        });
        let empty = content.as_object().is_none_or(serde_json::Map::is_empty);
        match essence {
            None if !empty => vec!["content-type is missing".into()],
            None if body.is_empty() => Vec::new(),
            None => vec!["there is a body where none is documented".into()],
            Some(essence) => match content.get(&essence) {
                None => vec![format!("media type {essence} is not documented")],
                Some(_) if without_body && body.is_empty() => Vec::new(),
                Some(_) if without_body => vec!["an answer to HEAD has a body".into()],
                Some(content) => match serde_json::from_slice(body) {
                    Ok(body) => self.faults_of_json(&content["schema"], &body),
                    Err(error) => vec![format!("the body is not JSON: {error}")],
                },
            },
        }
    }

    fn faults_of_json(&self, schema: &Value, instance: &Value) -> Vec<String> {
        let mut root = schema.clone();
        let object = root.as_object_mut().expect("a schema that is an object");
        // So that `#/components/schemas/…` is found from here.
        object.insert("components".into(), self.tree["components"].clone());
        let validator = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&root)
            .unwrap_or_else(|error| panic!("{schema}: {error}"));
        let errors = validator.iter_errors(instance);
        errors
            .map(|error| format!("{} {error}", error.instance_path))
            .collect()
    }

    /// A parameter's or a header's text against its schema, as OpenAPI's `simple` style has it: a
    /// number is its digits.
    fn faults_of_text(&self, schema: &Value, text: &str) -> impl Iterator<Item = String> {
        let instance = match self.resolve_value(schema)["type"].as_str() {
            Some("integer" | "number" | "boolean") => serde_json::from_str(text).ok(),
            _ => None,
        };
        let instance = instance.unwrap_or_else(|| Value::String(text.to_owned()));
        self.faults_of_json(schema, &instance).into_iter()
    }

    fn operation(&self, operation: &str) -> &Value {
        let (method, path) = split(operation);
        let escaped = path.replace('~', "~0").replace('/', "~1");
        let pointer = format!("/paths/{escaped}/{}", method.to_lowercase());
        let described = self.tree.pointer(&pointer);
        described.unwrap_or_else(|| panic!("{operation} is not documented"))
    }

    /// Follows references (`$ref`) to their end.
    fn resolve_value(&self, value: &Value) -> Value {
        let mut value = value;
        while let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.tree.pointer(pointer));
            value = target.unwrap_or_else(|| panic!("{reference} leads nowhere"));
        }
        value.clone()
    }
}

/// `GET /articles` in its two halves.
pub(super) fn split(operation: &str) -> (&str, &str) {
    operation
        .split_once(' ')
        .unwrap_or_else(|| panic!("{operation} is no operation"))
}

/// HEAD is asked and answered as GET is, but for the body (RFC 9110, section 9.3.2).
fn as_described(operation: &str) -> String {
    match split(operation) {
        ("HEAD", path) => format!("GET {path}"),
        _ => operation.to_owned(),
    }
}
