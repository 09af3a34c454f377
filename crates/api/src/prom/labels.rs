//! `series`, `labels`, `label/<name>/values`: what is stored, without samples.

use super::query::{TRUNCATED, time_range};
use crate::App;
use crate::params::{Params, parse_selectors};
use crate::queries::{Caller, QueryKind, Question, Ticket};
use crate::render::{label_sets, strings};
use crate::reply::{ApiError, ErrorBody, Success, stream};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use model::{LabelQuery, Labels, Matcher, Querier, QuerierError, SelectHints, Timestamp, Watch};
use std::collections::HashMap;

/// Prefix of names whose characters are escaped, so that they fit into a path.
const ESCAPED_PREFIX: &str = "U__";

/// What all three routes ask.
struct Asked {
    limit: Option<usize>,
    start: Timestamp,
    end: Timestamp,
    selectors: Vec<String>,
    /// Upstream names the parameter `match[]` in errors of `series`, and gives the bare sentence
    /// in those of the other two.
    refuse: fn(String) -> ApiError,
}

impl Asked {
    fn new(params: &Params, refuse: fn(String) -> ApiError) -> Result<Self, ApiError> {
        let limit = params.limit()?;
        let (start, end) = time_range(params)?;
        Ok(Self { limit, start, end, selectors: params.selector_texts()?, refuse })
    }

    fn parse_selectors(&self) -> Result<Vec<Vec<Matcher>>, ApiError> {
        parse_selectors(&self.selectors).map_err(self.refuse)
    }

    /// What is asked, as one text: a name, and the selectors.
    fn question(&self, caller: &Caller, kind: QueryKind, name: &str) -> Question {
        let selectors = self.selectors.join(", ");
        caller.asks(kind, &format!("{name} {selectors}"))
    }

    /// One more than wanted, to see whether something is cut off.
    fn probe_limit(&self) -> Option<usize> {
        self.limit.map(|limit| limit.saturating_add(1))
    }

    fn label_query<'s>(
        &self,
        selectors: &'s [Vec<Matcher>],
        watch: &'s dyn Watch,
    ) -> LabelQuery<'s> {
        let limit = self.probe_limit();
        LabelQuery { start: self.start, end: self.end, selectors, limit, watch }
    }

    /// Cuts a list to the limit and names what was done.
    fn cut<T>(&self, list: &mut Vec<T>) -> Vec<String> {
        match self.limit {
            Some(limit) if list.len() > limit => {
                list.truncate(limit);
                vec![TRUNCATED.into()]
            }
            Some(_) | None => Vec::new(),
        }
    }
}

/// Label sets of the series that match any selector.
#[utoipa::path(method(get, post), path = "/api/v1/series", tag = "labels",
    params(
        ("match[]" = Vec<String>, Query, description = "Series selectors, at least one"),
        ("start" = Option<String>, Query, description = "Seconds or RFC 3339"),
        ("end" = Option<String>, Query, description = "Seconds or RFC 3339"),
        ("limit" = Option<u64>, Query, description = "Most series in the answer; 0: all")),
    responses((status = 200, description = "Label sets",
        body = Success<Vec<HashMap<String, String>>>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn series(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    if params.all("match[]").next().is_none() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let asked = Asked::new(&params, |reason| ApiError::invalid_parameter("match[]", reason))?;
    let question = asked.question(&caller, QueryKind::Series, "");
    let inner = App::clone(&app);
    let work = move |ticket: &Ticket| {
        let selectors = asked.parse_selectors()?;
        let meter = inner.state.engine.meter(ticket.cancel());
        let querier = &*inner.state.querier;
        let mut sets = matching_series(querier, &asked, &selectors, &meter)?;
        let warnings = asked.cut(&mut sets);
        Ok((sets, warnings, meter.keep()))
    };
    let (sets, warnings, memory) = app.pool.run(question, None, work).await?;
    Ok(stream(label_sets(sets), &warnings, memory))
}

/// Label sets of all selectors, sorted, each once.
fn matching_series(
    querier: &dyn Querier,
    asked: &Asked,
    selectors: &[Vec<Matcher>],
    watch: &dyn Watch,
) -> Result<Vec<Labels>, QuerierError> {
    let wanted = asked.probe_limit();
    let function = Some("series");
    let hints = SelectHints { function, series_max: wanted, watch, ..SelectHints::default() };
    let mut sets: Vec<Labels> = Vec::new();
    for matchers in selectors {
        let selection = querier.select(asked.start, asked.end, matchers, &hints)?;
        let count = selection.len().min(wanted.unwrap_or(usize::MAX));
        sets.extend((0..count).map(|index| selection.labels(index).clone()));
    }
    if selectors.len() > 1 {
        sets.sort_unstable();
        sets.dedup();
    }
    Ok(sets)
}

/// Names of labels.
#[utoipa::path(method(get, post), path = "/api/v1/labels", tag = "labels",
    params(
        ("match[]" = Option<Vec<String>>, Query, description = "Series selectors"),
        ("start" = Option<String>, Query, description = "Seconds or RFC 3339"),
        ("end" = Option<String>, Query, description = "Seconds or RFC 3339"),
        ("limit" = Option<u64>, Query, description = "Most names in the answer; 0: all")),
    responses((status = 200, description = "Names, sorted", body = Success<Vec<String>>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn names(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let asked = Asked::new(&params, ApiError::bad_data)?;
    let question = asked.question(&caller, QueryKind::Labels, "");
    list(&app, asked, question, |querier, query| querier.label_names(query)).await
}

/// Values of one label; names with special characters are escaped as `U__name_2e_with_2e_dots`.
#[utoipa::path(get, path = "/api/v1/label/{name}/values", tag = "labels",
    params(
        ("name" = String, Path, description = "Name of the label"),
        ("match[]" = Option<Vec<String>>, Query, description = "Series selectors"),
        ("start" = Option<String>, Query, description = "Seconds or RFC 3339"),
        ("end" = Option<String>, Query, description = "Seconds or RFC 3339"),
        ("limit" = Option<u64>, Query, description = "Most values in the answer; 0: all")),
    responses((status = 200, description = "Values, sorted", body = Success<Vec<String>>),
        (status = "default", description = "No answer", body = ErrorBody)))]
pub(crate) async fn values(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let Path(name) =
        name.map_err(|error| ApiError::bad_data(format!("invalid label name: {error}")))?;
    let name = unescape(&name).unwrap_or(name);
    let asked = Asked::new(&params, ApiError::bad_data)?;
    let question = asked.question(&caller, QueryKind::LabelValues, &name);
    list(&app, asked, question, move |querier, query| querier.label_values(&name, query)).await
}

async fn list(
    app: &App,
    asked: Asked,
    question: Question,
    ask: impl FnOnce(&dyn Querier, &LabelQuery<'_>) -> Result<Vec<String>, QuerierError>
    + Send
    + 'static,
) -> Result<Response, ApiError> {
    let inner = App::clone(app);
    let work = move |ticket: &Ticket| {
        let selectors = asked.parse_selectors()?;
        let meter = inner.state.engine.meter(ticket.cancel());
        let mut texts = ask(&*inner.state.querier, &asked.label_query(&selectors, &meter))?;
        let warnings = asked.cut(&mut texts);
        Ok((texts, warnings, meter.keep()))
    };
    let (texts, warnings, memory) = app.pool.run(question, None, work).await?;
    Ok(stream(strings(texts), &warnings, memory))
}

/// Undoes Prometheus' value encoding (`model.UnescapeName`): `__` is `_`, `_2e_` is `.`;
/// `None` when the name is not escaped, or not well.
pub(crate) fn unescape(name: &str) -> Option<String> {
    let mut rest = name.strip_prefix(ESCAPED_PREFIX)?;
    let mut out = String::with_capacity(rest.len());
    while let Some(at) = rest.find('_') {
        out.push_str(&rest[..at]);
        let (code, after) = rest[at + 1..].split_once('_')?;
        out.push(if code.is_empty() { '_' } else { character(code)? });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// A character from at most six hexadecimal digits (lower case, as the encoder writes them).
fn character(code: &str) -> Option<char> {
    let digits = code.len() <= 6 && code.bytes().all(|b| b.is_ascii_hexdigit());
    if !digits {
        return None;
    }
    char::from_u32(u32::from_str_radix(code, 16).ok()?)
}

#[cfg(test)]
mod tests;
