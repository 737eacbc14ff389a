//! Real answers, which each function's document keeps beside what describes them (`x-examples`), put
//! where a reader of the merged document finds them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::merged::members;

/// The member of a function's document that keeps them: by the operation's id, then by `request`, the
/// status or the last segment of a problem's `type`.
const MEMBER: &str = "x-examples";

/// What the body of a request stands under.
const REQUEST: &str = "request";

/// Recorded problems that are shown already. Functions share the description of a problem: the first one
/// that recorded it gives the example, so that another function more changes nothing.
#[derive(Debug, Default)]
pub(crate) struct Shown(BTreeSet<(String, String)>);

impl Shown {
    /// Shows what a function's document has recorded. Returns a sentence for each example of what the
    /// document does not describe.
    pub(crate) fn add(
        &mut self,
        document: &mut Value,
        function: &str,
        fragment: &Value,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for (id, examples) in members(&fragment[MEMBER]) {
            let Some(place) = place_of(fragment, id) else {
                faults.push(format!(
                    "{function} has examples of {id}, which it does not describe."
                ));
                continue;
            };
            for (name, example) in members(examples) {
                let [path, method] = place;
                let operation = &["paths", path, method];
                if self.show(document, operation, name, example).is_none() {
                    faults.push(format!(
                        "{function} has an example of {id} ({name}), which it does not describe."
                    ));
                }
            }
        }
        faults
    }

    fn show(
        &mut self,
        document: &mut Value,
        operation: &[&str],
        name: &str,
        example: &Value,
    ) -> Option<()> {
        let operation = operation
            .iter()
            .try_fold(&mut *document, |value, member| value.get_mut(member))?;
        let target = if name == REQUEST {
            operation.get_mut("requestBody")?
        } else if name.bytes().all(|byte| byte.is_ascii_digit()) {
            operation.get_mut("responses")?.get_mut(name)?
        } else {
            let references = members(operation.get("responses")?);
            let references: Vec<String> = references
                .filter_map(|(_, response)| Some(response["$ref"].as_str()?.to_owned()))
                .collect();
            return references
                .iter()
                .find_map(|reference| self.show_problem(document, reference, name, example));
        };
        let content = target.get_mut("content")?.get_mut("application/json")?;
        content["example"] = example.clone();
        Some(())
    }

    fn show_problem(
        &mut self,
        document: &mut Value,
        reference: &str,
        slug: &str,
        example: &Value,
    ) -> Option<()> {
        let response = document.pointer_mut(reference.strip_prefix('#')?)?;
        let content = response
            .get_mut("content")?
            .get_mut("application/problem+json")?;
        let shown = content.get_mut("examples")?.get_mut(slug)?;
        if self.0.insert((reference.to_owned(), slug.to_owned())) {
            shown["value"] = example.clone();
        }
        Some(())
    }
}

/// The path and the method of an operation.
fn place_of<'f>(fragment: &'f Value, id: &str) -> Option<[&'f str; 2]> {
    members(&fragment["paths"]).find_map(|(path, item)| {
        let mut operations = item.as_object().into_iter().flat_map(Map::iter);
        let (method, _) = operations.find(|(_, operation)| operation["operationId"] == id)?;
        Some([path.as_str(), method.as_str()])
    })
}
