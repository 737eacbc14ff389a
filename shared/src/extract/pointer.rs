//! JSON pointers (RFC 6901).

/// Where a value is in a document, step by step, without a text for each.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'p> {
    /// The whole document.
    Root,
    /// A member.
    Name(&'p Path<'p>, &'p str),
    /// An item.
    Index(&'p Path<'p>, usize),
}

impl Path<'_> {
    pub(super) fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Name(parent, name) => join(&parent.pointer(), name),
            Self::Index(parent, index) => join(&parent.pointer(), &index.to_string()),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_escaped() {
        let item = Path::Index(&Path::Name(&Path::Root, "b/~c"), 2);
        assert_eq!(item.pointer(), "/b~1~0c/2");
        assert_eq!(Path::Root.pointer(), "");
    }

    #[test]
    fn a_longer_name_is_not_a_descendant() {
        assert!(is_within("/a/b", "/a"));
        assert!(is_within("/a", ""));
        assert!(!is_within("/ab", "/a"));
    }
}
