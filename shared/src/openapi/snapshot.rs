//! Holds a function's checked-in document against its code.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::Value;
use tower::ServiceExt as _;

use super::document::About;
use super::operations::Function;
use crate::service::{Baseline, baseline};

/// The file in the function's folder.
const FILE: &str = "openapi.json";

/// The variable that has the file written rather than compared.
const UPDATE: &str = "UPDATE_OPENAPI";

/// Compares a function's `openapi.json` with what its code says, or writes it where `UPDATE_OPENAPI` is
/// set, and asks the router for the methods that it really answers to. The test that
/// [`function!`](crate::function) makes calls this.
///
/// # Panics
///
/// When they differ, with what to do about it.
pub fn verify<F: Function>(function: F, about: About) {
    let file = Path::new(about.folder).join(FILE);
    let Some(operations) = function.operations() else {
        assert!(
            !file.exists(),
            "{FILE} describes a router without operations: make it with `operations!`, or delete the file"
        );
        return;
    };
    let document = operations.document(about);
    let mut text = serde_json::to_string_pretty(&document).expect("a document is JSON");
    text.push('\n');
    futures::executor::block_on(ask_for_methods(&function.into(), &document));
    if env::var_os(UPDATE).is_some() {
        fs::write(&file, text).expect("the function's folder can be written");
        return;
    }
    let checked_in = fs::read_to_string(&file).unwrap_or_default();
    if let Some((line, (old, new))) = first_difference(&checked_in, &text) {
        panic!(
            "functions/{}/{FILE} is not what the code says, from line {line} on:\n- {old}\n+ {new}\n\
             If the code is right, write the file and look at its difference:\n\n    \
             {UPDATE}=1 cargo test --workspace --lib openapi_json\n",
            about.name
        );
    }
}

fn first_difference<'a>(old: &'a str, new: &'a str) -> Option<(usize, (&'a str, &'a str))> {
    if old == new {
        return None;
    }
    let lines = old.lines().count().max(new.lines().count());
    let line = |text: &'a str, index| text.lines().nth(index).unwrap_or("(the end)");
    let differing = (0..lines).map(|index| (index + 1, (line(old, index), line(new, index))));
    differing.into_iter().find(|(_, (old, new))| old != new)
}

/// Each path of the document is asked what it answers to, which is what is described.
async fn ask_for_methods(router: &Router, document: &Value) {
    let service = baseline(router.clone(), Baseline::default());
    for (path, item) in document["paths"].as_object().expect("an object of paths") {
        let described: BTreeSet<String> = item
            .as_object()
            .expect("an object of operations")
            .keys()
            .map(|method| method.to_uppercase())
            .filter(|method| method != "OPTIONS")
            .collect();
        let path = path.replace(['{', '}'], "");
        let request = Request::builder().method(Method::OPTIONS).uri(&path);
        let request = request.body(Body::empty()).expect("a request");
        let response = service
            .clone()
            .oneshot(request)
            .await
            .expect("routers are infallible");
        let allow = response.headers().get(header::ALLOW);
        let allow = allow
            .and_then(|allow| allow.to_str().ok())
            .unwrap_or_default();
        let answered: BTreeSet<String> = allow
            .split(',')
            .map(|method| method.trim().to_owned())
            .collect();
        assert_eq!(
            answered, described,
            "the methods that {path} answers to, and those described"
        );
    }
}
