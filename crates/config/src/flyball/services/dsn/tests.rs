use super::{Dsn, SslMode};

fn shown(text: &str) -> String {
    match Dsn::parse(text) {
        Ok(dsn) => {
            let password = dsn.password.as_ref().map_or("-", |secret| secret.reveal());
            let Dsn { address, user, database, ssl_mode, .. } = &dsn;
            format!("{user} {password} {address} {database} {ssl_mode:?}")
        }
        Err(message) => message,
    }
}

#[test]
fn both_forms_are_read() {
    for (text, expected) in [
        ("postgres://u:p%40@h:1/d?sslmode=disable", "u p@ h:1 d Disable"),
        ("postgresql://u@h", "u - h:5432 u Prefer"),
        ("postgres://u@[::1]:7/d?sslmode=verify-full", "u - [::1]:7 d Verify"),
        ("postgres://u@/d?host=/run/pg", "u - /run/pg/.s.PGSQL.5432 d Prefer"),
        ("host=h user=u password='a b\\'c' dbname=d port=6", "u a b'c h:6 d Prefer"),
        ("user = u  sslmode = require ", "u - /var/run/postgresql/.s.PGSQL.5432 u Require"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_without_repeating_it() {
    for (text, expected) in [
        ("", "the DSN names no user"),
        ("secret", "the DSN has a name without `=`"),
        ("user='secret", "the DSN has a quote that is not closed"),
        ("user=u port=secret", "`port` of the DSN is no port"),
        ("user=u sslmode=secret", "`sslmode` of the DSN is none of libpq's"),
        ("user=u fallback=secret", "\"fallback\" is no parameter of a DSN that is known"),
        ("user=u host=a,b", "the DSN names several hosts; list them as instances"),
        ("user=u sslcert=c", "`sslcert` and `sslkey` of the DSN go together"),
        ("postgres://u:secret@h:99999/d", "`port` of the DSN is no port"),
        ("postgres://u:%zz@h/d", "the DSN has a `%` without two hexadecimal digits"),
        ("postgres://u:%ff@h/d", "a part of the DSN is not UTF-8"),
        ("postgres://u@h/d?secret", "the DSN has a name without `=`"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn a_root_certificate_is_checked_in_every_mode() {
    let skips = |text: &str| Dsn::parse(text).unwrap().tls.insecure_skip_verify;
    assert!(skips("user=u host=h sslmode=require"));
    assert!(!skips("user=u host=h sslmode=require sslrootcert=/ca"));
    assert!(!skips("user=u host=h sslmode=verify-ca"));
    assert_eq!(Dsn::parse("user=u").unwrap().ssl_mode, SslMode::Prefer);
}
