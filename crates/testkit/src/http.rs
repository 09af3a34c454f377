//! The least HTTP that tests need: one request per connection, and a server that answers from a
//! closure and remembers what it was asked. Plain threads, so that it works beside any runtime.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long one exchange may take.
const EXCHANGE_MAX: Duration = Duration::from_secs(30);
/// Longest body either side takes.
const BODY_MAX: u64 = 64 << 20;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Head as received, without the status line.
    pub head: String,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Fetches `http://ADDRESS PATH`.
pub fn get(address: SocketAddr, path: &str) -> io::Result<Reply> {
    exchange(address, "GET", path, &[], &[])
}

/// Sends a body, with header lines such as `Content-Type: text/plain`.
pub fn post(address: SocketAddr, path: &str, headers: &[&str], body: &[u8]) -> io::Result<Reply> {
    exchange(address, "POST", path, headers, body)
}

/// One request with any method. Speaks HTTP/1.0, so that the end of the connection ends the body.
pub fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, EXCHANGE_MAX)?;
    stream.set_read_timeout(Some(EXCHANGE_MAX))?;
    stream.set_write_timeout(Some(EXCHANGE_MAX))?;
    let mut lines = vec![format!("{method} {path} HTTP/1.0")];
    if !headers.iter().any(|line| line.to_ascii_lowercase().starts_with("host:")) {
        lines.push(format!("Host: {address}"));
    }
    lines.extend(headers.iter().map(|line| (*line).to_owned()));
    lines.push(format!("Content-Length: {}\r\n\r\n", body.len()));
    let head = lines.join("\r\n");
    let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    let read = stream.take(BODY_MAX).read_to_end(&mut answer);
    if answer.is_empty() {
        written?;
        read?;
    }
    // A server that refuses a body may answer and close before it has read all of it.
    parse_reply(&answer)
}

fn parse_reply(answer: &[u8]) -> io::Result<Reply> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or_else(|| bad("an answer without the end of its head"))?;
    let text = String::from_utf8_lossy(&answer[..end]);
    let (first, head) = text.split_once("\r\n").unwrap_or((&text, ""));
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| bad("an answer without a status"))?;
    Ok(Reply { status, head: head.to_owned(), body: answer[end + 4..].to_vec() })
}

/// A request that a [`Site`] received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Method and path, e.g. `POST /hook`.
    pub target: String,
    /// Header lines.
    pub head: Vec<String>,
    /// Body.
    pub body: Vec<u8>,
}

/// What a [`Site`] answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scripted {
    /// Status code.
    pub status: u16,
    /// Header lines; without a content type the body is plain text.
    pub headers: Vec<String>,
    /// Body.
    pub body: String,
    /// Wait before the answer.
    pub latency: Duration,
}

impl Scripted {
    /// JSON with status 200.
    pub fn json(body: impl Into<String>) -> Self {
        let headers = vec!["Content-Type: application/json".to_owned()];
        Self { status: 200, headers, body: body.into(), latency: Duration::ZERO }
    }
}

impl From<(u16, String)> for Scripted {
    fn from((status, body): (u16, String)) -> Self {
        Self { status, body, ..Self::default() }
    }
}

type Answer = dyn Fn(&Asked) -> Scripted + Send + Sync;

/// A server on a free port of the loopback address; stops when dropped.
pub struct Site {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Mutex<Arc<Answer>>>,
}

impl Site {
    /// Starts a server whose answers come from the closure: status and body, or [`Scripted`].
    ///
    /// # Panics
    /// When the loopback address has no free port.
    pub fn start<R: Into<Scripted>>(answer: impl Fn(&Asked) -> R + Send + Sync + 'static) -> Self {
        let listener =
            TcpListener::bind("127.0.0.1:0").expect("the loopback address has free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answer = move |asked: &Asked| answer(asked).into();
        let answer: Arc<Mutex<Arc<Answer>>> = Arc::new(Mutex::new(Arc::new(answer)));
        let (log, current) = (Arc::downgrade(&asked), Arc::downgrade(&answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Some(log), Some(current)) = (log.upgrade(), current.upgrade()) else { return };
                let answer = Arc::clone(&current.lock().unwrap_or_else(PoisonError::into_inner));
                if let Ok(stream) = stream {
                    // A peer that hangs up in the middle is its own problem.
                    thread::spawn(move || drop(serve(&stream, &log, &*answer)));
                }
            }
        });
        Self { address, asked, answer }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers differently from now on.
    pub fn answer_with<R: Into<Scripted>>(
        &self,
        answer: impl Fn(&Asked) -> R + Send + Sync + 'static,
    ) {
        let answer = move |asked: &Asked| answer(asked).into();
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(answer);
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<Asked>>, answer: &Answer) -> io::Result<()> {
    stream.set_read_timeout(Some(EXCHANGE_MAX))?;
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let length = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<u64>().ok())?
    });
    let length = length.unwrap_or(0).min(BODY_MAX);
    let mut body = Vec::new();
    // A peer that was killed in the middle of its request has asked nothing.
    if reader.take(length).read_to_end(&mut body)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let first = lines.first().cloned().unwrap_or_default();
    let target = first.rsplit_once(' ').map_or(first.clone(), |(target, _)| target.to_owned());
    let asked = Asked { target, head: lines.split_off(1.min(lines.len())), body };
    let Scripted { status, mut headers, body, latency } = answer(&asked);
    log.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    thread::sleep(latency);
    let is_kind = |line: &String| line.to_ascii_lowercase().starts_with("content-type:");
    if !headers.iter().any(is_kind) {
        headers.push("Content-Type: text/plain; version=0.0.4".to_owned());
    }
    headers.push(format!("Content-Length: {}", body.len()));
    headers.push("Connection: close".to_owned());
    let head = format!("HTTP/1.1 {status} X\r\n{}\r\n\r\n", headers.join("\r\n"));
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_answers_and_remembers() {
        let site = Site::start(|asked| (200, asked.target.clone()));
        let reply = get(site.address(), "/metrics").unwrap();
        assert_eq!((reply.status, reply.text().as_str()), (200, "GET /metrics"));
        site.answer_with(|_| (503, String::new()));
        let reply = post(site.address(), "/hook", &["X-A: b"], b"body").unwrap();
        assert_eq!(reply.status, 503);
        let asked = site.asked();
        assert_eq!(asked[1].body, b"body");
        assert!(asked[1].head.contains(&"X-A: b".to_owned()));
    }
}
