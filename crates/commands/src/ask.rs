//! `flyball query`: asks any server that speaks Prometheus' API and prints like promtool.
//! One request through `net`, within two minutes; what went wrong is said with URL and reason.

mod answer;
mod explain;
mod fetch;
mod format;
mod time;

#[cfg(test)]
mod tests;

use crate::cli::{OutputFormat, QueryCommand, QueryServer, Span};
use crate::console::{Console, Verdict};
use answer::{Answer, Data};
use fetch::{Asker, Question};
pub(crate) use fetch::{http_client, server_url};
pub(crate) use format::escaped;
use std::io;
pub(crate) use time::Instant;

/// Where Flyball listens unless told otherwise.
const SERVER_DEFAULT: &str = "http://127.0.0.1:1788";
/// Without `--start` and `--end`, series and labels are looked for this far around now; promtool's.
const SPAN_DEFAULT_MS: i64 = 9999 * 3_600_000;
/// Without `--start`, a range begins this long before its end; as promtool.
const RANGE_DEFAULT_MS: i64 = 5 * 60_000;
/// Without `--step`, a range has this many steps; as promtool.
const STEPS_DEFAULT: i64 = 250;

/// A sentence for the person who asked.
type Refusal = String;

/// Milliseconds since 1970 of an instant written as Unix seconds or RFC 3339.
pub fn instant_ms(text: &str) -> Result<i64, String> {
    Ok(Instant::parse(text, Instant::EPOCH)?.ms())
}

/// Asks and prints; what went wrong goes to standard error.
pub fn run(command: &QueryCommand, console: &mut Console<'_>) -> io::Result<Verdict> {
    let now = Instant::now();
    let asked = question(command, now).and_then(|question| ask(command, &question));
    match asked {
        Ok(answer) => {
            for warning in &answer.warnings {
                console.complain(format_args!("query warning: {warning}"))?;
            }
            let printed = match server(command).format {
                OutputFormat::Promql => format::promql(&answer.data),
                OutputFormat::Json => format::json(&answer.data),
            };
            for line in printed {
                console.say(line)?;
            }
            if let Data::Explanation(explanation, _) = &answer.data
                && let Some(error) = explanation.error()
            {
                console.complain(error)?;
                return Ok(Verdict::Bad);
            }
            Ok(Verdict::Good)
        }
        Err(refusal) => {
            let place = if refusal.contains("parse error") { wrong_place(command) } else { None };
            console.complain(refusal)?;
            if let Some(place) = place {
                console.complain(place.trim_end())?;
            }
            Ok(Verdict::Bad)
        }
    }
}

/// Shows where an expression or selector of the command line is wrong. Servers tell the place in
/// words only.
fn wrong_place(command: &QueryCommand) -> Option<String> {
    match command {
        QueryCommand::Instant { expr, .. }
        | QueryCommand::Range { expr, .. }
        | QueryCommand::Explain { expr, .. } => {
            let error = promql::parse_with(expr, &promql::ParserOptions::ALL).err()?;
            Some(error.render_place(expr))
        }
        QueryCommand::Series { matches, .. } | QueryCommand::Labels { matches, .. } => {
            matches.iter().find_map(|text| {
                let error = promql::parse_selector(text).err()?;
                Some(error.render_place(text))
            })
        }
    }
}

fn server(command: &QueryCommand) -> &QueryServer {
    let (QueryCommand::Instant { server, .. }
    | QueryCommand::Range { server, .. }
    | QueryCommand::Explain { server, .. }
    | QueryCommand::Series { server, .. }
    | QueryCommand::Labels { server, .. }) = command;
    server
}

fn ask(command: &QueryCommand, question: &Question) -> Result<Answer, Refusal> {
    let server = server(command);
    let url = server.server.as_deref().unwrap_or(SERVER_DEFAULT);
    let headers: &[String] = match command {
        QueryCommand::Range { headers, .. } => headers,
        QueryCommand::Instant { .. }
        | QueryCommand::Explain { .. }
        | QueryCommand::Series { .. }
        | QueryCommand::Labels { .. } => &[],
    };
    let asker = Asker::new(url, server.http_config_file.as_deref(), headers)?;
    let reply = asker.ask(question)?;
    answer::read(&reply, question.shape)
}

fn question(command: &QueryCommand, now: Instant) -> Result<Question, Refusal> {
    refuse_swapped(command)?;
    match command {
        QueryCommand::Instant { expr, time, .. } => {
            let at = instant("evaluation time", time.as_deref(), now)?.unwrap_or(now);
            let params = vec![("query", expr.clone()), ("time", at.to_string())];
            Ok(Question::value("/api/v1/query", params))
        }
        QueryCommand::Range { expr, start, end, step, .. } => {
            let end = instant("end time", end.as_deref(), now)?.unwrap_or(now);
            let start = instant("start time", start.as_deref(), now)?;
            let start = start.unwrap_or(end.before(RANGE_DEFAULT_MS));
            let params = range(expr, start, end, step.as_deref())?;
            Ok(Question::value("/api/v1/query_range", params))
        }
        QueryCommand::Explain { .. } => explanation(command, now),
        QueryCommand::Series { matches, span, .. } => {
            let params = span_params(span, matches, now)?;
            Ok(Question::series("/api/v1/series", params))
        }
        QueryCommand::Labels { name, matches, span, .. } => {
            let params = span_params(span, matches, now)?;
            Ok(Question::labels(name, params))
        }
    }
}

/// The most frequent slip: the expression where the server belongs, or no expression at all.
fn refuse_swapped(command: &QueryCommand) -> Result<(), Refusal> {
    let (QueryCommand::Instant { server, expr, .. }
    | QueryCommand::Range { server, expr, .. }
    | QueryCommand::Explain { server, expr, .. }
    | QueryCommand::Labels { server, name: expr, .. }) = command
    else {
        return Ok(());
    };
    let is_url = expr.starts_with("http://") || expr.starts_with("https://");
    match &server.server {
        None if is_url => Err(format!(
            "error: `{expr}` is the server; what to ask is missing behind it, as in \
             `flyball query instant {expr} up`"
        )),
        Some(other) if is_url => {
            Err(format!("error: the server comes first: {expr} {}", model::quote(other)))
        }
        Some(_) | None => Ok(()),
    }
}

fn instant(what: &str, text: Option<&str>, now: Instant) -> Result<Option<Instant>, Refusal> {
    let parse = |text| {
        Instant::parse(text, now).map_err(|reason| format!("error parsing {what}: {reason}"))
    };
    text.map(parse).transpose()
}

/// The same times as for `instant` and, when there is a start, an end or a step, for `range`.
fn explanation(command: &QueryCommand, now: Instant) -> Result<Question, Refusal> {
    let QueryCommand::Explain { expr, analyze, time, start, end, step, .. } = command else {
        return Err("error: nothing to explain".to_owned());
    };
    let mut params = if start.is_some() || end.is_some() || step.is_some() {
        let end = instant("end time", end.as_deref(), now)?.unwrap_or(now);
        let start = instant("start time", start.as_deref(), now)?;
        let start = start.unwrap_or(end.before(RANGE_DEFAULT_MS));
        range(expr, start, end, step.as_deref())?
    } else {
        let at = instant("evaluation time", time.as_deref(), now)?.unwrap_or(now);
        vec![("query", expr.clone()), ("time", at.to_string())]
    };
    params.push(("analyze", analyze.to_string()));
    Ok(Question::explanation("/api/flyball/v1/explain", params))
}

fn range(
    expr: &str,
    start: Instant,
    end: Instant,
    step: Option<&str>,
) -> Result<Vec<(&'static str, String)>, Refusal> {
    if start >= end {
        return Err(format!("start time is not before end time: {start} and {end}"));
    }
    let step = step.map(time::parse_step).transpose();
    let step = step.map_err(|reason| format!("error parsing step: {reason}"))?;
    // Zero is how promtool's users ask for the default.
    let step_seconds = step.filter(|step| *step > 0.0).unwrap_or(default_step(start, end));
    Ok(vec![
        ("query", expr.to_owned()),
        ("start", start.to_string()),
        ("end", end.to_string()),
        ("step", step_seconds.to_string()),
    ])
}

/// Whole seconds.
fn default_step(start: Instant, end: Instant) -> f64 {
    let seconds = end.ms_since(start) / 1000;
    let step = (seconds / STEPS_DEFAULT).max(1);
    #[expect(clippy::cast_precision_loss, reason = "seconds of a calendar are below 2^52")]
    let step = step as f64;
    step
}

fn span_params(
    span: &Span,
    matches: &[String],
    now: Instant,
) -> Result<Vec<(&'static str, String)>, Refusal> {
    let start = instant("start time", span.start.as_deref(), now)?;
    let end = instant("end time", span.end.as_deref(), now)?;
    let start = start.unwrap_or(now.before(SPAN_DEFAULT_MS));
    let end = end.unwrap_or(now.before(-SPAN_DEFAULT_MS));
    let matches = matches.iter().map(|selector| ("match[]", selector.clone()));
    let bounds = [("start", start.to_string()), ("end", end.to_string())];
    Ok(matches.chain(bounds).collect())
}
