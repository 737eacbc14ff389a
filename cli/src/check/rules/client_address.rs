//! A function takes the client's address from `shared`, not from a header that clients send as well.

use crate::check::finding::Report;
use crate::check::project::Project;

/// What a client can send: Spin appends its own value of the first, and proxies append to the second.
const HEADERS: [&str; 2] = ["spin-client-addr", "x-forwarded-for"];

pub(super) fn check(project: &Project) -> Vec<Report> {
    let sources = project.sources().iter();
    let of_functions = sources.filter(|source| source.path.starts_with("functions/"));
    of_functions
        .flat_map(|source| {
            let text = project.read(&source.path).unwrap_or_default();
            // In the code the insides of literals are blank, and so are comments with their quotes.
            let lines = text.lines().zip(source.code.lines()).enumerate();
            let found = lines.filter_map(|(index, (text, code))| {
                let text = text.to_ascii_lowercase();
                let is_read = |header: &&&str| {
                    code.contains('"') && text.contains(&format!("\"{header}\""))
                };
                let header = HEADERS.iter().find(is_read)?;
                let message = format!(
                    "clients can send `{header}` themselves, so that it does not say where a request comes \
                     from: take `shared::service::ClientAddress`"
                );
                Some(Report::at(&source.path, message).line(index + 1).warning())
            });
            found.collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn who_reads_a_header_is_warned() {
        let of = |text: &str| {
            let project = Fixture::new().with("functions/hello/src/routes.rs", text);
            messages(check(&project.load()))
        };
        for text in [
            "let a = headers.get(\"spin-client-addr\");\n",
            "\nconst A: &str = \"X-Forwarded-For\";\n",
        ] {
            let found = of(text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("ClientAddress"), "{found:?}");
        }
        for text in [
            "// Not of \"spin-client-addr\".\n",
            "let a = headers.get(\"x-request-id\");\n",
        ] {
            assert!(of(text).is_empty(), "{text}");
        }
        let host = Fixture::new().with("host/src/a.rs", "const A: &str = \"x-forwarded-for\";\n");
        assert!(check(&host.load()).is_empty());
    }
}
