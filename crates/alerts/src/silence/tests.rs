use super::*;
use model::MatchOp;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1000)
}

fn silence(matcher: Matcher, starts: i64, ends: i64) -> Silence {
    Silence {
        id: String::new(),
        matchers: vec![matcher],
        starts_at: at(starts),
        ends_at: at(ends),
        updated_at: at(0),
        created_by: "ops".into(),
        comment: "maintenance".into(),
        annotations: Vec::new(),
    }
}

fn host_a() -> Matcher {
    Matcher::equal("instance", "a")
}

/// Identity and state of each silence.
fn states(silences: &Silences, now: i64) -> Vec<(&str, SilenceState)> {
    silences.iter().map(|silence| (silence.id.as_str(), silence.state(at(now)))).collect()
}

#[test]
fn states_follow_from_the_times() {
    let silence = silence(host_a(), 10, 20);
    let states = [9, 10, 19, 20].map(|now| silence.state(at(now)));
    use SilenceState::{Active, Expired, Pending};
    assert_eq!(states, [Pending, Active, Active, Expired]);
}

#[test]
fn an_active_silence_keeps_its_identity_while_its_matchers_and_beginning_stay() {
    let mut silences = Silences::default();
    silences.set(silence(host_a(), 10, 100), "one".into(), at(10)).unwrap();
    let mut longer = silence(host_a(), 10, 200);
    longer.id = "one".into();
    let changed = silences.set(longer.clone(), "two".into(), at(50)).unwrap();
    assert_eq!(changed.len(), 1);
    assert_eq!((changed[0].id.as_str(), changed[0].ends_at), ("one", at(200)));
    longer.starts_at = at(60);
    silences.set(longer, "two".into(), at(60)).unwrap();
    assert_eq!(
        states(&silences, 61),
        [("one", SilenceState::Expired), ("two", SilenceState::Active)]
    );
}

#[test]
fn other_matchers_are_another_silence() {
    let mut silences = Silences::default();
    silences.set(silence(host_a(), 10, 100), "one".into(), at(10)).unwrap();
    let mut other = silence(Matcher::equal("instance", "b"), 10, 100);
    other.id = "one".into();
    let changed = silences.set(other, "two".into(), at(50)).unwrap();
    let ids: Vec<&str> = changed.iter().map(|silence| silence.id.as_str()).collect();
    assert_eq!(ids, ["one", "two"]);
    assert_eq!(changed[1].starts_at, at(50), "a new silence does not begin in the past");
}

#[test]
fn what_cannot_be_is_refused_with_upstreams_words() {
    let mut silences = Silences::default();
    let mut refused =
        |silence: Silence| silences.set(silence, "one".into(), at(50)).unwrap_err().to_string();
    let nothing = Matcher::new(MatchOp::Regex, "instance", ".*").unwrap();
    let words = "invalid silence: at least one matcher must not match the empty string";
    assert_eq!(refused(silence(nothing, 10, 100)), words);
    let others = Matcher::new(MatchOp::NotEqual, "team", "db").unwrap();
    let mut other = Silences::default();
    assert!(other.set(silence(others, 10, 100), "one".into(), at(50)).is_ok());
    let nobody = Silence { matchers: Vec::new(), ..silence(host_a(), 10, 100) };
    assert_eq!(refused(nobody), "invalid silence: at least one matcher required");
    let backwards = silence(host_a(), 100, 90);
    assert_eq!(refused(backwards), "invalid silence: end time must not be before start time");
    let unknown = Silence { id: "nine".into(), ..silence(host_a(), 10, 100) };
    assert_eq!(refused(unknown), "silence not found");
    assert_eq!(silences.iter().count(), 0);
}

#[test]
fn ended_silences_are_kept_for_five_days() {
    let mut silences = Silences::default();
    silences.set(silence(host_a(), 10, 1000), "one".into(), at(10)).unwrap();
    silences.set(silence(host_a(), 500, 1000), "later".into(), at(10)).unwrap();
    silences.expire("one", at(20)).unwrap();
    let later = silences.expire("later", at(20)).unwrap();
    assert_eq!((later.starts_at, later.ends_at), (at(20), at(20)));
    let again = silences.expire("one", at(30)).unwrap_err();
    assert_eq!(again.to_string(), "silence one already expired");
    assert_eq!(silences.expire("two", at(30)).unwrap_err(), SilenceError::NotFound);
    silences.forget_old(at(20 + 120 * 3600 - 1));
    assert_eq!(silences.iter().count(), 2);
    silences.forget_old(at(20 + 120 * 3600));
    assert_eq!(silences.iter().count(), 0);
}

#[test]
fn only_active_silences_mute() {
    let mut silences = Silences::default();
    silences.set(silence(host_a(), 10, 100), "one".into(), at(0)).unwrap();
    silences.set(silence(host_a(), 50, 100), "two".into(), at(0)).unwrap();
    let labels = Labels::from_pairs([("instance", "a")]);
    let muting = |now: i64| silences.muting(&labels, at(now), &|_| false).collect::<Vec<_>>();
    assert_eq!(muting(5), Vec::<&str>::new());
    assert_eq!(muting(10), ["one"]);
    assert_eq!(muting(50), ["one", "two"]);
    assert_eq!(muting(100), Vec::<&str>::new());
    let other = Labels::from_pairs([("instance", "b")]);
    assert_eq!(silences.muting(&other, at(50), &|_| false).count(), 0);
}

fn annotated(name: &str, value: &str) -> Silence {
    let annotations = vec![(name.to_owned(), value.to_owned())];
    Silence { annotations, ..silence(host_a(), 10, 1000) }
}

#[test]
fn a_silence_can_mute_during_time_intervals_only() {
    let mut silences = Silences::default();
    silences.set(annotated(DURING, "nights, weekends"), "one".into(), at(10)).unwrap();
    let labels = Labels::from_pairs([("instance", "a")]);
    let muting =
        |interval: &str| silences.muting(&labels, at(50), &|name| name == interval).count();
    assert_eq!((muting("nights"), muting("weekends"), muting("days")), (1, 1, 0));
}

#[test]
fn a_silence_can_end_with_the_alerts_that_it_mutes() {
    let mut silences = Silences::default();
    silences.set(annotated(UNTIL, RESOLVED), "one".into(), at(10)).unwrap();
    assert_eq!(silences.end_with_alerts(at(20), |_| false), [], "nothing was muted yet");
    assert_eq!(silences.end_with_alerts(at(30), |_| true), []);
    let over = silences.end_with_alerts(at(40), |_| false);
    assert_eq!(over.len(), 1);
    assert_eq!(states(&silences, 40), [("one", SilenceState::Expired)]);
}

#[test]
fn what_a_silence_is_to_end_with_must_be_known() {
    let mut silences = Silences::default();
    let error = silences.set(annotated(UNTIL, "monday"), "one".into(), at(10)).unwrap_err();
    let words = "invalid silence: annotation flyball/until: found \"monday\", expected resolved";
    assert_eq!(error.to_string(), words);
}

#[test]
fn silences_are_bounded_and_known_ones_still_change() {
    let mut silences = Silences::default();
    for number in 0..SILENCES_MAX {
        let id = number.to_string();
        silences.set(silence(host_a(), 10, 100), id, at(10)).unwrap();
    }
    let more = silences.set(silence(host_a(), 10, 100), "more".into(), at(10));
    assert!(matches!(more, Err(SilenceError::TooMany)), "{more:?}");
    assert_eq!(silences.iter().count(), SILENCES_MAX);
    let longer = Silence { id: "7".into(), ..silence(host_a(), 10, 200) };
    assert!(silences.set(longer, "new".into(), at(20)).is_ok(), "the identity stays");
    silences.forget_old(at(10_000_000));
    assert!(silences.set(silence(host_a(), 10, 20_000_000), "more".into(), at(10_000_000)).is_ok());
}

#[test]
fn borders_of_a_silence_belong_to_it() {
    let set = |silence: Silence, now: i64| {
        let outcome = Silences::default().set(silence, "one".into(), at(now));
        outcome.map(|changed| changed.len()).map_err(|error| error.to_string())
    };
    assert_eq!(set(silence(host_a(), 50, 50), 50), Ok(1), "it ends as it begins");
    assert!(set(silence(host_a(), 51, 50), 50).is_err());
    assert!(set(silence(host_a(), 10, 49), 50).unwrap_err().contains("before start time"));
    assert!(set(silence(Matcher::equal("", "a"), 10, 100), 50).unwrap_err().contains("name"));
    let pending = silence(host_a(), 60, 100);
    assert!(pending.can_become(&silence(host_a(), 50, 70), at(50)), "it may begin now");
    assert!(!pending.can_become(&silence(host_a(), 49, 70), at(50)));
    let active = silence(host_a(), 10, 100);
    assert!(active.can_become(&silence(host_a(), 10, 50), at(50)), "it may end now");
    assert!(!active.can_become(&silence(host_a(), 10, 49), at(50)));
    assert!(!active.can_become(&silence(host_a(), 11, 100), at(50)));
    assert!(!active.can_become(&active, at(100)), "it is over");
}

#[test]
fn a_replaced_silence_that_was_over_does_not_end_again() {
    let mut silences = Silences::default();
    silences.set(silence(host_a(), 10, 20), "one".into(), at(10)).unwrap();
    let again = Silence { id: "one".into(), ..silence(host_a(), 30, 100) };
    let changed = silences.set(again, "two".into(), at(30)).unwrap();
    assert_eq!(changed.len(), 1, "only the new one");
    assert_eq!(
        states(&silences, 30),
        [("one", SilenceState::Expired), ("two", SilenceState::Active)]
    );
    assert_eq!(silences.iter().next().unwrap().ends_at, at(20));
}

#[test]
fn a_silence_can_recur_every_week() {
    let mut silences = Silences::default();
    // Thursday, 1970-01-01, from ten seconds after midnight.
    let weekly = annotated(WEEKLY, "thu 00:01-00:02");
    silences.set(weekly, "one".into(), at(10)).unwrap();
    let labels = Labels::from_pairs([("instance", "a")]);
    let muting = |now: i64| silences.muting(&labels, at(now), &|_| false).count();
    assert_eq!([59, 60, 119, 120].map(muting), [0, 1, 1, 0]);
}

#[test]
fn hours_that_cannot_be_read_make_no_silence() {
    let mut silences = Silences::default();
    let error = silences.set(annotated(WEEKLY, "always"), "one".into(), at(10)).unwrap_err();
    let words = "invalid silence: annotation flyball/weekly: found \"always\", expected days";
    assert!(error.to_string().starts_with(words), "{error}");
}
