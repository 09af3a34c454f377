//! Lists against those of a map, and sections that cannot be: told by what is wrong.

use super::*;
use crate::segment::index::tests::{LEFT_OVER, LIMIT, symbols, wrong};
use sys::sim::SimRng;

/// Lists of random label sets against a map of them.
#[test]
fn inv_12_lists_are_those_of_the_labels() {
    let mut random = SimRng::new(41);
    for round in 0..50_u32 {
        let (mut rows, mut want) = (LabelRows::default(), BTreeMap::<_, Vec<u32>>::new());
        let series = [1, 2, 20, 300][random.index(4)];
        for ordinal in 0..series {
            let mut symbols = Vec::new();
            for name in 1..3 {
                let value = 3 + u32::try_from(random.below(3)).unwrap();
                if value > 4 {
                    continue;
                }
                symbols.extend([name, value]);
                want.entry((name, value)).or_default().push(ordinal);
            }
            rows.push(&symbols);
        }
        let mut bytes = Vec::new();
        let Ok(()) = encode_postings::<Infallible>((&rows, &[0, 1, 2, 3, 4]), |page| {
            bytes.extend_from_slice(page);
            Ok(())
        });
        let postings = decode_postings(bytes, &symbols(), series).unwrap();
        for name in 0..5 {
            for value in 0..5 {
                let mut found = vec![7];
                postings.list((name, value), &mut found);
                let wanted = want.get(&(name, value)).cloned().unwrap_or_default();
                assert_eq!(found[1..], wanted, "INV-12: round {round}, {name}={value}");
            }
            let of_name = want.iter().filter(|((of, _), _)| *of == name);
            let counts: Vec<_> = of_name.clone().map(|((_, v), list)| (*v, list.len())).collect();
            assert_eq!(postings.values(name).collect::<Vec<_>>(), counts);
            let mut found = Vec::new();
            postings.lists::<Infallible>(name, |value| Ok(value == 4), &mut found).unwrap();
            assert_eq!(found, want.get(&(name, 4)).cloned().unwrap_or_default(), "INV-12");
        }
    }
}

/// Two series; a list says name, value, and runs of gap and length.
#[test]
fn postings_that_cannot_be() {
    let cases: [(&[u8], &str); 12] = [
        (&[1, 1, 1, 3, 1, 0, 2], "nothing"),
        (&[100, 1, 1, 3, 1, 0, 2], LIMIT),
        (&[1, 1, 100, 3, 1, 0, 2], LIMIT),
        (&[1, 9, 1, 3, 1, 0, 2], "posting of a symbol that is not in the dictionary"),
        (&[1, 1, 2, 3, 1, 0, 2, 1, 1, 0, 2], "more postings than series"),
        (&[2, 1, 1, 3, 1, 0, 1, 0, 1, 3, 1, 0, 1], "postings are not sorted"),
        (&[1, 1, 1, 3, 3, 0, 1], LIMIT),
        (&[1, 1, 1, 3, 1, 3, 1], LIMIT),
        (&[1, 1, 1, 3, 1, 0, 3], LIMIT),
        (&[1, 1, 1, 3, 1, 0, 0], "posting behind the last series"),
        (&[1, 1, 1, 3, 1, 1, 2], "posting behind the last series"),
        (&[1, 1, 1, 3, 1, 0, 2, 0], LEFT_OVER),
    ];
    for (bytes, what) in cases {
        assert_eq!(wrong(decode_postings(bytes.to_vec(), &symbols(), 2)), what, "{bytes:?}");
    }
}
