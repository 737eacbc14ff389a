//! The listing as text.

use std::fmt::Write as _;

use anstyle::{Effects, Style};

use super::listing::{Access, Grants, Listing, Route};
use super::operation::{Authentication, Operation, RateLimit};

const HEADING: Style = Style::new().effects(Effects::BOLD);

/// What is not known.
const UNKNOWN: &str = "?";

/// Between two columns.
const GAP: &str = "  ";

/// Draws one line for each route and way of authentication. Where that is wider than the terminal,
/// the grants follow in a table of their own: they are the function's, the same on all its routes.
pub(super) fn draw(listing: &Listing, width: Option<usize>) -> String {
    let mut rows = vec![
        [
            "ROUTE",
            "METHODS",
            "FUNCTION",
            "AUTH",
            "RATE LIMIT",
            "GRANTS",
        ]
        .map(str::to_owned),
    ];
    for route in &listing.routes {
        let grants = match &route.grants {
            Some(grants) => spelled(grants, "; "),
            None => "nothing".to_owned(),
        };
        rows.extend(lines(route).into_iter().map(|[methods, auth, limit]| {
            let (path, function) = (path(route), function(route));
            [path, methods, function, auth, limit, grants.clone()]
        }));
    }
    let wide = columns(&rows);
    if width.is_none_or(|width| widest(&wide) <= width) {
        return emphasised(&wide);
    }
    let narrow: Vec<_> = rows
        .into_iter()
        .map(|[path, methods, function, auth, limit, _]| [path, methods, function, auth, limit])
        .collect();
    emphasised(&columns(&narrow)) + "\n" + &emphasised(&columns(&granted(listing)))
}

fn path(route: &Route) -> String {
    match (&route.route, &route.trigger, route.access) {
        (Some(route), _, _) => route.clone(),
        (None, Some(kind), _) => format!("({kind})"),
        (None, None, Access::Private) => "(private)".to_owned(),
        (None, None, _) => "(no route)".to_owned(),
    }
}

fn function(route: &Route) -> String {
    match (&route.function, route.static_status) {
        (Some(function), _) => function.clone(),
        (None, Some(status)) => format!("(static {status})"),
        (None, None) => UNKNOWN.to_owned(),
    }
}

/// Methods, authentication and rate limit: one line for those that agree in the last two.
fn lines(route: &Route) -> Vec<[String; 3]> {
    let Some(operations) = &route.operations else {
        return vec![match route.static_status {
            // It is given to whatever is asked.
            Some(_) => ["any", "none", "none"].map(str::to_owned),
            // Nobody asks it anything.
            None if route.trigger.is_some() => ["-"; 3].map(str::to_owned),
            None => [UNKNOWN; 3].map(str::to_owned),
        }];
    };
    let mut lines: Vec<(Vec<&str>, &Operation)> = Vec::new();
    for operation in operations.iter().filter(|one| !is_implied(one, operations)) {
        let alike = lines.iter_mut().find(|(_, first)| {
            first.authentication == operation.authentication
                && first.rate_limit == operation.rate_limit
        });
        let method = operation.method.as_str();
        match alike {
            Some((methods, _)) if methods.contains(&method) => {}
            Some((methods, _)) => methods.push(method),
            None => lines.push((vec![method], operation)),
        }
    }
    lines
        .into_iter()
        .map(|(methods, first)| {
            let limit = rate_limit(first.rate_limit.as_ref());
            [methods.join(", "), authentication(first), limit]
        })
        .collect()
}

/// HEAD is GET without its content, and anybody may ask by OPTIONS what may be asked: neither is news.
fn is_implied(operation: &Operation, all: &[Operation]) -> bool {
    match operation.method.as_str() {
        "HEAD" => all.iter().any(|other| {
            other.method == "GET"
                && other.path == operation.path
                && other.authentication == operation.authentication
                && other.rate_limit == operation.rate_limit
        }),
        "OPTIONS" => {
            let others = all.iter().any(|other| other.method != "OPTIONS");
            others && operation.authentication == Authentication::None
        }
        _ => false,
    }
}

fn authentication(operation: &Operation) -> String {
    let word = match operation.authentication {
        Authentication::None => "none",
        Authentication::Optional => "optional",
        Authentication::Required => "required",
    };
    word.to_owned()
}

fn rate_limit(limit: Option<&RateLimit>) -> String {
    match limit {
        None => "none".to_owned(),
        Some(RateLimit { policy: None }) => "yes".to_owned(),
        Some(RateLimit {
            policy: Some(policy),
        }) => policy.clone(),
    }
}

/// `databases: default; secrets: signing_key`.
fn spelled(grants: &Grants, separator: &str) -> String {
    let kinds = [
        ("stores", &grants.key_value_stores),
        ("databases", &grants.sqlite_databases),
        ("hosts", &grants.allowed_outbound_hosts),
        ("secrets", &grants.secret_variables),
        ("files", &grants.files),
        ("models", &grants.ai_models),
    ];
    let given: Vec<String> = kinds
        .into_iter()
        .filter(|(_, what)| !what.is_empty())
        .map(|(kind, what)| format!("{kind}: {}", what.join(", ")))
        .collect();
    if given.is_empty() {
        return "nothing".to_owned();
    }
    given.join(separator)
}

/// The grants of each function, one kind a line.
fn granted(listing: &Listing) -> Vec<[String; 2]> {
    let mut rows = vec![["FUNCTION", "GRANTS"].map(str::to_owned)];
    let mut seen: Vec<&str> = Vec::new();
    for route in &listing.routes {
        let (Some(function), Some(grants)) = (&route.function, &route.grants) else {
            continue;
        };
        if seen.contains(&function.as_str()) {
            continue;
        }
        seen.push(function);
        for (index, line) in spelled(grants, "\n").lines().enumerate() {
            let name = if index == 0 { function.as_str() } else { "" };
            rows.push([name.to_owned(), line.to_owned()]);
        }
    }
    rows
}

/// One line for each row, its cells under each other.
fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (width, cell) in widths.iter().zip(row) {
                _ = write!(line, "{cell:width$}{GAP}");
            }
            line.truncate(line.trim_end().len());
            line
        })
        .collect()
}

fn widest(lines: &[String]) -> usize {
    let widths = lines.iter().map(|line| line.chars().count());
    widths.max().unwrap_or(0)
}

/// The lines, of which the first is a heading.
fn emphasised(lines: &[String]) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        _ = match index {
            0 => writeln!(text, "{HEADING}{line}{HEADING:#}"),
            _ => writeln!(text, "{line}"),
        };
    }
    text
}
