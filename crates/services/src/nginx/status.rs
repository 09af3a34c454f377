//! The page of nginx's module `stub_status`: numbers between fixed words. Pure.

use crate::{Fault, Page, Reason};

/// What the page tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Status {
    active: u64,
    accepted: u64,
    handled: u64,
    requests: u64,
    reading: u64,
    writing: u64,
    waiting: u64,
}

/// Adds the series of a page.
///
/// # Errors
/// When the text is no such page.
pub(super) fn read(text: &str, page: &mut Page) -> Result<(), Fault> {
    let status = parse(text).ok_or_else(|| {
        let begin = &text[..text.floor_char_boundary(60)];
        let message = format!("the answer is no page of stub_status: it begins with {begin:?}");
        Fault::new(Reason::Protocol, message)
    })?;
    let gauges = [
        ("active", "Active client connections", status.active),
        ("reading", "Connections where NGINX is reading the request header", status.reading),
        (
            "writing",
            "Connections where NGINX is writing the response back to the client",
            status.writing,
        ),
        ("waiting", "Idle client connections", status.waiting),
    ];
    for (name, help, value) in gauges {
        page.gauge(&format!("nginx_connections_{name}"), help, &[], value as f64);
    }
    let counters = [
        ("nginx_connections_accepted", "Accepted client connections", status.accepted),
        ("nginx_connections_handled", "Handled client connections", status.handled),
        ("nginx_http_requests_total", "Total http requests", status.requests),
    ];
    for (name, help, value) in counters {
        page.counter(name, help, &[], value as f64);
    }
    Ok(())
}

fn parse(text: &str) -> Option<Status> {
    let mut words = text.split_ascii_whitespace();
    let mut after = |expected: &[&str]| {
        expected.iter().all(|word| words.next() == Some(word)).then_some(())?;
        words.next()?.parse::<u64>().ok()
    };
    Some(Status {
        active: after(&["Active", "connections:"])?,
        accepted: after(&["server", "accepts", "handled", "requests"])?,
        handled: after(&[])?,
        requests: after(&[])?,
        reading: after(&["Reading:"])?,
        writing: after(&["Writing:"])?,
        waiting: after(&["Waiting:"])?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Status, parse, read};
    use crate::{Page, Reason};

    #[test]
    fn a_page_has_seven_numbers() {
        let text = "Active connections: 1 \nserver accepts handled requests\n 5 4 6 \n\
                    Reading: 7 Writing: 8 Waiting: 9 \n";
        let status = Status {
            active: 1,
            accepted: 5,
            handled: 4,
            requests: 6,
            reading: 7,
            writing: 8,
            waiting: 9,
        };
        assert_eq!(parse(text), Some(status));
        for end in 0..text.len() - 3 {
            assert_eq!(parse(&text[..end]), None, "{end}");
        }
        let mut page = Page::default();
        let fault = read("<html>Welcome to nginx!", &mut page).unwrap_err();
        assert_eq!((fault.reason, page.samples()), (Reason::Protocol, 0));
        assert!(fault.message.contains("<html>Welcome"), "{fault}");
    }
}
