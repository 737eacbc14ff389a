//! Where a function can answer.

use anyhow::{Result, bail};

/// The wildcard of Spin's routes. A function has one entry for each address that it answers, below the one
/// that it is made with, and none has a wildcard.
const WILDCARD: &str = "/...";

/// The address without the wildcard that may end it.
pub(super) fn base(route: &str) -> &str {
    route.strip_suffix(WILDCARD).unwrap_or(route)
}

/// Whether a function can be made that answers there.
///
/// # Errors
///
/// When it cannot; the error says why.
pub(super) fn check(route: &str) -> Result<()> {
    let Some(segments) = base(route).strip_prefix('/') else {
        bail!("the route `{route}` does not begin with a slash: write it as /api/notes");
    };
    if segments.is_empty() || segments.split('/').any(str::is_empty) {
        bail!("the route `{route}` has an empty part: write it as /api/notes");
    }
    for segment in segments.split('/') {
        if segment.starts_with(':') || segment.starts_with('{') {
            bail!(
                "the route `{route}` has the parameter `{segment}`, and the handlers of a new function take \
                 none: make it without, and add the parameter to spin.toml and src/routes.rs"
            );
        }
        let is_allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '_');
        if !segment.chars().all(is_allowed)
            || !segment.starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            bail!(
                "the route `{route}` has the part `{segment}`: use lower-case letters, digits, `-`, `.` and \
                 `_`, beginning with a letter or a digit"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_plain_paths() {
        for route in ["/a", "/api/notes", "/api/notes/...", "/api/v1.2/my-notes_2"] {
            assert!(check(route).is_ok(), "{route}");
        }
        assert_eq!(base("/api/notes/..."), "/api/notes");
        for (route, says) in [
            ("", "slash"),
            ("api", "slash"),
            ("/", "empty part"),
            ("/...", "slash"),
            ("/a/", "empty part"),
            ("/a//b", "empty part"),
            ("/a/.../b", "`...`"),
            ("/teams/:team/notes", "parameter `:team`"),
            ("/teams/{team}", "parameter `{team}`"),
            ("/Notes", "`Notes`"),
            ("/a b", "`a b`"),
            ("/a?b", "`a?b`"),
            ("/é", "`é`"),
            ("/a/..", "`..`"),
            ("/.well-known/spin/x", "`.well-known`"),
            ("/a\"b", "`a\"b`"),
        ] {
            let error = check(route).unwrap_err().to_string();
            assert!(error.contains(says), "{route}: {error}");
        }
    }
}
