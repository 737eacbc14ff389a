//! W3C Trace Context: the `traceparent` header (<https://www.w3.org/TR/trace-context/>).

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName};

pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Where a request stands in a distributed trace. In the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: String,
    parent_id: Option<String>,
    span_id: String,
    sampled: bool,
}

impl TraceContext {
    /// Continues the trace in the headers, or starts one. The span is always new.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let parent = match (values.next(), values.next()) {
            // More than one is as good as none (section 3.2).
            (Some(value), None) => value.to_str().ok().and_then(parse),
            _ => None,
        };
        // One call for both ids: each one to the host has a price.
        let random = random_bytes();
        let span_id = hex(&random[16..]);
        match parent {
            Some(parent) => TraceContext {
                trace_id: parent.trace_id.to_owned(),
                parent_id: Some(parent.parent_id.to_owned()),
                span_id,
                sampled: parent.flags & 1 == 1,
            },
            None => TraceContext {
                trace_id: hex(&random[..16]),
                parent_id: None,
                span_id,
                sampled: false,
            },
        }
    }

    /// 32 hexadecimal digits: the whole trace, across services.
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// 16 hexadecimal digits: our part of it.
    pub fn span_id(&self) -> &str {
        &self.span_id
    }

    /// 16 hexadecimal digits: the part of the caller, when it said so.
    pub fn parent_id(&self) -> Option<&str> {
        self.parent_id.as_deref()
    }

    /// The `traceparent` value for requests that we send on.
    pub fn traceparent(&self) -> String {
        let flags = u8::from(self.sampled);
        format!("00-{}-{}-{flags:02x}", self.trace_id, self.span_id)
    }
}

struct Parent<'a> {
    trace_id: &'a str,
    parent_id: &'a str,
    flags: u8,
}

/// Section 3.2.2: `version-traceid-parentid-flags` in lower-case hexadecimal.
fn parse(value: &str) -> Option<Parent<'_>> {
    let mut fields = value.split('-');
    let (version, trace_id, parent_id, flags) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    // Later versions may append fields; version 00 may not, and ff is invalid (section 3.2.2.1).
    let valid = is_hex(version, 2)
        && version != "ff"
        && (version != "00" || fields.next().is_none())
        && is_hex(trace_id, 32)
        && is_hex(parent_id, 16)
        && is_hex(flags, 2)
        && trace_id.bytes().any(|byte| byte != b'0')
        && parent_id.bytes().any(|byte| byte != b'0');
    valid.then(|| Parent {
        trace_id,
        parent_id,
        flags: u8::from_str_radix(flags, 16).unwrap_or_default(),
    })
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn random_bytes() -> [u8; 24] {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).expect("the host gives random bytes");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(values: &[&str]) -> TraceContext {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, value.parse().unwrap());
        }
        TraceContext::of(&headers)
    }

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_is_continued() {
        let context = context(&[VALID]);
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.parent_id(), Some("00f067aa0ba902b7"));
        assert_ne!(context.span_id(), "00f067aa0ba902b7");
        assert_eq!(
            context.traceparent(),
            format!(
                "00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01",
                context.span_id()
            )
        );
    }

    #[test]
    fn a_later_version_may_bring_more_fields() {
        let value = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what";
        assert!(context(&[value]).parent_id().is_some());
    }

    #[test]
    fn an_invalid_or_ambiguous_header_starts_a_trace() {
        let wrong = [
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "",
        ];
        for value in wrong {
            let context = context(&[value]);
            assert_eq!(context.parent_id(), None, "{value}");
            assert_eq!(context.trace_id().len(), 32);
        }
        assert_eq!(context(&[VALID, VALID]).parent_id(), None);
    }
}
