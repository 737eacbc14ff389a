//! The pages of the problems.

use std::fmt::Write as _;

use crate::problem::ProblemKind;

/// The page that lists them.
pub(crate) fn index() -> String {
    let mut items = String::new();
    for kind in ProblemKind::all() {
        let (status, slug, title) = (kind.status().as_u16(), kind.slug(), kind.title());
        let item = format!("<li><a href=\"problems/{slug}\">{title}</a> ({status})</li>\n");
        items.push_str(&item);
    }
    let content = format!(
        "<h1>Problems</h1>\n<p>What an answer of the media type <code>application/problem+json</code> \
         (RFC 9457) means, by its <code>type</code>.</p>\n<ul>\n{items}</ul>\n\
         <p><a href=\"docs\">All operations</a></p>\n"
    );
    page("Problems", "", &content)
}

/// The page of one.
pub(crate) fn of(kind: ProblemKind) -> String {
    let explanation = kind.explanation();
    let title = escaped(kind.title());
    let mut content = format!("<h1>{title}</h1>\n");
    for (heading, text) in [
        ("What happened", explanation.what_happened),
        ("What to do", explanation.what_to_do),
    ] {
        writeln!(content, "<h2>{heading}</h2>\n<p>{}</p>", marked_up(text))
            .expect("a string takes what is written to it");
    }
    let example = format!(
        "<h2>In the answer</h2>\n<p>Status {}, and among the members of the body:</p>\n\
         <pre><code>\"type\": \"{}\",\n\"title\": \"{title}\",\n\"detail\": \"{}\"</code></pre>\n\
         <p><a href=\"../problems\">All problems</a>, <a href=\"../docs\">all operations</a></p>\n",
        kind.status(),
        kind.type_reference(),
        escaped(explanation.example),
    );
    content.push_str(&example);
    page(&title, "../", &content)
}

/// A page, `up` from where the others are.
fn page(title: &str, up: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <link rel=\"stylesheet\" href=\"{up}docs/docs.css\">\n</head>\n<body>\n<main>\n{content}</main>\n\
         </body>\n</html>\n"
    )
}

/// With `code` where the text has backticks.
fn marked_up(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(index, part)| {
        let part = escaped(part);
        if index % 2 == 1 {
            format!("<code>{part}</code>")
        } else {
            part
        }
    });
    parts.collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_page() {
        let index = index();
        for kind in ProblemKind::all() {
            assert!(index.contains(&format!("\"problems/{}\"", kind.slug())));
            let page = of(kind);
            assert!(
                page.contains(&kind.type_reference()) && page.contains("What to do"),
                "{page}"
            );
        }
    }

    #[test]
    fn texts_are_marked_up_and_escaped() {
        assert_eq!(
            marked_up("Send `a<b>` & go."),
            "Send <code>a&lt;b&gt;</code> &amp; go."
        );
    }
}
