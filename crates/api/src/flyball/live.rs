//! `/api/flyball/v1/live`: answers that come by themselves, as server-sent events over a POST.
//! Pull-based: a round of queries begins when the time has come and the client has taken the round
//! before; slow clients skip rounds. Bounded: streams, queries of each, series of an answer.

mod body;
mod wanted;

use crate::App;
use crate::prom::query::TRUNCATED;
use crate::queries::{Caller, QueryKind, Refusal, Ticket};
use crate::render::{query_value, write_text};
use crate::reply::{ApiError, ErrorBody};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use body::Rounds;
use bytes::Bytes;
use http::{HeaderValue, header};
use query::{Query, QueryValue, StepRange};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior};
use wanted::{LiveQuery, LiveRequest, Wanted};

/// Streams at a time; each is a connection.
pub(crate) const STREAMS_MAX: usize = 128;
/// Series of one answer; more are cut off and the answer says so.
const SERIES_MAX: usize = 500;
/// Time for one query of a round.
const QUERY_MAX: Duration = Duration::from_secs(10);

/// Sends the values of several expressions again and again, as `text/event-stream`: one `begin`,
/// then a `point` `{"id", "time_ms", "resultType", "result"}` per query and round, or a `problem`
/// `{"id", "error"}` in its place.
#[utoipa::path(post, path = "/api/flyball/v1/live", tag = "flyball", request_body = LiveRequest,
    responses(
        (status = 200, description = "Events without end", content_type = "text/event-stream"),
        (status = "default", description = "No stream", body = ErrorBody)))]
pub(crate) async fn live(
    State(app): State<App>,
    caller: Caller,
    request: http::Request<Body>,
) -> Result<Response, ApiError> {
    let wanted = Wanted::read(request, &app).await?;
    let place = Arc::clone(&app.live_streams).try_acquire_owned().map_err(|_full| {
        let message = format!("too many live streams: {STREAMS_MAX} are open");
        ApiError::busy(Refusal::QueueFull, message)
    })?;
    let mut rounds = tokio::time::interval(wanted.every);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let stream = Stream { app, caller, wanted, rounds, has_begun: false, _place: place };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would collect events before it passes them on.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok((headers, Body::new(Rounds::new(stream))).into_response())
}

/// A client's stream.
struct Stream {
    app: App,
    caller: Caller,
    wanted: Wanted,
    rounds: Interval,
    has_begun: bool,
    _place: OwnedSemaphorePermit,
}

impl Stream {
    /// The events of the next round; `None` when the server stops.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        if !self.has_begun {
            self.has_begun = true;
            let every_ms = self.wanted.every.as_millis();
            let now_ms = self.app.state.clock.now().ms();
            out.extend_from_slice(b"event: begin\ndata: ");
            write!(out, "{{\"every_ms\":{every_ms},\"now_ms\":{now_ms}}}\n\n")
                .expect("a Vec takes every byte");
            return Some(out.into());
        }
        // Made before the question, so that a stop between the two is not missed.
        let stop = self.app.stopping.notified();
        if self.app.is_draining() {
            return None;
        }
        tokio::select! {
            _ = self.rounds.tick() => {}
            () = stop => return None,
        }
        for query in &self.wanted.queries {
            self.answer(query, &mut out).await;
        }
        Some(out.into())
    }

    async fn answer(&self, query: &LiveQuery, out: &mut Vec<u8>) {
        let expr = match &query.expr {
            Ok(expr) => Arc::clone(expr),
            Err(error) => return write_problem(out, &query.id, error),
        };
        let now = self.app.state.clock.now();
        let at = query.aligned(now);
        let steps = StepRange { start: at, end: at, step: Duration::ZERO };
        let question = self.caller.asks_at(QueryKind::Instant, &query.text, steps);
        let (app, text) = (App::clone(&self.app), Arc::clone(&query.text));
        let work = move |ticket: &Ticket| {
            ticket.prepare();
            let question = Query { expr: &expr, text: &text };
            let engine = &app.state.engine;
            let output = engine.instant(&*app.state.querier, question, at, ticket.cancel())?;
            ticket.evaluated(&output);
            Ok(output)
        };
        match self.app.pool.run(question, Some(QUERY_MAX), work).await {
            Ok(output) => write_point(out, &query.id, at.ms(), output.value),
            Err(error) => write_problem(out, &query.id, error.message()),
        }
    }
}

fn write_point(out: &mut Vec<u8>, id: &str, time_ms: i64, mut value: QueryValue) {
    let is_cut = match &mut value {
        QueryValue::Vector(samples) => {
            let is_cut = samples.len() > SERIES_MAX;
            samples.truncate(SERIES_MAX);
            is_cut
        }
        QueryValue::Matrix(_) | QueryValue::Scalar { .. } | QueryValue::String { .. } => false,
    };
    let (kind, mut elements) = query_value(value);
    out.extend_from_slice(b"event: point\ndata: {\"id\":");
    write_text(out, id);
    write!(out, ",\"time_ms\":{time_ms},\"resultType\":\"{kind}\",\"result\":")
        .expect("a Vec takes every byte");
    while elements.write_next(out) {}
    if is_cut {
        out.extend_from_slice(b",\"warning\":");
        write_text(out, TRUNCATED);
    }
    out.extend_from_slice(b"}\n\n");
}

fn write_problem(out: &mut Vec<u8>, id: &str, error: &str) {
    out.extend_from_slice(b"event: problem\ndata: {\"id\":");
    write_text(out, id);
    out.extend_from_slice(b",\"error\":");
    write_text(out, error);
    out.extend_from_slice(b"}\n\n");
}

#[cfg(test)]
mod tests;
