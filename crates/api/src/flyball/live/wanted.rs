//! What a client of the live stream wants, read once and checked: every number has its bounds.

use crate::App;
use crate::body::{self, BodyTrouble};
use crate::prom::query::{check_range, parse};
use crate::queries::Refusal;
use crate::reply::ApiError;
use axum::body::Body;
use http::{Request, StatusCode};
use model::Timestamp;
use promql::Expr;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// Queries of one stream.
const QUERIES_MAX: usize = 64;
/// Bytes of a name, and of all expressions together.
const ID_BYTES_MAX: usize = 100;
const EXPRESSIONS_BYTES_MAX: usize = 64 << 10;
/// Milliseconds between rounds.
const EVERY_MS: RangeInclusive<u64> = 250..=60_000;
/// Milliseconds between the instants of a query, at most a day.
const STEP_MS_MAX: u64 = 86_400_000;

/// Which values, how often.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LiveRequest {
    queries: Vec<LiveQueryBody>,
    /// Milliseconds between rounds, 250 to 60,000; 1,000 unless given.
    every_ms: Option<u64>,
}

/// An expression and what its answers are called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LiveQueryBody {
    /// Comes back with every answer.
    id: String,
    /// PromQL with a scalar or an instant vector as its value.
    expr: String,
    /// Evaluates at multiples of it, where `query_range` with this step evaluates, too.
    step_ms: Option<u64>,
}

/// A checked request.
pub(super) struct Wanted {
    pub(super) queries: Vec<LiveQuery>,
    pub(super) every: Duration,
}

/// A checked query.
#[derive(Clone)]
pub(super) struct LiveQuery {
    pub(super) id: Arc<str>,
    pub(super) text: Arc<str>,
    /// Or why it has no value: one wrong expression does not take the others away.
    pub(super) expr: Result<Arc<Expr>, Arc<str>>,
    step_ms: i64,
}

impl Wanted {
    pub(super) async fn read(request: Request<Body>, app: &App) -> Result<Self, ApiError> {
        let (bytes, _room) = body::read(request, app).await.map_err(trouble)?;
        let request: LiveRequest = serde_json::from_slice(&bytes)
            .map_err(|error| ApiError::bad_data(format!("cannot read the body: {error}")))?;
        Self::check(request, app)
    }

    fn check(request: LiveRequest, app: &App) -> Result<Self, ApiError> {
        let LiveRequest { queries, every_ms } = request;
        let every_ms = within("every_ms", every_ms.unwrap_or(1000), EVERY_MS)?;
        within("queries", queries.len() as u64, 1..=QUERIES_MAX as u64)?;
        let bytes: usize = queries.iter().map(|query| query.expr.len()).sum();
        within("expr", bytes as u64, 0..=EXPRESSIONS_BYTES_MAX as u64)?;
        let mut ids = BTreeSet::new();
        if let Some(twice) = queries.iter().map(|query| &query.id).find(|id| !ids.insert(*id)) {
            let reason = format!("{} names two queries", model::quote(twice));
            return Err(ApiError::invalid_parameter("id", reason));
        }
        let queries = queries.iter().map(|query| LiveQuery::check(query, app));
        let queries = queries.collect::<Result<_, _>>()?;
        Ok(Self { queries, every: Duration::from_millis(every_ms) })
    }
}

impl LiveQuery {
    fn check(query: &LiveQueryBody, app: &App) -> Result<Self, ApiError> {
        let LiveQueryBody { id, expr: text, step_ms } = query;
        within("id", id.len() as u64, 1..=ID_BYTES_MAX as u64)?;
        let step_ms = within("step_ms", step_ms.unwrap_or(1), 1..=STEP_MS_MAX)?;
        let step_ms = i64::try_from(step_ms).expect("within a day, checked above");
        let expr = parse(app, text).and_then(|expr| check_range(&expr).map(|()| Arc::new(expr)));
        let expr = expr.map_err(|error| error.message().into());
        Ok(Self { id: id.as_str().into(), text: text.as_str().into(), expr, step_ms })
    }

    /// The last of the query's instants that is not after `now`.
    pub(super) fn aligned(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_ms(now.ms() - now.ms().rem_euclid(self.step_ms))
    }
}

fn within(name: &str, value: u64, bounds: RangeInclusive<u64>) -> Result<u64, ApiError> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (least, most) = bounds.into_inner();
    let reason = format!("found {value}, expected {least} to {most}");
    Err(ApiError::invalid_parameter(name, reason))
}

fn trouble(trouble: BodyTrouble) -> ApiError {
    let wrong = |what: &str| ApiError::bad_data(format!("cannot read the body: {what}"));
    match trouble {
        BodyTrouble::NoRoom => {
            ApiError::busy(Refusal::SharedMemory, "too many large bodies at a time")
        }
        BodyTrouble::TooLong(limit) => wrong(&format!("it is longer than {limit} bytes"))
            .with_status(StatusCode::PAYLOAD_TOO_LARGE),
        BodyTrouble::TooSlow => {
            wrong("it came too slowly").with_status(StatusCode::REQUEST_TIMEOUT)
        }
        BodyTrouble::Broken(reason) => wrong(&reason),
    }
}
