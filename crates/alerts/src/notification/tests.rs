//! What the alerts of a message have in common.

use super::*;

fn alert(instance: &str, annotations: &[(&str, &str)], firing: bool) -> NotifiedAlert {
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    NotifiedAlert {
        labels: Labels::from_pairs([("alertname", "Down"), ("instance", instance)]),
        annotations: annotations.iter().map(own).collect(),
        firing,
        starts_at: Timestamp::MIN,
        ends_at: None,
        generator_url: "".into(),
    }
}

fn notification(alerts: Vec<NotifiedAlert>) -> Notification {
    Notification {
        receiver: "ops".into(),
        integration: 0,
        group_key: "{}".into(),
        group_labels: Labels::empty(),
        alerts,
        reason: Reason::FirstNotification,
        route_labels: BTreeMap::new(),
        now: Timestamp::MIN,
        receiver_data: BTreeMap::new(),
    }
}

#[test]
fn a_message_fires_while_any_of_its_alerts_does() {
    let firing = |states: &[bool]| {
        notification(states.iter().map(|firing| alert("a", &[], *firing)).collect()).is_firing()
    };
    assert!(firing(&[false, true]) && firing(&[true]));
    assert!(!firing(&[false, false]) && !firing(&[]));
}

#[test]
fn common_is_what_all_alerts_have() {
    let one = alert("a", &[("summary", "x"), ("runbook", "r"), ("b", "1")], true);
    let two = alert("b", &[("runbook", "r"), ("summary", "y"), ("b", "1")], true);
    let both = notification(vec![one.clone(), two]);
    assert_eq!(both.common_labels().to_string(), r#"{alertname="Down"}"#);
    assert_eq!(both.common_annotations(), [("b", "1"), ("runbook", "r")], "by their names");
    assert_eq!(notification(vec![one]).common_annotations().len(), 3);
    assert!(notification(Vec::new()).common_labels().is_empty());
}
