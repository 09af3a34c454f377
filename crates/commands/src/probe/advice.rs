//! What to do about a probe that failed, by its reason and by what was found. Pure.

use super::Answer;
use net::Certificate;
use probe::Reason;

/// A sentence or two; nothing when all is well.
pub(super) fn advice(answer: &Answer) -> Option<String> {
    let outcome = &answer.outcome;
    let why = outcome.findings.why.as_deref().unwrap_or_default();
    let text = match outcome.reason? {
        Reason::Config => "correct the target, or the settings of the module".to_owned(),
        Reason::Resolve => "the name has no address from here: check its spelling, `getent hosts \
                            NAME`, and /etc/resolv.conf"
            .to_owned(),
        Reason::Forbidden => "the address policy never dials this address: clouds hand out \
                              credentials there"
            .to_owned(),
        Reason::Connect if why.contains("refused") => {
            "nothing listens there: is the service running, and on this port and address?"
                .to_owned()
        }
        Reason::Connect if why.contains("No such file") => {
            "there is no such socket: is the service running?".to_owned()
        }
        Reason::Connect if why.contains("Permission denied") || why.contains("not permitted") => {
            "this user may not: icmp needs net.ipv4.ping_group_range or CAP_NET_RAW, a socket \
             its file's permission"
                .to_owned()
        }
        Reason::Connect => "no way there: check route and firewall between here and the \
                            target"
            .to_owned(),
        Reason::Tls => tls(answer, why),
        Reason::Timeout => timeout(answer),
        Reason::Protocol => "the peer speaks something else or hung up: check scheme and port \
                             (plain HTTP on a TLS port?), and its log"
            .to_owned(),
        Reason::Redirect => "follow the redirects above one by one with --no-redirects".to_owned(),
        Reason::Status => status(outcome.findings.status.unwrap_or_default()),
        Reason::Version | Reason::Header | Reason::Body | Reason::Expect | Reason::Records => {
            "look at the answer itself with --verbose; then correct the service, or what is \
             expected of it"
                .to_owned()
        }
        Reason::Encryption => "check which of the two the target should speak, and its \
                               redirects"
            .to_owned(),
        Reason::Rcode => "ask the server's operator; NXDOMAIN: the name does not exist there, \
                          REFUSED: this client may not ask"
            .to_owned(),
        Reason::NotServing => "the service says so itself: look at its log and its own \
                               dependencies"
            .to_owned(),
        Reason::Auth => "check user and password, and what the user may do; for --module they \
                         stand in blackbox.yml"
            .to_owned(),
        Reason::Query => {
            "try the query with the same user in psql; it may change nothing".to_owned()
        }
        Reason::Role => {
            "was there a failover? then correct what is expected, or fail back".to_owned()
        }
        Reason::Lag => "look at the replica: does it still receive from its primary, and is it \
                        busy or held up by long queries?"
            .to_owned(),
        Reason::Condition => "compare the values in brackets with what is expected".to_owned(),
    };
    Some(text)
}

fn tls(answer: &Answer, why: &str) -> String {
    let now = answer.now.ms() / 1000;
    let ended = |one: &&Certificate| one.not_after < now;
    let certificates = &answer.outcome.certificates;
    if let Some(ended) = certificates.iter().find(ended) {
        return format!("renew the certificate of {} and reload the server", name_of(ended));
    }
    if certificates.iter().any(|one| one.not_before > now) {
        return "the certificate is not valid yet: check the clocks of both hosts".to_owned();
    }
    if why.contains("NotValidForName") || why.contains("not valid for name") {
        let names = certificates.first().map(|leaf| leaf.dns_names.join(", "));
        let names = names.unwrap_or_default();
        return format!("the certificate is for {names}: use such a name, or --hostname");
    }
    match certificates.first() {
        Some(leaf) if leaf.subject == leaf.issuer => {
            "the certificate is signed by itself: name it with --ca-file, or have an authority \
             sign one"
                .to_owned()
        }
        Some(_) => "no authority that is trusted here signed it: let the server send its \
                    intermediate certificates, or name the authority with --ca-file"
            .to_owned(),
        None => "check that the port speaks TLS, and which versions it offers: 1.2 and 1.3 are \
                 spoken here"
            .to_owned(),
    }
}

fn name_of(certificate: &Certificate) -> &str {
    let names = certificate.dns_names.first().map(String::as_str);
    names.unwrap_or(&certificate.subject)
}

fn timeout(answer: &Answer) -> String {
    let last = answer.outcome.findings.spans.last().map(|span| span.phase);
    match last {
        Some("resolve") => "the name servers do not answer: check /etc/resolv.conf",
        Some("connect") => {
            "packets are dropped on the way: check firewalls, and that the host \
                            is up"
        }
        Some("tls") => "connected, but no handshake: is it TLS that the port speaks?",
        Some("processing" | "request" | "expect") => {
            "connected, but no answer: the service hangs or is overloaded"
        }
        _ => "allow more with --timeout, or look at the phase that took the time",
    }
    .to_owned()
}

fn status(status: u16) -> String {
    match status {
        300..=399 => {
            "a redirect was not followed: leave out --no-redirects, or probe where it \
                     leads"
        }
        401 | 403 => {
            "give credentials with --header='Authorization: ...', or probe what is \
                      public"
        }
        404 => "check the path",
        429 => "the target limits requests: probe less often",
        502..=504 => "the proxy in front works and what is behind it does not: look there",
        500..=599 => "the service fails: look at its log",
        _ => "say what is expected with --condition='[STATUS] == ...'",
    }
    .to_owned()
}
