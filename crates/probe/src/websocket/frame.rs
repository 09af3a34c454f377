//! Frames of WebSocket (RFC 6455, 5): written masked, read within bounds. Any bytes may come in.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

const CONTINUATION: u8 = 0;
/// A message of text.
pub(super) const TEXT: u8 = 1;
const BINARY: u8 = 2;
/// The farewell.
pub(super) const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Longest message that is read: 1 MiB.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Frames of one message at most, and pings before it.
const FRAMES_MAX: usize = 1000;
/// A control frame carries at most this much (RFC 6455, 5.5).
const CONTROL_BYTES_MAX: usize = 125;

/// Writes one whole frame.
pub(super) async fn write_frame<S: AsyncWrite + Unpin>(
    stream: &mut S,
    kind: u8,
    payload: &[u8],
    mask: [u8; 4],
) -> io::Result<()> {
    let mut frame = vec![0x80 | kind];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..=125), _) => frame.push(0x80 | length),
        (_, Ok(length)) => {
            frame.push(0x80 | 0x7e);
            frame.extend(length.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(0x80 | 0x7f);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    stream.write_all(&frame).await?;
    stream.flush().await
}

/// Reads the next message of text or bytes; pings are answered on the way.
pub(super) async fn read_message<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    mask: [u8; 4],
) -> io::Result<Vec<u8>> {
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let mut message: Option<Vec<u8>> = None;
    for _ in 0..FRAMES_MAX {
        let (is_last, kind, payload) = read_frame(stream).await?;
        match kind {
            PING => write_frame(stream, PONG, &payload, mask).await?,
            PONG => {}
            CLOSE => {
                let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                return Err(wrong(&format!("the server closed the connection with {code}")));
            }
            TEXT | BINARY if message.is_none() && is_last => return Ok(payload),
            TEXT | BINARY if message.is_none() => message = Some(payload),
            CONTINUATION => {
                let so_far = message.as_mut();
                let so_far = so_far.ok_or_else(|| wrong("a message begins in its middle"))?;
                if so_far.len() + payload.len() > MESSAGE_BYTES_MAX {
                    return Err(wrong("a message is longer than 1 MiB"));
                }
                so_far.extend(payload);
                if is_last {
                    return Ok(message.unwrap_or_default());
                }
            }
            _ => return Err(wrong(&format!("a frame has the kind {kind} where none may"))),
        }
    }
    Err(wrong("more than 1000 frames brought no message"))
}

/// Is it the last of its message, its kind, its payload.
async fn read_frame<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<(bool, u8, Vec<u8>)> {
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let mut head = [0; 2];
    stream.read_exact(&mut head).await?;
    let [first, second] = head;
    if first & 0x70 != 0 {
        return Err(wrong("a frame has bits of an extension that nobody agreed on"));
    }
    if second & 0x80 != 0 {
        return Err(wrong("a server's frame is masked"));
    }
    let length = match second {
        126 => u64::from(stream.read_u16().await?),
        127 => stream.read_u64().await?,
        length => u64::from(length),
    };
    let kind = first & 0x0f;
    let bytes_max = if kind >= CLOSE { CONTROL_BYTES_MAX } else { MESSAGE_BYTES_MAX };
    let length = usize::try_from(length).ok().filter(|length| *length <= bytes_max);
    let length = length.ok_or_else(|| wrong("a frame is longer than allowed"))?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    Ok((first & 0x80 != 0, kind, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let (mut ours, mut theirs) = tokio::io::duplex(1 << 16);
        theirs.write_all(bytes).await.unwrap();
        // Pongs have to go somewhere; the reading end stays open.
        theirs.shutdown().await.unwrap();
        read_message(&mut ours, [1, 2, 3, 4]).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn messages_are_put_together_and_pings_answered() {
        assert_eq!(read(b"\x81\x02hi").await, Ok(b"hi".to_vec()));
        assert_eq!(read(b"\x01\x01h\x89\x00\x80\x01i").await, Ok(b"hi".to_vec()));
        let mut long = vec![0x82, 126, 1, 0];
        long.extend([7; 256]);
        assert_eq!(read(&long).await.map(|message| message.len()), Ok(256));
    }

    #[tokio::test]
    async fn what_breaks_the_protocol_is_refused() {
        for (bytes, expected) in [
            (&b"\x88\x02\x03\xf3"[..], "closed the connection with 1011"),
            (b"\x80\x01x", "begins in its middle"),
            (b"\xc1\x01x", "bits of an extension"),
            (b"\x81\x81abcdx", "is masked"),
            (b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", "longer than allowed"),
            (b"\x89\x7e\x01\x00", "longer than allowed"),
            (b"\x83\x00", "the kind 3"),
            (b"\x81\x05hi", "eof"),
        ] {
            let why = read(bytes).await.expect_err(expected);
            assert!(why.contains(expected), "{why}");
        }
    }

    #[tokio::test]
    async fn frames_are_masked() {
        let mut out = Vec::new();
        write_frame(&mut out, TEXT, b"hi", [1, 2, 3, 4]).await.unwrap();
        assert_eq!(out, [0x81, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2]);
    }
}
