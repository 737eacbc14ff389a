//! Real answers, for the documentation of what gives them.

mod document;
mod schema;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use http::header;
use serde_json::{Map, Value};

use self::document::{Document, Operation};
use crate::package;
use crate::request::TestRequest;
use crate::response::TestResponse;

/// Set to `1`, it has the answers written down.
const UPDATE_VARIABLE: &str = "UPDATE_OPENAPI";

/// The member of a function's document in which they stand.
const MEMBER: &str = "x-examples";

/// The id of requests that say no other, so that answers which repeat it are the same each time.
const REQUEST_ID: &str = "01a204c8-f58f-7058-8eb2-b64ac1aae4e0";

/// What the body of a request stands under, beside the answers.
const REQUEST: &str = "request";

/// By the operation's id and by what they are an example of: `request`, a status, or the last segment
/// of a problem's `type`.
type Recorded = BTreeMap<String, BTreeMap<String, Value>>;

/// Answers of a component that its OpenAPI document shows as examples.
///
/// They stand in the member `x-examples` of the document, by the operation's id and the status or, of
/// problems (RFC 9457), the last segment of their `type`. One test of the component sends what
/// is to be shown, [`record`](Self::record)s it and [`finish`](Self::finish)es, which fails when the
/// service answers otherwise than the document shows. With `UPDATE_OPENAPI=1` the answers are written
/// instead; the change is then there to be reviewed.
///
/// Access tokens are shortened to their beginning, so that none is published.
///
/// ```no_run
/// use jenny_test::{Examples, TestApp};
///
/// # async fn example() {
/// let app = TestApp::new().await;
/// let mut examples = Examples::open("../functions/tags");
/// examples.record(app.get("/api/notes")).await.assert_status(200);
/// examples.record(app.get("/api/notes").header("if-match", "\"old\"")).await.assert_status(412);
/// examples.finish();
/// # }
/// ```
#[must_use = "answers are compared when they are finished"]
pub struct Examples {
    path: PathBuf,
    document: Document,
    updates: bool,
    recorded: Recorded,
    exempt: Vec<String>,
    finished: bool,
}

impl Examples {
    /// Reads the `openapi.json` in a folder, by its path from the tested package's.
    ///
    /// # Panics
    ///
    /// When there is none, or it is no OpenAPI document; the message says what to do.
    #[track_caller]
    pub fn open(folder: impl AsRef<Path>) -> Self {
        let updates = std::env::var_os(UPDATE_VARIABLE).is_some_and(|value| value == "1");
        Self::open_to(&package::resolve(folder.as_ref()), updates)
    }

    #[track_caller]
    fn open_to(folder: &Path, updates: bool) -> Self {
        let path = folder.join("openapi.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!(
                "{} cannot be read ({error}): describe the operations first, by \
                 `UPDATE_OPENAPI=1 cargo test --workspace --lib openapi_json`",
                path.display()
            )
        });
        let document = Document::parse(&text)
            .unwrap_or_else(|why| panic!("{} is no OpenAPI document: {why}", path.display()));
        Self {
            path,
            document,
            updates,
            recorded: Recorded::new(),
            exempt: Vec::new(),
            finished: false,
        }
    }

    /// Lets an operation be without an example: one whose answer would hold the document itself, for
    /// instance.
    ///
    /// # Panics
    ///
    /// When there is no operation of this id.
    #[track_caller]
    pub fn without(&mut self, operation: &str) {
        assert!(
            self.document.ids().any(|id| id == operation),
            "{} describes no operation {operation}",
            self.path.display()
        );
        self.exempt.push(operation.to_owned());
    }

    /// Sends a request and keeps what it is answered with, and, where it succeeds, its body. Answers
    /// without a body leave nothing to be shown.
    ///
    /// # Panics
    ///
    /// When the answer is not as the document describes it, down to the names of all members; and as
    /// [`TestRequest::send`] does.
    pub async fn record(&mut self, request: TestRequest<'_>) -> TestResponse {
        let request = match request.has_header("x-request-id") {
            true => request,
            false => request.header("x-request-id", REQUEST_ID),
        };
        let method = request.method().as_str().to_lowercase();
        let path = request.path().to_owned();
        let sent = request.json_body();
        let response = request.send().await;
        let file = self.path.display();
        let Some(operation) = self.document.operation(&method, &path) else {
            panic!("{file} describes no operation for this: {response:?}");
        };
        let id = operation.id;
        let found = examples_of(&operation, sent, &response).unwrap_or_else(|why| {
            panic!("{file} describes {id} otherwise than it is answered: {why}{response:?}")
        });
        let all = self.recorded.entry(id.to_owned()).or_default();
        for (name, value) in found {
            let before = all.insert(name.clone(), value);
            assert!(
                before.is_none(),
                "{id} ({name}) is recorded twice: {response:?}"
            );
        }
        response
    }

    /// Compares everything that was recorded with the document, or writes it there.
    ///
    /// # Panics
    ///
    /// With the first example that differs, or with the operations that answer with JSON and have none.
    #[track_caller]
    pub fn finish(mut self) {
        self.finished = true;
        if let Some(missing) = self.missing() {
            panic!("{}: {missing}", self.path.display());
        }
        let new = as_json(&self.recorded);
        let old = &self.document.tree[MEMBER];
        if old == &new {
            return;
        }
        if self.updates {
            self.write(new);
            return;
        }
        panic!("{}{}", self.path.display(), told::difference(old, &new));
    }

    /// The operations without an example of how they succeed, in a sentence.
    fn missing(&self) -> Option<String> {
        let without: Vec<&str> = self
            .document
            .operations()
            .filter(|operation| operation.method != "head" && operation.answers_json())
            .filter(|operation| {
                let recorded = self.recorded.get(operation.id);
                !recorded.is_some_and(|names| names.keys().any(|name| is_success(name)))
            })
            .map(|operation| operation.id)
            .filter(|id| !self.exempt.iter().any(|exempt| exempt == id))
            .collect();
        (!without.is_empty()).then(|| {
            format!(
                "no answer of {} was recorded: send a request of each that succeeds to \
                 `Examples::record`",
                without.join(", ")
            )
        })
    }

    fn write(&self, new: Value) {
        let mut tree = self.document.tree.clone();
        match (new, tree.as_object_mut()) {
            (Value::Null, Some(members)) => _ = members.remove(MEMBER),
            (new, _) => tree[MEMBER] = new,
        }
        let mut text = serde_json::to_string_pretty(&tree).expect("a document is JSON");
        text.push('\n');
        if let Err(error) = std::fs::write(&self.path, text) {
            panic!("{} cannot be written: {error}", self.path.display());
        }
    }
}

impl Drop for Examples {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            panic!("what was recorded was not compared: call `Examples::finish`");
        }
    }
}

fn is_success(name: &str) -> bool {
    name.len() == 3 && name.starts_with('2')
}

/// What is recorded, as it stands in the document: nothing at all if it is nothing.
fn as_json(recorded: &Recorded) -> Value {
    let operations = recorded.iter().filter(|(_, answers)| !answers.is_empty());
    if operations.clone().next().is_none() {
        return Value::Null;
    }
    let operations = operations.map(|(id, answers)| {
        let answers = answers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        (id.clone(), Value::Object(answers.collect()))
    });
    Value::Object(operations.collect::<Map<_, _>>())
}

/// What an exchange is an example of, or how it is not as described.
fn examples_of(
    operation: &Operation<'_>,
    sent: Option<Value>,
    response: &TestResponse,
) -> Result<Vec<(String, Value)>, String> {
    let status = response.status.as_str();
    let described = operation
        .response(status)
        .ok_or_else(|| format!("status {status} is not described"))?;
    if response.body.is_empty() {
        return Ok(Vec::new());
    }
    let media_type = response.header(header::CONTENT_TYPE.as_str());
    let media_type = media_type.unwrap_or_default().split(';').next();
    let media_type = media_type.unwrap_or_default().trim();
    let schema = described["content"][media_type]["schema"].clone();
    if schema.is_null() {
        return Err(format!("media type {media_type:?} is not described"));
    }
    let body: Value = serde_json::from_slice(&response.body)
        .map_err(|error| format!("only JSON is an example ({error})"))?;
    let body = told::shortened(body);
    let faults = operation.faults(&schema, &body);
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    if !response.status.is_success() {
        let kind = body["type"].as_str().unwrap_or_default();
        let slug = kind.rsplit('/').next().unwrap_or_default().to_owned();
        return match slug.is_empty() {
            true => Err("a problem has a type (RFC 9457, section 3.1.1)".into()),
            false => Ok(vec![(slug, body)]),
        };
    }
    let mut examples = vec![(status.to_owned(), body)];
    if let Some(sent) = sent {
        let schema = operation.request_schema();
        let faults = operation.faults(&schema, &sent);
        if !faults.is_empty() {
            return Err(format!("as it was asked: {}", faults.join("; ")));
        }
        examples.push((REQUEST.to_owned(), sent));
    }
    Ok(examples)
}

#[cfg(test)]
mod tests;
