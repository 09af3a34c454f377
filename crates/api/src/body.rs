//! Bodies of requests: read whole, within the limits of size, time and memory.

use crate::App;
use axum::body::Body;
use bytes::Bytes;
use http::Request;
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// Bodies up to this size are taken without asking for room.
const SMALL_BODY_BYTES: usize = 64 << 10;

/// Room of a large body; given back when the last copy is dropped.
pub(crate) type Room = Arc<OwnedSemaphorePermit>;

/// Why there is no body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BodyTrouble {
    /// Too many large ones are held.
    NoRoom,
    /// It is longer than this many bytes.
    TooLong(usize),
    /// It did not come in time.
    TooSlow,
    /// The connection broke, or the encoding is wrong.
    Broken(String),
}

/// Reads a body. The room, if it needed any, is to be kept as long as what was made of the body.
pub(crate) async fn read(
    request: Request<Body>,
    app: &App,
) -> Result<(Bytes, Option<Room>), BodyTrouble> {
    let room = room(&request, app)?;
    let (limit, timeout) = (app.options.form_bytes_max, app.options.body_timeout);
    let body = Limited::new(request.into_body(), limit).collect();
    match tokio::time::timeout(timeout, body).await {
        Ok(Ok(collected)) => Ok((collected.to_bytes(), room)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyTrouble::TooLong(limit)),
        Ok(Err(error)) => Err(BodyTrouble::Broken(error.to_string())),
        Err(_elapsed) => Err(BodyTrouble::TooSlow),
    }
}

/// Reserves room for a large body; small ones are bounded by the number of connections.
fn room(request: &Request<Body>, app: &App) -> Result<Option<Room>, BodyTrouble> {
    let limit = app.options.form_bytes_max;
    let announced = request.body().size_hint().upper();
    let announced = announced.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(limit);
    if announced <= SMALL_BODY_BYTES {
        return Ok(None);
    }
    // More than the limit is refused while it is read.
    let kib = u32::try_from(announced.min(limit).div_ceil(1024)).unwrap_or(u32::MAX);
    match Arc::clone(&app.body_room).try_acquire_many_owned(kib) {
        Ok(room) => Ok(Some(Arc::new(room))),
        Err(_full) => Err(BodyTrouble::NoRoom),
    }
}
