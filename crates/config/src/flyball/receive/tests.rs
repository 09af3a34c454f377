use super::super::load;
use super::*;
use crate::Outside;

fn read(text: &str) -> Result<ReceiveSettings, Vec<String>> {
    let loaded = load("flyball.yml", text, &Outside::nothing());
    loaded.map(|loaded| loaded.config.receive).map_err(|error| {
        error.problems().iter().map(|p| format!("{}: {}", p.place, p.message)).collect()
    })
}

#[test]
fn nothing_listens_unless_it_is_named() {
    assert_eq!(read("").unwrap(), ReceiveSettings::default());
    let on = read("receive: {statsd: {}, graphite: {listen_udp: \"\"}}\n").unwrap();
    let statsd = on.statsd.unwrap();
    assert_eq!(statsd.udp.as_deref(), Some("127.0.0.1:9125"));
    assert_eq!(statsd.tcp.as_deref(), Some("127.0.0.1:9125"));
    let graphite = on.graphite.unwrap();
    assert_eq!((graphite.udp, graphite.tcp.as_deref()), (None, Some("127.0.0.1:9109")));
    assert_eq!(graphite.line_bytes_max, 16 << 10);
}

#[test]
fn beyond_loopback_a_word_is_needed() {
    let told = read("receive:\n  statsd:\n    listen_udp: :9125\n").unwrap_err();
    assert!(told[0].starts_with("3:17: \":9125\" is open to other machines"), "{told:?}");
    let text = "receive:\n  statsd:\n    listen_udp: :9125\n    listen_tcp: '[::1]:1'\n    \
        allow_anonymous: true\n";
    let statsd = read(text).unwrap().statsd.unwrap();
    assert_eq!(statsd.udp.as_deref(), Some("[::]:9125"));
    assert_eq!(statsd.tcp.as_deref(), Some("[::1]:1"));
}

#[test]
fn a_unix_socket_has_a_path_and_permission_bits() {
    let unixgram = |text: &str| {
        let text = format!("receive:\n  statsd: {{{text}}}\n");
        read(&text).map(|receive| receive.statsd.unwrap().unixgram)
    };
    assert_eq!(unixgram("listen_unixgram: ''"), Ok(None));
    assert_eq!(unixgram("listen_unixgram: /run/d"), Ok(Some(("/run/d".to_owned(), 0o755))));
    let text = "listen_unixgram: /run/d, unixsocket_mode: '722'";
    assert_eq!(unixgram(text), Ok(Some(("/run/d".to_owned(), 0o722))));
    for mode in ["888", "1777", "rw", "''"] {
        let told =
            unixgram(&format!("unixsocket_mode: '{}'", mode.trim_matches('\''))).unwrap_err();
        assert!(told[0].contains("are no permission bits; expected e.g. `766`"), "{told:?}");
    }
}

#[test]
fn mistakes_are_told_with_their_places() {
    let text = "receive:\n  graphite:\n    listen_tcp: here\n    labels: {a-b: c}\n    \
        series_max: 0\n    line_max: 1MB\n    idle_timeout: 0s\n";
    assert_eq!(
        read(text).unwrap_err(),
        [
            "3:17: \"here\" is no address; expected `host:port`",
            "4:13: \"a-b\" cannot be a label here",
            "5:17: `series_max` must be above 0",
            "6:15: `line_max` must be above 0 and at most 64KB",
            "7:19: `idle_timeout` must be above 0",
        ]
    );
}
