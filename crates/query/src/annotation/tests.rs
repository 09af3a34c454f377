//! Places and repetitions of annotations.

use super::*;

fn place(start: usize) -> Place {
    Place { start, end: start + 1 }
}

#[test]
fn places_count_lines_and_columns_from_one() {
    let source = "sum(\n  rate(x[5m])\n)";
    let shown = |source: &str, start: usize| {
        let mut notes = Annotations::default();
        notes.histogram_ignored(place(start), "topk");
        notes.render(source).1.remove(0).split_once(" (").unwrap().1.to_owned()
    };
    assert_eq!(shown(source, 0), "1:1)");
    assert_eq!(shown(source, 7), "2:3)");
    assert_eq!(shown(source, 19), "3:1)");
    assert_eq!(shown("", 7), "1:8)", "without a source everything is line 1");
}

#[test]
fn equal_texts_count_once() {
    let mut notes = Annotations::default();
    for _ in 0..3 {
        notes.native_not_counter(place(5), "x");
    }
    notes.histogram_ignored(place(1), "topk");
    notes.storage_warning("block 7 is damaged".into());
    notes.storage_warning("block 7 is damaged".into());
    let (warnings, infos) = notes.render("rate(x)");
    assert_eq!(
        warnings,
        [
            "block 7 is damaged",
            "PromQL warning: this native histogram metric is not a counter: \"x\" (1:6)"
        ]
    );
    assert_eq!(infos, ["PromQL info: ignored histogram in topk aggregation (1:2)"]);
}

#[test]
fn a_flood_of_texts_is_cut() {
    let mut notes = Annotations::default();
    for index in 0..NOTES_MAX + 50 {
        notes.native_not_gauge(place(0), &index.to_string());
    }
    assert_eq!(notes.render("").0.len(), NOTES_MAX);
}
