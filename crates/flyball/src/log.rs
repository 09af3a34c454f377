//! Messages to standard error, as logfmt or JSON lines.
//! logfmt is what operators of Prometheus grep: `time=... level=INFO msg="..." key=value`.

use crate::cli::{LogFormat, LogLevel};
use std::fmt::{self, Write};
use std::time::SystemTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Sends all further messages to standard error. Call once.
pub(crate) fn start(level: LogLevel, format: LogFormat) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    match format {
        LogFormat::Logfmt => builder.event_format(Logfmt).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

struct Logfmt;

impl<S, N> FormatEvent<S, N> for Logfmt
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut pairs = Pairs::default();
        event.record(&mut pairs);
        write!(writer, "time={} level={}", now(), metadata.level())?;
        write!(writer, " source={}", metadata.target())?;
        writeln!(writer, " msg={}{}", value(&pairs.message), pairs.rest)
    }
}

/// Splits the message from the other fields.
#[derive(Default)]
struct Pairs {
    message: String,
    rest: String,
}

impl Visit for Pairs {
    fn record_debug(&mut self, field: &Field, debug: &dyn fmt::Debug) {
        let text = format!("{debug:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.push(field.name(), &text);
        }
    }

    fn record_str(&mut self, field: &Field, text: &str) {
        if field.name() == "message" {
            text.clone_into(&mut self.message);
        } else {
            self.push(field.name(), text);
        }
    }
}

impl Pairs {
    fn push(&mut self, name: &str, text: &str) {
        // Writing to a String cannot fail.
        write!(self.rest, " {name}={}", value(text)).unwrap_or_default();
    }
}

/// Quotes a value when logfmt needs it.
fn value(text: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '=' | '\\');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        model::quote(text).to_string()
    }
}

fn now() -> impl fmt::Display {
    let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    now.round(jiff::Unit::Millisecond).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn values_are_quoted_when_they_need_it() {
        assert_eq!(value("plain/path:1"), "plain/path:1");
        assert_eq!(value("two words"), "\"two words\"");
        assert_eq!(value("a=\"b\"\n"), r#""a=\"b\"\n""#);
        assert_eq!(value(""), "\"\"");
    }
}
