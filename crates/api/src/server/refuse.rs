//! The answer to one connection too many: 503 with Retry-After, then close; with TLS just close,
//! because a handshake is what we cannot afford then.
//! At most a few refusals are written at a time; beyond that connections are closed unanswered.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\nretry-after: 5\r\nconnection: close\r\n\
    content-length: 21\r\n\r\ntoo many connections\n";
/// Time for the client to take the answer.
const LINGER: Duration = Duration::from_secs(1);
/// Refusals written at the same time.
static WRITING: Semaphore = Semaphore::const_new(32);

/// Tells the client to come again and closes.
pub(super) fn too_many(mut stream: TcpStream, encrypted: bool) {
    let Ok(permit) = WRITING.try_acquire() else { return };
    if encrypted {
        return;
    }
    tokio::spawn(async move {
        let write = async {
            stream.write_all(ANSWER).await?;
            stream.shutdown().await?;
            // Unread bytes at close would make the kernel send a reset, which can overtake the
            // answer: read what comes until the client closes.
            let mut rest = [0; 1024];
            while stream.read(&mut rest).await? > 0 {}
            std::io::Result::Ok(())
        };
        match timeout(LINGER, write).await {
            Ok(Ok(())) | Err(_) => {}
            Ok(Err(error)) => tracing::debug!(%error, "cannot refuse a connection politely"),
        }
        drop(permit);
    });
}
