use super::{did_you_mean, distance, nearest};

#[test]
fn distance_counts_the_four_edits() {
    for (a, b, expected) in [
        ("", "", 0),
        ("a", "", 1),
        ("", "abc", 3),
        ("interval", "intervall", 1),
        ("job_nmae", "job_name", 1),
        ("Timeout", "timeout", 0),
        ("kitten", "sitting", 3),
    ] {
        assert_eq!(distance(a, b), expected, "{a} {b}");
        assert_eq!(distance(b, a), expected, "{b} {a}");
    }
}

#[test]
fn only_near_words_are_suggested() {
    let keys = ["scrape_interval", "scrape_timeout", "job_name", "to"];
    assert_eq!(nearest("scrape_intervall", keys), Some("scrape_interval"));
    assert_eq!(nearest("jobname", keys), Some("job_name"));
    assert_eq!(nearest("relabel", keys), None);
    assert_eq!(nearest("", keys), None);
    assert_eq!(nearest(&"x".repeat(100_000), keys), None);
    assert_eq!(did_you_mean("job_nam", keys), "; did you mean `job_name`?");
    assert_eq!(did_you_mean("nothing_like_it", keys), "");
}
