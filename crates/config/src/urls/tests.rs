use super::{parse, parse_http};

#[test]
fn go_accepts_and_so_do_we() {
    for (text, scheme, host) in [
        ("http://host:9090/x", "http", "host:9090"),
        ("https://user:pw@host/", "https", "host"),
        ("localhost:9090", "localhost", ""),
        ("/relative", "", ""),
        ("host", "", ""),
        ("", "", ""),
        ("unix:///var/run/docker.sock", "unix", ""),
        ("http://[::1]:80/", "http", "[::1]:80"),
        ("http://host:/x", "http", "host:"),
        ("//host/x", "", "host"),
    ] {
        let url = parse(text).unwrap();
        assert_eq!((url.scheme, url.host), (scheme, host), "{text}");
    }
}

#[test]
fn go_refuses_and_so_do_we() {
    for text in [
        "://invalid",
        ":9090",
        "1.2.3.4:9090",
        "http://host:port/",
        "http://[::1/",
        "http://a b/",
        "http://host/%zz",
        "http://%zz/",
        "http://host/\n",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn dialled_urls_have_scheme_and_host() {
    assert!(parse_http("https://h/x").is_ok());
    for text in ["h/x", "ftp://h/", "http://", "http:///x", "localhost:80"] {
        assert!(parse_http(text).is_err(), "{text}");
    }
}
