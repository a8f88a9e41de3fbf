//! Fields of the `tracing` crate as attributes.

use alloc::string::String;
use core::cell::Cell;
use core::error::Error;
use core::fmt::{self, Write};

use tracing_core::Field;
use tracing_core::field::Visit;

use crate::attribute::{Attribute, Value};
use crate::logger::LogRecord;
use crate::span::{SpanKind, Status};
use crate::tracer::Span;

/// The field that says which side of a call a span is.
pub(super) const KIND: &str = "otel.kind";

/// Bytes after which the `Debug` text of a value is not read on.
const LONGEST: usize = 64 << 10;

/// Fields of a span.
pub(super) struct SpanFields<'a>(pub(super) &'a Span);

/// Fields of an event.
pub(super) struct LogFields<'a>(pub(super) &'a mut LogRecord);

/// The kind alone, which the sampler is told.
#[derive(Default)]
pub(super) struct KindField(pub(super) SpanKind);

/// What is done with a field, whatever type it had.
trait Take {
    fn take(&mut self, name: &str, value: Value<'_>);
}

impl Take for SpanFields<'_> {
    fn take(&mut self, name: &str, value: Value<'_>) {
        match (name, value) {
            (KIND, _) => {}
            ("otel.name", Value::Text(text)) => self.0.rename(text),
            ("otel.status_code", Value::Text(text)) => match text {
                _ if text.eq_ignore_ascii_case("ok") => self.0.status(Status::Ok),
                _ if text.eq_ignore_ascii_case("error") => self.0.fail(""),
                _ => {}
            },
            ("otel.status_description", Value::Text(text)) => self.0.fail(text),
            (key, value) => self.0.set(Attribute { key, value }),
        }
    }
}

impl Take for LogFields<'_> {
    fn take(&mut self, name: &str, value: Value<'_>) {
        match (name, value) {
            ("message", Value::Text(text)) => self.0.text(text),
            (key, value) => self.0.set(Attribute { key, value }),
        }
    }
}

impl Take for KindField {
    fn take(&mut self, name: &str, value: Value<'_>) {
        let kinds = [
            ("internal", SpanKind::Internal),
            ("server", SpanKind::Server),
            ("client", SpanKind::Client),
            ("producer", SpanKind::Producer),
            ("consumer", SpanKind::Consumer),
        ];
        if let (KIND, Value::Text(text)) = (name, value)
            && let Some((_, kind)) = kinds
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(text))
        {
            self.0 = *kind;
        }
    }
}

macro_rules! visit {
    ($($fields:ty),+) => {$(
        impl Visit for $fields {
            fn record_f64(&mut self, field: &Field, value: f64) {
                self.take(field.name(), Value::Double(value));
            }

            fn record_i64(&mut self, field: &Field, value: i64) {
                self.take(field.name(), Value::Int(value));
            }

            fn record_u64(&mut self, field: &Field, value: u64) {
                match i64::try_from(value) {
                    Ok(value) => self.take(field.name(), Value::Int(value)),
                    Err(_) => self.record_debug(field, &value),
                }
            }

            fn record_bool(&mut self, field: &Field, value: bool) {
                self.take(field.name(), Value::Bool(value));
            }

            fn record_str(&mut self, field: &Field, value: &str) {
                self.take(field.name(), Value::Text(value));
            }

            fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
                self.record_debug(field, &format_args!("{value}"));
            }

            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                with_text(value, |text| self.take(field.name(), Value::Text(text)));
            }
        }
    )+};
}

visit!(SpanFields<'_>, LogFields<'_>, KindField);

std::thread_local! {
    /// Where a value is formatted; one that formats others within itself finds none and makes its own.
    static TEXT: Cell<String> = const { Cell::new(String::new()) };
}

/// Calls `then` with the `Debug` text of `value`.
fn with_text(value: &dyn fmt::Debug, then: impl FnOnce(&str)) {
    let mut text = Bounded(TEXT.try_with(Cell::take).unwrap_or_default());
    text.0.clear();
    // It ends early where it is too long, or where the value itself gives up: what there is by then is taken.
    let _ = write!(text, "{value:?}");
    then(&text.0);
    if text.0.capacity() <= LONGEST / 16 {
        let _ = TEXT.try_with(|kept| kept.set(text.0));
    }
}

/// A text that does not grow for ever.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(crate::value::cut(text, LONGEST));
        Ok(())
    }
}
