//! Functions read what Spin says of a request where Spin says it. Spin appends its headers to those of the
//! same names that a client sends, so that the first value may be the client's and the last one is Spin's.
//! `X-Forwarded-For` counts where a trusted proxy wrote it, which `shared` knows.

use jenny_manifest::route::{PATH_MATCH_PREFIX, SPIN_HEADERS};

use super::sleeps::first_test_line;
use crate::check::finding::Report;
use crate::check::project::{Project, Source};

pub(super) fn check(project: &Project) -> Vec<Report> {
    let mut reports = Vec::new();
    for source in project.sources() {
        if !source.path.starts_with("functions/") {
            continue;
        }
        let tests = first_test_line(source).unwrap_or(usize::MAX);
        for (line, name) in read_first(source) {
            if line < tests {
                let report = Report::at(&source.path, message(&name));
                reports.push(report.line(line).warning());
            }
        }
    }
    reports
}

/// What proxies append to, and clients can send as well.
const FORWARDED_FOR: &str = "x-forwarded-for";

fn message(name: &str) -> String {
    let remedy = if name == "spin-client-addr" || name == FORWARDED_FOR {
        "take the extractor `shared::service::ClientAddress`".to_owned()
    } else {
        format!("read the last one, `get_all(\"{name}\").iter().next_back()`")
    };
    format!("the first `{name}` header may be one that the client sent: {remedy}")
}

/// The lines on which a header of Spin's is named, other than to read all of its values, each with the
/// header's name.
fn read_first(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, (text, code)) in source.text.lines().zip(source.code.lines()).enumerate() {
        if code.contains("get_all") {
            continue;
        }
        for (at, _) in text.match_indices('"') {
            // What is no quote in the code is within a literal or a comment.
            let is_code = code.chars().nth(text[..at].chars().count()) == Some('"');
            let literal = text[at + 1..].split('"').next().unwrap_or_default();
            let name = literal.to_ascii_lowercase();
            if is_code && is_spins(&name) {
                found.push((index + 1, name));
            }
        }
    }
    found
}

fn is_spins(name: &str) -> bool {
    name == FORWARDED_FOR
        || name.starts_with(PATH_MATCH_PREFIX)
        || SPIN_HEADERS.iter().any(|header| header == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    fn found(file: &str, code: &str) -> Vec<String> {
        messages(check(&Fixture::new().with(file, code).load()))
    }

    const FILE: &str = "functions/hello/src/routes.rs";

    #[test]
    fn reading_the_first_value_is_a_warning_on_its_line() {
        for (code, remedy) in [
            (
                "fn f(h: &HeaderMap) {\n    h.get(\"spin-client-addr\");\n}\n",
                "take the extractor `shared::service::ClientAddress`",
            ),
            (
                "\nconst PEER: HeaderName = HeaderName::from_static(\"spin-client-addr\");\n",
                "take the extractor",
            ),
            (
                "// é\nfn f(h: &HeaderMap) { let é = \"é\"; h[\"Spin-Full-Url\"] }\n",
                "`get_all(\"spin-full-url\").iter().next_back()`",
            ),
            (
                "\nconst CLIENT: &str = \"X-Forwarded-For\";\n",
                "take the extractor `shared::service::ClientAddress`",
            ),
            (
                "\nfn f(h: &HeaderMap) { h.get(\"spin-path-match-id\") }\n",
                "read the last one",
            ),
        ] {
            let found = found(FILE, code);
            assert_eq!(found.len(), 1, "{code}: {found:?}");
            let start = format!("{FILE}:2: warning: the first `");
            assert!(found[0].starts_with(&start), "{found:?}");
            assert!(found[0].contains(remedy), "{found:?}");
        }
    }

    #[test]
    fn what_reads_the_last_value_or_none_is_fine() {
        for (file, code) in [
            (
                FILE,
                "fn f() { h.get_all(\"spin-client-addr\").iter().next_back() }\n",
            ),
            (FILE, "// h.get(\"spin-client-addr\")\n"),
            (
                FILE,
                "const A: &str = r#\"h.get(\"spin-client-addr\")\"#;\n",
            ),
            (FILE, "fn f() { h.get(\"spin-no-such\") }\n"),
            (
                FILE,
                "#[cfg(test)]\nmod tests {\n    fn f() { h.insert(\"spin-client-addr\", a) }\n}\n",
            ),
            (
                "shared/src/a.rs",
                "fn f() { h.get(\"spin-client-addr\") }\n",
            ),
        ] {
            let found = found(file, code);
            assert!(found.is_empty(), "{code}: {found:?}");
        }
    }
}
