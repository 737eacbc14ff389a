//! JSON pointers (RFC 6901).

/// A pointer one step further: `~` and `/` in the step are escaped (section 3).
pub(super) fn join(parent: &str, step: &str) -> String {
    format!("{parent}/{}", step.replace('~', "~0").replace('/', "~1"))
}

/// Whether a pointer is another one, or lies under it.
pub(super) fn is_within(pointer: &str, ancestor: &str) -> bool {
    pointer
        .strip_prefix(ancestor)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The pointer to a pointer's parent and the last step, unescaped; `None` for the whole document.
pub(super) fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, step) = pointer.rsplit_once('/')?;
    Some((parent, step.replace("~1", "/").replace("~0", "~")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_escaped_and_back() {
        let pointer = join("/a", "b/~c");
        assert_eq!(pointer, "/a/b~1~0c");
        assert_eq!(split(&pointer), Some(("/a", "b/~c".into())));
        assert_eq!(split(""), None);
    }

    #[test]
    fn a_longer_name_is_not_a_descendant() {
        assert!(is_within("/a/b", "/a"));
        assert!(is_within("/a", ""));
        assert!(!is_within("/ab", "/a"));
    }
}
