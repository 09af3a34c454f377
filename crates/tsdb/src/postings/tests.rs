//! Every kind of matcher against a filter over all label sets.

use super::*;
use crate::head::HeadPostings;
use model::Labels;
use sys::sim::SimRng;

fn matcher(op: MatchOp, name: &str, value: &str) -> Matcher {
    Matcher::new(op, name, value).unwrap()
}

#[test]
fn inv_12_matchers_find_what_a_full_scan_finds() {
    let mut random = SimRng::new(7);
    let mut index = HeadPostings::default();
    let mut series = Vec::new();
    for ordinal in 0..400_u32 {
        let mut pairs = vec![("n".to_owned(), ordinal.to_string())];
        for name in ["a", "b", "c"] {
            if random.below(3) > 0 {
                pairs.push((name.to_owned(), format!("v{}", random.below(6))));
            }
        }
        let labels = Labels::from_pairs(pairs);
        index.insert(ordinal, &labels);
        series.push(labels);
    }
    let values = ["", "v1", "v9", "v[23]", "v1|v2", ".*", ".+", "v.*", "v1|", "(v1)?"];
    let ops = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex];
    for round in 0..2000 {
        let matchers: Vec<Matcher> = (0..random.below(4))
            .map(|_| {
                let op = ops[usize::try_from(random.below(4)).unwrap()];
                let name = ["a", "b", "c", "zz"][usize::try_from(random.below(4)).unwrap()];
                let value = values[usize::try_from(random.below(10)).unwrap()];
                matcher(op, name, value)
            })
            .collect();
        let want: Vec<u32> = (0_u32..)
            .zip(&series)
            .filter(|(_, labels)| matchers.iter().all(|m| m.matches_labels(labels)))
            .map(|(ordinal, _)| ordinal)
            .collect();
        assert_eq!(resolve(&index, &matchers), want, "INV-12, round {round}: {matchers:?}");
    }
}

#[test]
fn galloping_finds_the_first_entry_not_below() {
    let list: Vec<u32> = (0..100).map(|i| i * 3).collect();
    for id in 0..310 {
        assert_eq!(gallop(&list, id), list.partition_point(|entry| *entry < id), "{id}");
    }
    assert_eq!(gallop(&[], 5), 0);
}
