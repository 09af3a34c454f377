//! Mails as bytes: headers in encoded words (RFC 2047), bodies in quoted-printable (RFC 2045),
//! text and HTML as alternatives (RFC 2046, 5.1.4: the preferred one last).

use jiff::Timestamp;
use std::fmt::Write as _;

/// Longest line of an encoded body, without its end.
const LINE_CHARS_MAX: usize = 76;
/// Longest encoded word: `=?utf-8?q?...?=`.
const WORD_CHARS_MAX: usize = 75;
/// Longest header that is written as it is; the standard allows lines of 998.
const PLAIN_HEADER_CHARS_MAX: usize = 900;

/// A mail before it is written.
pub(super) struct Mail {
    /// Headers with their texts.
    pub(super) headers: Vec<(String, String)>,
    /// Identifier of a mail that all of the group answer.
    pub(super) thread: Option<String>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

/// What makes a mail the only one of its kind.
pub(super) struct Identity<'a> {
    pub(super) at: Timestamp,
    pub(super) number: u64,
    pub(super) host: &'a str,
}

impl Mail {
    /// The mail with CR LF at the end of every line.
    pub(super) fn render(&self, identity: &Identity<'_>) -> String {
        let mut mail = String::new();
        let mut put = |name: &str, value: &str| {
            let _infallible = write!(mail, "{name}: {value}\r\n");
        };
        for (name, text) in &self.headers {
            put(name, &header_text(text));
        }
        let has = |name: &str| self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        if !has("Message-Id") {
            let nanos = identity.at.as_nanosecond();
            put("Message-Id", &format!("<{nanos}.{}@{}>", identity.number, identity.host));
        }
        if let Some(thread) = &self.thread {
            put("References", thread);
            put("In-Reply-To", thread);
        }
        put("Date", &identity.at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string());
        let boundary = format!("{:016x}{:016x}", identity.number, identity.at.as_millisecond());
        put("Content-Type", &format!("multipart/alternative; boundary={boundary}"));
        put("MIME-Version", "1.0");
        mail += "\r\n";
        for (kind, body) in [("plain", &self.text), ("html", &self.html)] {
            let Some(body) = body else { continue };
            let _infallible = write!(
                mail,
                "--{boundary}\r\nContent-Transfer-Encoding: quoted-printable\r\n\
                 Content-Type: text/{kind}; charset=UTF-8\r\n\r\n"
            );
            quoted_printable(body, &mut mail);
            mail += "\r\n";
        }
        let _infallible = write!(mail, "--{boundary}--\r\n");
        mail
    }
}

/// A header's text: as it is when it is short printable ASCII, else in encoded words.
fn header_text(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c == '\t' || c.is_ascii_graphic();
    if text.chars().all(is_plain) && text.len() <= PLAIN_HEADER_CHARS_MAX {
        return text.to_owned();
    }
    const BEGIN: &str = "=?utf-8?q?";
    const END: &str = "?=";
    let room = WORD_CHARS_MAX - BEGIN.len() - END.len();
    let mut words = vec![String::new()];
    for c in text.chars() {
        let mut encoded = String::new();
        match c {
            ' ' => encoded.push('_'),
            c if c.is_ascii_graphic() && !matches!(c, '=' | '?' | '_') => encoded.push(c),
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _infallible = write!(encoded, "={byte:02X}");
                }
            }
        }
        let last = words.last_mut().expect("begins with one word");
        if last.len() + encoded.len() > room {
            words.push(encoded);
        } else {
            *last += &encoded;
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("{BEGIN}{word}{END}")).collect();
    words.join("\r\n ")
}

/// Writes a body in quoted-printable; its line breaks become CR LF.
fn quoted_printable(body: &str, out: &mut String) {
    for (index, line) in body.split('\n').enumerate() {
        if index > 0 {
            *out += "\r\n";
        }
        encode_line(line.strip_suffix('\r').unwrap_or(line), out);
    }
}

fn encode_line(line: &str, out: &mut String) {
    let bytes = line.as_bytes();
    let mut width = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let is_last = index + 1 == bytes.len();
        let is_blank = matches!(byte, b' ' | b'\t');
        let as_is = (byte.is_ascii_graphic() && *byte != b'=') || (is_blank && !is_last);
        let needs = if as_is { 1 } else { 3 };
        // Room for the `=` of a soft line break, which the last one does not need.
        let room = LINE_CHARS_MAX - usize::from(!is_last);
        if width + needs > room {
            *out += "=\r\n";
            width = 0;
        }
        if as_is {
            out.push(char::from(*byte));
        } else {
            let _infallible = write!(out, "={byte:02X}");
        }
        width += needs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn mail(headers: &[(&str, &str)], text: Option<&str>, html: Option<&str>) -> String {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let (text, html) = (text.map(str::to_owned), html.map(str::to_owned));
        let mail = Mail { headers, thread: Some("<thread@alertmanager>".into()), text, html };
        let at = "2026-11-22T01:02:03Z".parse().unwrap();
        mail.render(&Identity { at, number: 7, host: "box" }).replace("\r\n", "\n")
    }

    #[test]
    fn a_mail_has_both_bodies_as_alternatives() {
        let headers = [("Subject", "[FIRING:1] Größe\r\nBcc: x@y"), ("To", "a@b")];
        let shown = mail(&headers, Some("a = b\nlong tail \n"), Some("<p>ä</p>"));
        expect![[r"
            Subject: =?utf-8?q?[FIRING:1]_Gr=C3=B6=C3=9Fe=0D=0ABcc:_x@y?=
            To: a@b
            Message-Id: <1795309323000000000.7@box>
            References: <thread@alertmanager>
            In-Reply-To: <thread@alertmanager>
            Date: Sun, 22 Nov 2026 01:02:03 +0000
            Content-Type: multipart/alternative; boundary=0000000000000007000001a200c642f8
            MIME-Version: 1.0

            --0000000000000007000001a200c642f8
            Content-Transfer-Encoding: quoted-printable
            Content-Type: text/plain; charset=UTF-8

            a =3D b
            long tail=20

            --0000000000000007000001a200c642f8
            Content-Transfer-Encoding: quoted-printable
            Content-Type: text/html; charset=UTF-8

            <p>=C3=A4</p>
            --0000000000000007000001a200c642f8--
        "]]
        .assert_eq(&shown);
    }

    #[test]
    fn lines_stay_within_76_characters_and_decode_to_the_same() {
        let body = format!("{}\n{}", "x".repeat(200), "ä".repeat(60));
        let mut encoded = String::new();
        quoted_printable(&body, &mut encoded);
        assert!(encoded.split("\r\n").all(|line| line.len() <= 76), "{encoded}");
        let joined = encoded.replace("=\r\n", "");
        assert_eq!(joined.replace("=C3=A4", "ä").replace("\r\n", "\n"), body);
    }

    #[test]
    fn long_headers_are_folded_between_characters() {
        let text = "ä".repeat(100);
        let folded = header_text(&text);
        assert!(folded.split("\r\n ").all(|word| word.len() <= 75), "{folded}");
        let words = folded.split("\r\n ").map(|word| {
            word.trim_start_matches("=?utf-8?q?").trim_end_matches("?=").replace("=C3=A4", "ä")
        });
        assert_eq!(words.collect::<String>(), text);
    }

    #[test]
    fn a_header_is_plain_as_long_as_it_is_short_and_printable() {
        let plain = "x".repeat(PLAIN_HEADER_CHARS_MAX);
        assert_eq!(header_text(&plain), plain);
        assert_eq!(header_text("a\tb"), "a\tb");
        let long = format!("{plain}x");
        assert!(header_text(&long).lines().all(|line| line.trim().len() <= WORD_CHARS_MAX));
        assert_ne!(header_text(&long), long);
        assert_eq!(header_text("a_=?\r"), "=?utf-8?q?a=5F=3D=3F=0D?=");
    }

    #[test]
    fn configured_headers_are_not_written_twice() {
        let shown = mail(&[("message-id", "<own@box>"), ("To", "a@b")], Some("x"), None);
        assert_eq!(shown.to_lowercase().matches("message-id:").count(), 1, "{shown}");
        assert!(shown.contains("<own@box>"));
    }
}
