//! The store over a simulated disk: bounds, conflicts, and power cuts at any moment.

use super::*;
use crate::import;
use sys::sim::{OpKind, SimVfs};

fn dir() -> &'static Path {
    Path::new("/data/dashboards")
}

fn open(vfs: &SimVfs) -> Store {
    let (store, recovery) = Store::open(Arc::new(vfs.clone()), dir()).unwrap();
    assert_eq!(recovery.damage_total, 0);
    store
}

fn act(at_ms: i64) -> Act {
    Act { user: "ann".into(), at: Timestamp::from_ms(at_ms) }
}

fn draft(uid: &str, title: &str, over: Over) -> Draft {
    let text = format!(r#"{{"uid": "{uid}", "title": "{title}", "panels": []}}"#);
    let dashboard = import(text.as_bytes()).unwrap().dashboard;
    Draft { dashboard, folder: None, message: String::new(), over }
}

fn save(store: &Store, uid: &str, title: &str, over: Over) -> Result<String, Error> {
    store.save(draft(uid, title, over), &act(1000), |_| false)
}

fn note(at_ms: i64, text: &str) -> Annotation {
    Annotation {
        id: 0,
        at_ms,
        end_ms: None,
        tags: vec!["deploy".into()],
        text: text.into(),
        dashboard: None,
        panel: None,
        author: "ann".into(),
    }
}

#[test]
fn what_was_saved_is_there_after_a_restart() {
    let vfs = SimVfs::new(1);
    let store = open(&vfs);
    let folder = store.set_folder(None, "Team A").unwrap();
    assert_eq!(folder, "team-a");
    assert_eq!(store.set_folder(None, "Team A").unwrap(), "team-a", "one title, one folder");
    let mut first = draft("a", "one", Over::NothingStrictly);
    first.folder = Some(folder.clone());
    store.save(first, &act(1000), |_| false).unwrap();
    save(&store, "a", "two", Over::Version(1)).unwrap();
    store.star("ann", "a", true).unwrap();
    assert_eq!(store.annotate(note(5, "v1")).unwrap(), 1);
    store.delete_annotation(1).unwrap();
    let before = store.ask(Clone::clone);
    drop(store);
    let after = open(&vfs.after_crash(2)).ask(Clone::clone);
    assert_eq!(after, before);
    let newest = after.newest("a").unwrap();
    assert_eq!(
        (newest.number, newest.title.as_str(), newest.folder.as_str()),
        (2, "two", "team-a")
    );
}

#[test]
fn an_identity_of_an_annotation_is_used_once() {
    let vfs = SimVfs::new(1);
    let store = open(&vfs);
    store.fold_early();
    store.annotate(note(5, "v1")).unwrap();
    store.delete_annotation(1).unwrap();
    for number in 0..50 {
        save(&store, "a", &format!("{number}"), Over::Anything).unwrap();
    }
    assert_eq!(open(&vfs.after_crash(3)).annotate(note(5, "v2")).unwrap(), 2);
}

#[test]
fn who_saves_over_a_version_he_did_not_see_is_told() {
    let store = open(&SimVfs::new(1));
    save(&store, "a", "one", Over::Version(0)).unwrap();
    save(&store, "a", "two", Over::Version(1)).unwrap();
    let error = save(&store, "a", "mine", Over::Version(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.to_string(), "version 1 is no longer the last one: \"ann\" saved version 2");
    let error = save(&store, "a", "again", Over::NothingStrictly).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(save(&store, "a", "copy", Over::Nothing).unwrap(), "a-2");
    assert!(save(&store, "c", "new", Over::VersionOrNothing(7)).is_ok());
    let error = save(&store, "c", "stale", Over::VersionOrNothing(7)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let error = save(&store, "b", "gone", Over::Version(3)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn only_so_many_versions_and_annotations_are_kept() {
    let store = open(&SimVfs::new(1));
    for number in 0..=VERSIONS_MAX {
        save(&store, "a", &format!("title {number}"), Over::Anything).unwrap();
    }
    store.ask(|kept| {
        let numbers: Vec<u64> = kept.boards["a"].iter().map(|version| version.number).collect();
        assert_eq!((numbers.len(), numbers[0]), (VERSIONS_MAX, 2));
        let bytes: usize = kept.boards["a"].iter().map(|version| version.body.len()).sum();
        assert_eq!(kept.bytes, bytes);
    });
    let mut kept = Kept::default();
    for id in 1..=ANNOTATIONS_MAX as u64 + 1 {
        kept.apply(Change::Annotated(Annotation { id, ..note(id.cast_signed(), "x") }));
    }
    assert_eq!(kept.annotations.len(), ANNOTATIONS_MAX);
    assert_eq!(kept.annotations.keys().next(), Some(&(2, 2)), "the earliest went first");
}

#[test]
fn a_full_store_refuses_with_the_bound() {
    let store = open(&SimVfs::new(1));
    save(&store, "a", "one", Over::Anything).unwrap();
    store.0.lock().kept.bytes = KEPT_BYTES_MAX;
    let error = save(&store, "a", "two", Over::Anything).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    assert!(error.to_string().contains("at most 33554432"), "{error}");
    let long = Annotation { text: "x".repeat(ANNOTATION_BYTES_MAX + 1), ..note(1, "") };
    assert_eq!(store.annotate(long).unwrap_err().kind(), ErrorKind::Invalid);
    let backwards = Annotation { end_ms: Some(0), ..note(1, "x") };
    assert_eq!(store.annotate(backwards).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn folders_are_deleted_when_they_are_empty() {
    let store = open(&SimVfs::new(1));
    let folder = store.set_folder(None, "Team").unwrap();
    let inside = Draft { folder: Some(folder.clone()), ..draft("a", "one", Over::Anything) };
    store.save(inside, &act(1), |_| false).unwrap();
    let error = store.delete_folder(&folder).unwrap_err();
    assert!(error.to_string().contains("it holds \"one\""), "{error}");
    let outside = Draft { folder: Some(String::new()), ..draft("a", "one", Over::Anything) };
    store.save(outside, &act(1), |_| false).unwrap();
    store.delete_folder(&folder).unwrap();
    assert_eq!(store.delete_folder(&folder).unwrap_err().kind(), ErrorKind::NotFound);
    let nowhere = Draft { folder: Some(folder), ..draft("a", "one", Over::Anything) };
    let error = store.save(nowhere, &act(1), |_| false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_disk_that_refuses_changes_nothing() {
    let vfs = SimVfs::new(1);
    let store = open(&vfs);
    save(&store, "a", "one", Over::Anything).unwrap();
    vfs.fail(OpKind::SyncData, 0, u64::MAX, 5);
    let error = save(&store, "a", "two", Over::Anything).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!(store.ask(|kept| kept.newest("a").map(|version| version.number)), Some(1));
}

/// What was acknowledged before a power cut at any write is there after it, and at most the one
/// order that was under way beside it.
#[test]
fn inv_90_no_power_cut_loses_what_was_acknowledged() {
    let mut cuts = 0;
    for at in 0..400 {
        let vfs = SimVfs::new(at);
        let store = open(&vfs);
        store.fold_early();
        vfs.crash_at(at + 10);
        let mut states = vec![store.ask(Clone::clone)];
        let done = orders(&store, &mut states);
        cuts += usize::from(!done);
        let after = open(&vfs.after_crash(at)).ask(Clone::clone);
        let acknowledged = states.last().unwrap();
        let is_next = |kept: &Kept| newest(kept) == newest(acknowledged) + 1;
        assert!(after == *acknowledged || is_next(&after), "cut {at}: {}", newest(&after));
    }
    assert!(cuts > 20, "the disk was cut only {cuts} times");
}

fn newest(kept: &Kept) -> u64 {
    let versions = kept.boards.values().filter_map(|versions| versions.back());
    versions.map(|version| version.number).sum::<u64>() + kept.annotations.len() as u64
}

/// Saves and annotates until the disk fails; states after every acknowledged order.
fn orders(store: &Store, states: &mut Vec<Kept>) -> bool {
    for number in 0..30 {
        let title = format!("title {number}");
        let saved = save(store, if number % 2 == 0 { "a" } else { "b" }, &title, Over::Anything);
        if saved.is_err() {
            return false;
        }
        states.push(store.ask(Clone::clone));
        if store.annotate(note(number, &title)).is_err() {
            return false;
        }
        states.push(store.ask(Clone::clone));
    }
    true
}
