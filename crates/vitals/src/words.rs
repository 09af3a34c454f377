//! Errors of scrapes as clauses for people: what happened, without the address that stands beside
//! it and without the steps that led there. Targets that are down for one reason are told together,
//! so their reasons must be the same in words.

/// Steps of a request that say nothing when more follows: the next clause is what happened.
const STEPS: [&str; 4] =
    ["request to ", "dial tcp ", "deadline has elapsed", "failed to lookup address information"];

/// Beginnings of clauses that name an address, what to say instead, and from which word on the rest
/// of the clause stays.
const NAMED: [(&str, &str, &str); 5] = [
    ("lookup ", "lookup of its name", ""),
    ("tls handshake with ", "TLS handshake", ""),
    ("no connection to ", "no connection", " within "),
    ("no complete answer from ", "no complete answer", " within "),
    ("no answer from ", "no answer", " within "),
];

/// The error of a scrape of the target with this URL and instance, as a clause.
pub fn plain(error: &str, url: &str, instance: &str) -> String {
    let clauses: Vec<&str> = error.split(": ").collect();
    let is_step = |clause: &&str| STEPS.iter().any(|step| clause.starts_with(step));
    let mut told: Vec<String> = clauses.iter().filter(|c| !is_step(c)).map(|c| named(c)).collect();
    if told.is_empty() && !error.is_empty() {
        told.push("no connection".to_owned());
    }
    let mut text = told.join(": ");
    for (address, words) in [(url, "its URL"), (instance, "its address")] {
        if !address.is_empty() {
            text = text.replace(address, words);
        }
    }
    text
}

/// A clause without the address in it and without the kernel's number; small at its beginning.
fn named(clause: &str) -> String {
    for (begin, words, from) in NAMED {
        if let Some(rest) = clause.strip_prefix(begin) {
            let kept = rest.find(from).filter(|_| !from.is_empty()).map_or("", |at| &rest[at..]);
            return format!("{words}{kept}");
        }
    }
    let clause = clause.split(" (os error ").next().unwrap_or(clause);
    let word = clause.split(' ').next().unwrap_or_default();
    let mut letters = clause.chars();
    match letters.next() {
        // Abbreviations and names keep their capitals.
        Some(first)
            if word.chars().nth(1).is_some() && !word.chars().skip(1).any(char::is_uppercase) =>
        {
            first.to_lowercase().chain(letters).collect()
        }
        _ => clause.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;
    use crate::remedy;

    /// What is told, and the beginning of what to do.
    fn check(error: &str, told: &str, remedy: &str) {
        let found = plain(error, "http://shop:9/metrics", "shop:9");
        assert_eq!(found, told);
        let found = remedy::of(&found);
        assert!(remedy.is_empty() == found.is_empty() && found.starts_with(remedy), "{found}");
    }

    #[test]
    fn errors_of_scrapes_are_clauses_without_addresses() {
        check(
            "request to http://shop:9/metrics: dial tcp 10.0.0.7:9: Connection refused (os error 111)",
            "connection refused",
            "Start it",
        );
        check(
            "request to http://shop:9/metrics: dial tcp 10.0.0.7:9: No route to host (os error 113)",
            "no route to host",
            "Check the network",
        );
        check(
            "request to http://shop:9/metrics: lookup shop: failed to lookup address information: \
             Name or service not known",
            "lookup of its name: name or service not known",
            "Check the name",
        );
        check(
            "request to http://shop:9/metrics: tls handshake with shop: invalid peer certificate: \
             UnknownIssuer",
            "TLS handshake: invalid peer certificate: UnknownIssuer",
            "Check the certificate",
        );
        check(
            "request to http://shop:9/metrics: no connection to shop within 5s: deadline has elapsed",
            "no connection within 5s",
            "Try it by hand",
        );
        check(
            "no complete answer from http://shop:9/metrics within 10s: deadline has elapsed",
            "no complete answer within 10s",
            "Try it by hand",
        );
        check(
            "server returned HTTP status 401",
            "server returned HTTP status 401",
            "Check the cred",
        );
    }

    #[test]
    fn what_is_not_known_stays_as_it_is_but_for_its_address() {
        check(
            "\"INVALID\" is not a valid start token",
            "\"INVALID\" is not a valid start token",
            "",
        );
        check("disk of shop:9 is full", "disk of its address is full", "");
        check("TLS is off", "TLS is off", "");
        check("", "", "");
        assert_eq!(plain("dial tcp 10.0.0.7:9", "", ""), "no connection");
        assert_eq!(plain("a: É b", "", ""), "a: É b");
    }
}
