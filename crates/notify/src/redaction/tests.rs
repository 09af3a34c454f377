//! Labels and annotations that a receiver may see, hidden or hashed.

use super::*;
use alerts::Reason;
use model::Timestamp;
use std::collections::BTreeMap;
use sys::OsVfs;

fn notification() -> Notification {
    let labels = Labels::from_pairs([("alertname", "A"), ("customer", "acme"), ("zone", "z")]);
    Notification {
        receiver: "r".into(),
        integration: 0,
        group_key: r#"{}:{customer="acme"}"#.into(),
        group_labels: Labels::from_pairs([("customer", "acme")]),
        alerts: vec![NotifiedAlert {
            labels,
            annotations: [("note", "acme is down")].into_iter().collect(),
            firing: true,
            starts_at: Timestamp::from_ms(0),
            ends_at: None,
            generator_url: "http://p/?customer=acme".into(),
        }],
        reason: Reason::FirstNotification,
        route_labels: BTreeMap::new(),
        now: Timestamp::from_ms(0),
        receiver_data: BTreeMap::new(),
    }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn redacted(redaction: &Redaction) -> Notification {
    redaction.redacted(&notification(), &Secret::new("key"))
}

#[test]
fn without_rules_nothing_changes() {
    assert_eq!(redacted(&Redaction::default()), notification());
}

#[test]
fn masked_values_are_asterisks_everywhere() {
    let shown = redacted(&Redaction { mask: names(&["customer", "note"]), ..Redaction::default() });
    assert_eq!(shown.alerts[0].labels.value("customer"), "***");
    assert_eq!(shown.group_labels.value("customer"), "***");
    assert_eq!(shown.alerts[0].annotations.get("note"), Some("***"));
    assert_eq!(shown.alerts[0].labels.value("zone"), "z");
    assert!(!shown.group_key.contains("acme"), "{}", shown.group_key);
}

#[test]
fn a_list_of_allowed_names_hides_all_others() {
    let shown = redacted(&Redaction { allow: Some(names(&["zone"])), ..Redaction::default() });
    let labels: Vec<(&str, &str)> = shown.alerts[0].labels.iter().collect();
    assert_eq!(labels, [("alertname", "A"), ("zone", "z")]);
    assert!(shown.alerts[0].annotations.is_empty() && shown.alerts[0].generator_url.is_empty());
}

#[test]
fn equal_values_have_equal_hashes_that_depend_on_the_key() {
    let redaction = Redaction { hash: names(&["customer"]), ..Redaction::default() };
    let one = redacted(&redaction);
    let hash = one.alerts[0].labels.value("customer");
    assert_eq!(hash, one.group_labels.value("customer"));
    assert_eq!(hash.len(), HASH_DIGITS);
    assert_eq!(one.group_key, redacted(&redaction).group_key);
    let other = redaction.redacted(&notification(), &Secret::new("other"));
    assert_ne!(hash, other.alerts[0].labels.value("customer"));
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let redaction = Redaction { hash: names(&["customer"]), ..Redaction::default() };
    let vfs: Arc<dyn Vfs> = Arc::new(OsVfs);
    let error = redaction.apply(&notification(), &vfs).await.unwrap_err();
    assert!(error.to_string().contains("key of hashes is empty"), "{error}");
    let missing = SecretSource::File("/nowhere/key".into());
    let redaction = Redaction { hash_key: Some(missing), ..redaction };
    assert!(redaction.apply(&notification(), &vfs).await.is_err());
}
