//! What to do about a target that is down, from the words of its error.

/// Words of errors, and what to do; the first that is found counts.
const REMEDIES: [(&str, &str); 19] = [
    ("its worker", "Look at the worker of that location: nothing is known of the target itself."),
    ("refused", "Start it, or correct the address: nothing listens there."),
    ("timed out", "Try it by hand: it hangs, is overloaded, or a firewall drops what is sent."),
    ("deadline", "Try it by hand: it hangs, is overloaded, or a firewall drops what is sent."),
    ("within", "Try it by hand: it hangs, is overloaded, or a firewall drops what is sent."),
    ("lookup", "Check the name and the DNS server: the name leads nowhere."),
    ("resolve", "Check the name and the DNS server: the name leads nowhere."),
    ("certificate", "Check the certificate and the authorities that are trusted."),
    ("401", "Check the credentials in the configuration."),
    ("403", "Check the rights of the user in the configuration."),
    ("404", "Check the path: something else may listen there."),
    ("no route", "Check the network and its routes."),
    ("unreachable", "Check the network and its routes."),
    ("(connect)", "Start it, or correct the address: no connection comes about."),
    ("(timeout)", "Try it by hand: it hangs, is overloaded, or a firewall drops what is sent."),
    ("(tls)", "Check the certificate and the authorities that are trusted."),
    ("(status)", "Read its log: it answers, with another status than wanted."),
    ("(auth)", "Check the credentials in the configuration."),
    ("reset", "Read its log: it closes connections."),
];

/// A sentence, or nothing for an error that says nothing.
pub(crate) fn of(error: &str) -> &'static str {
    let error = error.to_ascii_lowercase();
    let found = REMEDIES.iter().find(|(word, _)| error.contains(word));
    found.map_or("", |(_, remedy)| remedy)
}
