//! Events as lines of JSON.
//!
//! Not `tracing_subscriber::fmt`: its JSON nests spans instead of flattening them, and it has no
//! place where every field of every event and span can be redacted.

use std::{error::Error, fmt};

use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::redaction::{REDACTED, is_sensitive};

/// A layer that hands each event, as one line with its newline, to a function.
pub(super) struct JsonLines<W> {
    write: W,
}

impl<W: Fn(&[u8]) + 'static> JsonLines<W> {
    pub(super) fn new(write: W) -> Self {
        JsonLines { write }
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        let name = field.name();
        let value = if is_sensitive(name) {
            Value::from(REDACTED)
        } else {
            value()
        };
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, || format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, || value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, || value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, || value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, || value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, || value.to_string().into());
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut own = Fields::default();
        event.record(&mut own);
        let mut line = Map::new();
        line.insert("timestamp".into(), timestamp().into());
        line.insert("level".into(), metadata.level().as_str().into());
        line.insert("target".into(), metadata.target().into());
        if let Some(message) = own.0.remove("message") {
            line.insert("message".into(), message);
        }
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.extend(fields.0.clone());
            }
        }
        line.extend(own.0);
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        (self.write)(text.as_bytes());
    }
}

/// Now, in UTC with microseconds.
fn timestamp() -> String {
    format!("{:.6}", crate::time::now_precisely())
}

#[cfg(test)]
mod tests {
    use tracing::level_filters::LevelFilter;

    use crate::log::capture::Captured;

    fn captured(level: LevelFilter, log: impl FnOnce()) -> Captured {
        let captured = Captured::default();
        tracing::subscriber::with_default(captured.subscriber(level), log);
        captured
    }

    #[test]
    fn an_event_is_one_flat_line_with_its_spans() {
        let captured = captured(LevelFilter::INFO, || {
            let span =
                tracing::info_span!("request", request_id = "r1", user = tracing::field::Empty);
            span.record("user", 7);
            span.in_scope(|| tracing::info!(count = 2, ok = true, "two\nlines"));
        });
        let lines = captured.lines();
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!(line["message"], "two\nlines");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["target"], module_path!());
        assert_eq!(line["request_id"], "r1");
        assert_eq!(line["user"], 7);
        assert_eq!(line["count"], 2);
        assert_eq!(line["ok"], true);
        let timestamp = line["timestamp"].as_str().unwrap();
        assert!(timestamp.parse::<jiff::Timestamp>().is_ok(), "{timestamp}");
        assert_eq!(timestamp.len(), "2026-01-02T03:04:05.678901Z".len());
    }

    #[test]
    fn secrets_are_redacted_in_events_and_spans() {
        let captured = captured(LevelFilter::INFO, || {
            let span = tracing::info_span!("s", authorization = "Bearer hunter2");
            let password = Some("hunter2");
            span.in_scope(|| tracing::warn!(?password, user.token = "hunter2", "signing in"));
        });
        let text = captured.text();
        assert!(!text.contains("hunter2"), "{text}");
        let line = &captured.lines()[0];
        assert_eq!(line["authorization"], "[redacted]");
        assert_eq!(line["password"], "[redacted]");
        assert_eq!(line["user.token"], "[redacted]");
    }

    #[test]
    fn the_level_decides_what_is_logged() {
        let captured = captured(LevelFilter::WARN, || {
            tracing::info!("quiet");
            tracing::error!("loud");
        });
        let lines = captured.lines();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["message"], "loud");
    }
}
