//! Sessions with a server that says exactly what a test tells it to.

use super::super::idle::IdleSessions;
use super::*;
use net::AddressPolicy;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::net::TcpListener;

#[test]
fn dots_at_the_beginning_of_lines_are_doubled() {
    assert_eq!(stuffed(".a\r\nb.\r\n..\r\n"), "..a\r\nb.\r\n...\r\n.\r\n");
}

#[test]
fn permanent_refusals_are_not_tried_again() {
    let reply = |code| Reply { code, lines: vec!["no".into()] };
    assert!(expect("MAIL", &reply(251), 25).is_ok());
    assert!(expect("DATA", &reply(451), 354).unwrap_err().is_retryable());
    assert!(!expect("RCPT", &reply(550), 25).unwrap_err().is_retryable());
}

/// A session whose server has said all its replies already, and the server's end.
async fn session(replies: &str) -> (Session<DuplexStream>, DuplexStream) {
    let (ours, mut theirs) = tokio::io::duplex(1 << 20);
    theirs.write_all(replies.as_bytes()).await.unwrap();
    (Session::new(ours), theirs)
}

/// A reply, or why there is none, from these bytes of a server that then hangs up.
async fn reply(bytes: &str) -> Result<(u16, Vec<String>), String> {
    let (mut session, theirs) = session(bytes).await;
    drop(theirs);
    let reply = session.reply().await.map_err(|error| error.to_string())?;
    Ok((reply.code, reply.lines))
}

#[tokio::test]
async fn replies_are_lines_with_a_number() {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(reply("250 fine\r\n").await, Ok((250, lines(&["fine"]))));
    assert_eq!(reply("250-a\r\n250-b\r\n250 c\r\n").await, Ok((250, lines(&["a", "b", "c"]))));
    for (bytes, why) in [
        ("", "the server hung up"),
        ("250-a\r\n", "the server hung up"),
        ("250 half", "it is too long"),
        ("fine\r\n", "it has no number"),
    ] {
        assert_eq!(reply(bytes).await, Err(format!("cannot read a reply: {why}")), "{bytes:?}");
    }
}

#[tokio::test]
async fn replies_are_bounded() {
    let long = |len: usize| format!("250 {}\r\n", "x".repeat(len - 6));
    let line_max = usize::try_from(REPLY_LINE_BYTES_MAX).unwrap();
    assert!(reply(&long(line_max)).await.is_ok());
    let error = reply(&long(line_max + 1)).await.unwrap_err();
    assert_eq!(error, "cannot read a reply: it is too long");
    let many = |lines: usize| "250-x\r\n".repeat(lines - 1) + "250 x\r\n";
    assert_eq!(reply(&many(REPLY_LINES_MAX)).await.unwrap().1.len(), REPLY_LINES_MAX);
    let error = reply(&many(REPLY_LINES_MAX + 1)).await.unwrap_err();
    assert_eq!(error, "cannot read a reply: it has too many lines");
}

#[tokio::test]
async fn a_server_without_extensions_is_greeted_in_the_old_way() {
    let (mut modern, _theirs) = session("250-hi\r\n250-SIZE 7\r\n250 AUTH=LOGIN\r\n").await;
    modern.hello("me").await.unwrap();
    assert_eq!((modern.extension("size"), modern.extension("AUTH")), (Some("7"), Some("LOGIN")));
    let (mut old, _theirs) = session("502 what\r\n250 hi\r\n").await;
    old.hello("me").await.unwrap();
    assert_eq!(old.extension("AUTH"), None);
    let (mut shut, _theirs) = session("502 what\r\n550 go away\r\n").await;
    assert!(!shut.hello("me").await.unwrap_err().is_retryable());
}

/// What `deliver` needs besides the session; only the host is looked at.
async fn with_server<T>(host: &str, run: impl AsyncFnOnce(&Server<'_>) -> T) -> T {
    let dialer = Dialer::new(Arc::new(AddressPolicy::default()));
    let tls = TlsClient::new(config::TlsConfig::default(), Arc::new(sys::OsVfs));
    let (dialer, tls) = (&dialer, &tls);
    let (port, hello, implicit_tls, require_tls) = (25, "me", false, true);
    run(&Server { host, port, hello, implicit_tls, require_tls, dialer, tls }).await
}

fn envelope() -> Envelope {
    Envelope { sender: "a@x".into(), recipients: vec!["b@x".into(), "c@x".into()] }
}

/// Submits a message to a server with these replies: the outcome, and what it was told.
async fn submitted(replies: &str) -> (Result<(), DeliveryError>, String) {
    let (mut session, mut theirs) = session(replies).await;
    let outcome = session.submit(&envelope(), "Hello\r\n").await;
    match &outcome {
        Ok(()) => session.quit().await,
        Err(_) => drop(session),
    }
    let mut told = String::new();
    theirs.read_to_string(&mut told).await.unwrap();
    (outcome, told)
}

#[tokio::test]
async fn a_message_is_submitted_when_the_server_took_its_end() {
    let begun = "250 ok\r\n251 ok\r\n250 ok\r\n354 go on\r\n";
    let (outcome, told) = submitted(&format!("{begun}250 queued\r\n221 bye\r\n")).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let commands = "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nDATA\r\n";
    assert_eq!(told, format!("{commands}Hello\r\n.\r\nQUIT\r\n"));
    for (end, is_retryable) in [("451 later\r\n", true), ("554 spam\r\n", false)] {
        let (outcome, _) = submitted(&format!("{begun}{end}")).await;
        assert_eq!(outcome.unwrap_err().is_retryable(), is_retryable, "{end:?}");
    }
}

/// Offers PLAIN to a client with a password: may it be used?
async fn may_use_plain(host: &str, encrypted: bool) -> bool {
    let (mut session, mut theirs) = session("235 welcome\r\n").await;
    session.extensions = vec!["AUTH PLAIN".into()];
    let credentials = Credentials {
        username: "u".into(),
        identity: String::new(),
        password: Some(Secret::new("hidden")),
        secret: None,
    };
    let is_done = session.log_in(host, Some(&credentials), encrypted).await.is_ok();
    drop(session);
    let mut told = String::new();
    theirs.read_to_string(&mut told).await.unwrap();
    assert_eq!(told.contains("AUTH PLAIN AHUAaGlkZGVu"), is_done, "{told:?}");
    is_done
}

#[tokio::test(start_paused = true)]
async fn a_session_waits_for_another_message_while_its_server_listens() {
    let sessions = IdleSessions::default();
    let (idle, mut theirs) = session("250 ok\r\n221 bye\r\n").await;
    sessions.put(idle.boxed());
    let taken = sessions.take().await;
    assert!(taken.is_some() && sessions.take().await.is_none(), "it is there once");
    sessions.put(taken.unwrap());
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(sessions.take().await.is_none(), "it has said goodbye");
    let mut told = String::new();
    theirs.read_to_string(&mut told).await.unwrap();
    assert_eq!(told, "RSET\r\nQUIT\r\n");

    let (full, _theirs) = session("421 too many messages\r\n").await;
    sessions.put(full.boxed());
    let (gone, theirs) = session("").await;
    drop(theirs);
    sessions.put(gone.boxed());
    let (silent, _silent) = session("").await;
    sessions.put(silent.boxed());
    assert!(sessions.take().await.is_none(), "none of them takes another message");
}

#[tokio::test]
async fn a_password_goes_in_plain_only_over_tls_or_to_this_machine() {
    assert!(may_use_plain("mail.example", true).await);
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert!(may_use_plain(host, false).await, "{host}");
    }
    for host in ["mail.example", "192.0.2.1", "localhost.example"] {
        assert!(!may_use_plain(host, false).await, "{host}");
    }
}

/// RFC 3207, 6: what an attacker puts behind the reply must not be taken for the server's.
#[tokio::test]
async fn what_comes_with_the_reply_to_starttls_is_not_believed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut theirs, _) = listener.accept().await.unwrap();
    theirs.write_all(b"220 go on\r\n250 injected\r\n").await.unwrap();
    tcp.readable().await.unwrap();
    let mut session = Session::new(tcp);
    session.extensions = vec!["STARTTLS".into()];
    let error = with_server("mail", async |server| session.start_tls(server).await.err()).await;
    let error = error.unwrap().to_string();
    assert_eq!(error, "the server sent more than its reply to STARTTLS");
}
