//! Conversations: lines that are waited for, lines that are sent, TLS in the middle (STARTTLS).
//! The steps and their meaning are upstream's `query_response`.

use crate::run::{Run, Step};
use crate::tls::{Cipher, tell};
use crate::{Reason, names};
use config::blackbox::{ConversationProbe, SearchRegex, TalkStep};
use model::{LabelsBuilder, expand_captures};
use net::TlsSteps;
use std::fmt::Display;
use std::io;
use std::pin::Pin;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::time::Instant;

/// Longest line, as upstream's scanner has it: 64 KiB.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// How a conversation becomes secret.
pub(crate) struct Secure<'a> {
    pub(crate) tls: &'a TlsSteps,
    /// Name that the server must have.
    pub(crate) name: &'a str,
}

/// A connection of any kind.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}
/// The same, read through a buffer.
pub(crate) type Stream = BufReader<Pin<Box<dyn Duplex>>>;

/// Holds a conversation over a fresh connection.
pub(crate) async fn hold(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    config: &ConversationProbe,
    secure: &Secure<'_>,
    run: &mut Run,
) -> Step<()> {
    let mut stream: Stream = BufReader::new(Box::pin(stream));
    if config.tls {
        stream = encrypt(stream, secure, run).await?;
    }
    for (number, step) in config.steps.iter().enumerate() {
        run.info("Processing query response entry", &[("entry_number", &number)]);
        stream = take_step(stream, step, secure, run).await?;
    }
    Ok(())
}

async fn take_step(
    mut stream: Stream,
    step: &TalkStep,
    secure: &Secure<'_>,
    run: &mut Run,
) -> Step<Stream> {
    let mut send = step.send.clone();
    if let Some(expect) = &step.expect {
        let begun = Instant::now();
        let line = wait_for(&mut stream, expect, run).await;
        run.span("expect", begun, Instant::now());
        let line = line?;
        let filled = |template: &str| fill(expect, &line, template);
        send = send.map(|template| filled(&template));
        if !step.labels.is_empty() {
            let mut labels = LabelsBuilder::default();
            for (name, template) in &step.labels {
                labels.set(name, &filled(template));
            }
            run.set_with(names::EXPECT_INFO, labels.build(), 1.0);
        }
    }
    if let Some(bytes) = &step.expect_bytes {
        read_bytes(&mut stream, bytes.as_bytes(), run).await?;
    }
    if let Some(line) = send.filter(|line| !line.is_empty()) {
        run.info("Sending line", &[("line", &line)]);
        let sent = async {
            stream.write_all(format!("{line}\n").as_bytes()).await?;
            stream.flush().await
        };
        if let Err(error) = run.in_time(sent).await? {
            return Err(run.fail(Reason::Protocol, "Failed to send", &[("err", &error)]));
        }
    }
    if step.starttls { encrypt(stream, secure, run).await } else { Ok(stream) }
}

/// Shakes hands. What the other side said too early is dropped: it was not secret.
async fn encrypt(stream: Stream, secure: &Secure<'_>, run: &mut Run) -> Step<Stream> {
    let begun = Instant::now();
    let shaken = run.in_time(secure.tls.shake(secure.name, stream.into_inner())).await;
    run.span("tls", begun, Instant::now());
    let (stream, facts) =
        shaken?.map_err(|error| run.fail_by("TLS Handshake (client) failed", &error))?;
    run.info("TLS Handshake (client) succeeded.", &[("version", &facts.version)]);
    tell(run, &facts, Cipher::Untold);
    Ok(BufReader::new(Box::pin(stream)))
}

/// Reads lines until one matches.
async fn wait_for(stream: &mut Stream, expect: &SearchRegex, run: &mut Run) -> Step<String> {
    loop {
        let line = match run.in_time(read_line(stream)).await? {
            Ok(Some(line)) => line,
            Ok(None) => {
                run.set(names::FAILED_REGEX, 1.0);
                let details: [(&str, &(dyn Display + Sync)); 1] = [("regexp", &expect.text)];
                return Err(run.fail(Reason::Expect, "Regexp did not match", &details));
            }
            Err(error) => {
                let message = "Error reading from connection";
                return Err(run.fail(Reason::Protocol, message, &[("err", &error)]));
            }
        };
        run.note("debug", "Read line", &[("line", &line)]);
        run.findings.body = Some(line.clone());
        if expect.regex.is_match(&line) {
            run.set(names::FAILED_REGEX, 0.0);
            run.info("Regexp matched", &[("regexp", &expect.text), ("line", &line)]);
            return Ok(line);
        }
    }
}

/// A line without its end; the last one may lack it. `None` when there is no more.
async fn read_line(stream: &mut Stream) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let count = stream.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    if count == 0 {
        return Ok(None);
    }
    if line.pop_if(|last| *last == b'\n').is_none() && line.len() as u64 == LINE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than 64 KiB"));
    }
    line.pop_if(|last| *last == b'\r');
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

async fn read_bytes(stream: &mut Stream, wanted: &[u8], run: &mut Run) -> Step<()> {
    run.set(names::FAILED_BYTES, 0.0);
    let mut found = vec![0; wanted.len()];
    if let Err(error) = run.in_time(stream.read_exact(&mut found)).await? {
        let message = "Error reading from connection";
        return Err(run.fail(Reason::Protocol, message, &[("err", &error)]));
    }
    if found != wanted {
        run.set(names::FAILED_BYTES, 1.0);
        let (expected, found) = (wanted.escape_ascii(), found.escape_ascii());
        let details: [(&str, &(dyn Display + Sync)); 2] =
            [("expected", &expected), ("bytes", &found)];
        return Err(run.fail(Reason::Expect, "Bytes did not match", &details));
    }
    Ok(())
}

/// A template with `${1}` from what matched.
pub(crate) fn fill(expect: &SearchRegex, line: &str, template: &str) -> String {
    let mut out = String::new();
    if let Some(captures) = expect.regex.captures(line) {
        expand_captures(&captures, template, &mut |part| out.push_str(part));
    }
    out
}
