//! The page of the documentation, readable as it comes. A script makes it one to try operations on.

use serde_json::Value;

const TEMPLATE: &str = include_str!("page.html");

/// The methods that are listed. `HEAD` and `OPTIONS` follow from the others, on every path.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page, or, where something stands against it, one that says so.
pub(crate) fn render(document: &Value, faults: &[String]) -> String {
    let content = if faults.is_empty() {
        DOCUMENT.to_owned() + &operations(document)
    } else {
        let faults: String = faults
            .iter()
            .map(|fault| format!("<li>{}</li>\n", escaped(fault)))
            .collect();
        format!(
            "<h2>Not documented</h2>\n<p>This component was built without what it needs, and shows no half \
             of a document:</p>\n<ul>\n{faults}</ul>\n<p>Whoever runs this service describes what the code \
             does, <code>UPDATE_OPENAPI=1 cargo test --workspace --lib openapi_json</code>, or corrects \
             <code>spin.toml</code>, and builds it again.</p>\n"
        )
    };
    let script = if faults.is_empty() { SCRIPTS } else { "" };
    TEMPLATE
        .replace("{{scripts}}", script)
        .replace("{{title}}", &escaped(text(&document["info"]["title"])))
        .replace("{{summary}}", &escaped(text(&document["info"]["summary"])))
        .replace("{{content}}", &content)
}

const DOCUMENT: &str = "<p>The whole of it for programs: <a href=\"openapi.json\">openapi.json</a> \
    (OpenAPI 3.1).</p>\n";

const SCRIPTS: &str = "<link rel=\"stylesheet\" href=\"docs/swagger-ui.css\">\n\
    <script defer src=\"docs/swagger-ui-bundle.js\"></script>\n\
    <script defer src=\"docs/docs.js\"></script>";

fn operations(document: &Value) -> String {
    let tags = document["tags"].as_array().into_iter().flatten();
    let sections = tags.map(|tag| {
        let name = text(&tag["name"]);
        let paths = document["paths"].as_object().into_iter().flatten();
        let items = paths.flat_map(|(path, item)| {
            let own = METHODS.iter().filter(|method| {
                let tags = item[**method]["tags"].as_array();
                tags.is_some_and(|tags| tags.contains(&Value::from(name)))
            });
            own.map(|method| operation(document, method, path, &item[*method]))
        });
        let items: String = items.collect();
        format!(
            "<section>\n<h2>{}</h2>\n<p>{}</p>\n<dl>\n{items}</dl>\n</section>\n",
            escaped(name),
            escaped(text(&tag["description"]))
        )
    });
    sections.collect()
}

fn operation(document: &Value, method: &str, path: &str, operation: &Value) -> String {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let answers: Vec<String> = responses
        .map(
            |(status, response)| match problems(document, response).as_slice() {
                [] => status.clone(),
                problems => format!("{status} {}", problems.join(", ")),
            },
        )
        .collect();
    let secured = operation["security"].as_array();
    let needs_token =
        secured.is_some_and(|ways| !ways.is_empty() && !ways.contains(&serde_json::json!({})));
    format!(
        "<dt id=\"{}\"><code>{} {}</code></dt>\n<dd>{}.{}{} <small>Answers: {}.</small></dd>\n",
        escaped(text(&operation["operationId"])),
        method.to_uppercase(),
        escaped(path),
        escaped(text(&operation["summary"])),
        prefixed(text(&operation["description"])),
        if needs_token { " Needs a token." } else { "" },
        answers.join("; ")
    )
}

/// Links to the pages of the problems that a response stands for.
fn problems(document: &Value, response: &Value) -> Vec<String> {
    let pointer = text(&response["$ref"]).trim_start_matches('#');
    let response = document.pointer(pointer).unwrap_or(&Value::Null);
    let examples = &response["content"]["application/problem+json"]["examples"];
    let examples = examples.as_object().into_iter().flatten();
    examples
        .map(|(slug, example)| {
            let title = escaped(text(&example["summary"]));
            format!("<a href=\"problems/{}\">{title}</a>", escaped(slug))
        })
        .collect()
}

fn prefixed(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(" {}", escaped(text))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;")
}
