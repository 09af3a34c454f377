//! Remote read (`/api/v1/read`): samples of whole ranges for other servers, in one message or as a
//! stream of chunks. Semantics: Prometheus 3.14 `storage/remote/read_handler.go`: matchers on
//! external labels are taken off, the labels are put on.
//! A stream is made as it is sent: a slow reader holds four frames, nothing more.

use crate::limits::{Bounds, Egress, Refusal};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, Limited};
use model::{Labels, MatchOp, Matcher, SampleBuf, SelectHints, Selection, Watch as _};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use wire::bounded::{Bounds as Decoded, snappy_block, snappy_compress};
use wire::remote_read::{
    Chunk, ReadQuery, ReadRequest, ResponseType, STREAM_CONTENT_TYPE, SamplesResponse, put_frame,
};
use wire::remote_write::TimeSeries;

/// Where servers read.
pub const READ_PATH: &str = "/api/v1/read";
/// Frames that wait for the network.
const FRAMES_MAX: usize = 4;
/// Longest time for a request to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The handler of [`READ_PATH`], for whoever owns the table of routes.
pub fn read_route(egress: Arc<Egress>) -> MethodRouter {
    post(move |request: Request| {
        let egress = Arc::clone(&egress);
        async move { answer(egress, request).await.unwrap_or_else(IntoResponse::into_response) }
    })
}

async fn answer(egress: Arc<Egress>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    check_encoding(&head.headers)?;
    let body = Limited::new(body, egress.options.request_bytes_max).collect();
    let body = tokio::time::timeout(BODY_TIMEOUT, body).await.map_err(|_elapsed| {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request did not arrive in time")
    })?;
    let body = body.map_err(|error| {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("cannot read the request: {error}"))
    })?;
    let request = parse(&body.to_bytes(), egress.options.request_bytes_max)?;
    let turn = egress.turn().await?;
    if request.accepted.first() == Some(&ResponseType::Stream) {
        let (begun, begins) = oneshot::channel();
        let (frames, receiver) = mpsc::channel(FRAMES_MAX);
        let left = Arc::<AtomicBool>::default();
        let stream = FrameStream { frames: receiver, left: Arc::clone(&left) };
        tokio::task::spawn_blocking(move || {
            egress.stream(&request, left, begun, &frames);
            drop(turn);
        });
        let died = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug in the server");
        begins.await.map_err(died)??;
        let head = [(header::CONTENT_TYPE, STREAM_CONTENT_TYPE)];
        return Ok((head, Body::new(stream)).into_response());
    }
    let work = tokio::task::spawn_blocking(move || {
        let body = egress.samples(&request, &egress.bounds());
        drop(turn);
        body
    });
    let died = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug in the server");
    work.await.map_err(died)?.map(samples_response)
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"" | b"snappy") => Ok(()),
        Some(other) => {
            let text = format!("content encoding `{}`, snappy expected", other.escape_ascii());
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text))
        }
    }
}

fn parse(body: &[u8], bytes_max: usize) -> Result<ReadRequest, Refusal> {
    let mut decoded = Vec::new();
    snappy_block(body, Decoded::of(bytes_max), &mut decoded)
        .and_then(|()| ReadRequest::read(&decoded))
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))
}

fn samples_response(body: Vec<u8>) -> Response {
    let head =
        [(header::CONTENT_TYPE, "application/x-protobuf"), (header::CONTENT_ENCODING, "snappy")];
    (head, body).into_response()
}

/// Labels of a series as the reader sees them, sorted.
fn shown(labels: &Labels, external: &Labels) -> Vec<(String, String)> {
    let missing = external.iter().filter(|(name, _)| labels.get(name).is_none());
    let mut all: Vec<(String, String)> =
        labels.iter().chain(missing).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    all.sort();
    all
}

/// Matchers for stored labels: what asks for an external label with its value asks nothing.
fn own_matchers(matchers: &[Matcher], external: &Labels) -> Vec<Matcher> {
    let is_external = |matcher: &Matcher| {
        matcher.op() == MatchOp::Equal && external.get(matcher.name()) == Some(matcher.value())
    };
    matchers.iter().filter(|matcher| !is_external(matcher)).cloned().collect()
}

/// Numbers of the series in the order of the labels that the reader sees: it merges sorted sets.
fn order(
    selection: &dyn Selection,
    external: &Labels,
    bounds: &Bounds,
) -> Result<Vec<usize>, Refusal> {
    let mut order: Vec<usize> = (0..selection.len()).collect();
    // A label that all get can still move a set before one that was longer by another label.
    if !external.is_empty() {
        let bytes = |index: &usize| 2 * selection.labels(*index).text_len() + 256;
        bounds.hold(order.iter().map(bytes).sum())?;
        order.sort_by_cached_key(|index| shown(selection.labels(*index), external));
    }
    Ok(order)
}

impl Egress {
    fn select(
        &self,
        query: &ReadQuery,
        external: &Labels,
        bounds: &Bounds,
    ) -> Result<Box<dyn Selection>, Refusal> {
        let matchers = own_matchers(&query.matchers, external);
        let hints = SelectHints { watch: bounds, ..SelectHints::default() };
        Ok(self.querier.select(query.start, query.end, &matchers, &hints)?)
    }

    /// The whole answer, compressed.
    fn samples(&self, request: &ReadRequest, bounds: &Bounds) -> Result<Vec<u8>, Refusal> {
        let external = self.external_labels();
        let mut answer = SamplesResponse::default();
        let (mut samples, mut count) = (SampleBuf::default(), 0);
        for query in &request.queries {
            let selection = self.select(query, &external, bounds)?;
            for index in order(&*selection, &external, bounds)? {
                bounds.tick(1)?;
                selection.read(index, &mut samples)?;
                count += samples.len();
                let max = self.options.samples_max;
                if count > max {
                    let text = format!("exceeded sample limit ({max})");
                    return Err(Refusal::new(StatusCode::BAD_REQUEST, text));
                }
                let before = answer.len();
                answer.add(&series(selection.labels(index), &external, &samples));
                bounds.hold(answer.len() - before)?;
            }
            answer.finish_query();
        }
        snappy_compress(&answer.into_bytes())
            .map_err(|error| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
    }

    /// Says whether there is an answer, then sends its frames as they are taken.
    fn stream(
        &self,
        request: &ReadRequest,
        left: Arc<AtomicBool>,
        begun: oneshot::Sender<Result<(), Refusal>>,
        frames: &mpsc::Sender<io::Result<Bytes>>,
    ) {
        let bounds = Bounds { left, ..self.bounds() };
        let external = self.external_labels();
        let mut begun = Some(begun);
        for (number, query) in request.queries.iter().enumerate() {
            let selected = self.select(query, &external, &bounds);
            let refusal = match (selected, begun.take()) {
                (Ok(selection), begun) => {
                    if begun.is_some_and(|begun| begun.send(Ok(())).is_err()) {
                        return;
                    }
                    self.send(number, &*selection, &external, &bounds, frames).err()
                }
                // The reader may have gone already.
                (Err(refusal), Some(begun)) => return drop(begun.send(Err(refusal))),
                (Err(refusal), None) => Some(refusal),
            };
            if let Some(refusal) = refusal {
                tracing::warn!(error = refusal.text, "a remote read ended early");
                // The reader sees a broken body; it may have gone already.
                return drop(frames.blocking_send(Err(io::Error::other(refusal.text))));
            }
        }
        if let Some(begun) = begun {
            drop(begun.send(Ok(())));
        }
    }

    /// The frames of one question.
    fn send(
        &self,
        number: usize,
        selection: &dyn Selection,
        external: &Labels,
        bounds: &Bounds,
        frames: &mpsc::Sender<io::Result<Bytes>>,
    ) -> Result<(), Refusal> {
        let mut samples = SampleBuf::default();
        for index in order(selection, external, bounds)? {
            bounds.tick(1)?;
            selection.read(index, &mut samples)?;
            let labels = shown(selection.labels(index), external);
            let chunks = Chunk::cut(&samples);
            for part in self.parts(&labels, &chunks) {
                let mut frame = Vec::new();
                put_frame(number, &labels, part, &mut frame);
                if frames.blocking_send(Ok(frame.into())).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Chunks that fit a frame together; at least one each.
    fn parts<'c>(
        &self,
        labels: &[(String, String)],
        chunks: &'c [Chunk],
    ) -> impl Iterator<Item = &'c [Chunk]> {
        let label_bytes: usize = labels.iter().map(|(name, value)| name.len() + value.len()).sum();
        let max = self.options.frame_bytes_max.saturating_sub(label_bytes);
        let mut rest = chunks;
        std::iter::from_fn(move || {
            let mut bytes = 0;
            let fits = |chunk: &&Chunk| {
                bytes += chunk.bytes.len();
                bytes <= max
            };
            let count = rest.iter().take_while(fits).count().max(1).min(rest.len());
            let (part, behind) = rest.split_at(count);
            rest = behind;
            (!part.is_empty()).then_some(part)
        })
    }
}

fn series(labels: &Labels, external: &Labels, samples: &SampleBuf) -> TimeSeries {
    let mut series = TimeSeries { labels: shown(labels, external), ..TimeSeries::default() };
    let mut histograms = samples.histograms.iter().peekable();
    for (index, (at, value)) in samples.timestamps.iter().zip(&samples.values).enumerate() {
        match histograms.next_if(|(place, _)| *place == index) {
            Some((_, histogram)) => series.histograms.push((*at, (**histogram).clone())),
            None => series.samples.push((*at, *value)),
        }
    }
    series
}

/// A body of frames; the maker learns when it is dropped.
struct FrameStream {
    frames: mpsc::Receiver<io::Result<Bytes>>,
    left: Arc<AtomicBool>,
}

impl http_body::Body for FrameStream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.frames.poll_recv(context).map(|next| next.map(|frame| frame.map(Frame::data)))
    }
}

impl Drop for FrameStream {
    fn drop(&mut self) {
        self.left.store(true, Ordering::Relaxed);
    }
}
