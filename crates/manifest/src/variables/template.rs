//! Templates: text with `{{ variable }}` in it.

use std::fmt;

/// Text in which `{{ name }}` stands for the value of an application variable.
///
/// The syntax is Spin's: everything between `{{` and the next `}}` is a name, surrounding white
/// space aside; there is no escape for a literal `{{`, and `}}` alone is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Variable(Box<str>),
}

/// A `{{` without its `}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclosed;

impl fmt::Display for Unclosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("has '{{' without '}}'")
    }
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, Unclosed> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or(Unclosed)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            parts.push(Part::Variable(name.trim().into()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Self { parts })
    }

    /// The variables that it names, in order, repetitions included.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(&**name),
            Part::Text(_) => None,
        })
    }

    /// Whether it names no variable.
    pub(crate) fn is_literal(&self) -> bool {
        self.variables().next().is_none()
    }

    /// Its text with every variable replaced by what `value_of` says.
    pub(crate) fn expand<'v, E>(
        &self,
        mut value_of: impl FnMut(&str) -> Result<&'v str, E>,
    ) -> Result<String, E> {
        let mut expanded = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => expanded.push_str(text),
                Part::Variable(name) => expanded.push_str(value_of(name)?),
            }
        }
        Ok(expanded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> Result<String, Unclosed> {
        let template = Template::parse(text)?;
        Ok(template
            .expand(|name| Ok::<_, ()>(if name == "a" { "1" } else { "{{ a }}" }))
            .unwrap())
    }

    #[test]
    fn variables_are_replaced_once() {
        for (text, expanded) in [
            ("", ""),
            ("plain", "plain"),
            ("{{ a }}", "1"),
            ("{{a}}{{  a  }}", "11"),
            ("x-{{ a }}-y", "x-1-y"),
            // What a value holds is not a template again.
            ("{{ b }}", "{{ a }}"),
            ("}} {a} }", "}} {a} }"),
            // Spin has no escape: a backslash is text.
            ("\\{{ a }}", "\\1"),
            ("é{{ a }}é", "é1é"),
        ] {
            assert_eq!(expand(text).unwrap(), expanded, "{text}");
        }
    }

    #[test]
    fn names_are_reported() {
        let template = Template::parse("{{ a }} {{}} {{ b c }} {{{ d }}}").unwrap();
        assert_eq!(
            template.variables().collect::<Vec<_>>(),
            ["a", "", "b c", "{ d"]
        );
        assert!(!template.is_literal());
        assert!(Template::parse("}}").unwrap().is_literal());
    }

    #[test]
    fn unclosed_braces_are_refused() {
        for text in ["{{", "{{ a", "{{ a }} {{ b", "{{ a }"] {
            assert_eq!(expand(text), Err(Unclosed), "{text}");
        }
    }
}
