use super::{Column, Narrow};
use model::{SampleBuf, Value, stale_marker};

/// What a run of these floats takes in memory; all bits are checked on the way.
#[track_caller]
fn bytes(values: &[f64]) -> usize {
    let mut narrow = Narrow::EMPTY;
    let mut taken = 0;
    for (at, value) in values.iter().enumerate() {
        assert!(narrow.same_type(&Value::Float(*value)));
        taken += narrow.push(&Value::Float(*value));
        assert_eq!((narrow.len(), narrow.memory()), (at + 1, taken));
        for (known, from) in values[..=at].iter().zip(0..) {
            assert!(narrow.value(from).bits_eq(&Value::Float(*known)), "{values:?}");
        }
        let Column::Floats(column) = narrow.column(at / 2, at + 1) else { panic!("floats") };
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&column), bits(&values[at / 2..=at]));
        let times: Vec<i64> = (0..).take(at + 1).collect();
        let mut read = SampleBuf::default();
        narrow.append_to(&times, &[], at / 2..at + 1, &mut read);
        assert_eq!((bits(&read.values), &read.timestamps[..]), (bits(&column), &times[at / 2..]));
        let Column::Floats(part) = narrow.slice(at / 3..at).column(0, at - at / 3) else {
            panic!("floats")
        };
        assert_eq!(bits(&part), bits(&values[at / 3..at]));
        // A copy goes on where the run went on.
        let mut copy = narrow.slice(at / 3..at + 1);
        copy.push(&Value::Float(*value));
        let Column::Floats(part) = copy.column(0, copy.len()) else { panic!("floats") };
        assert_eq!(bits(&part[..part.len() - 1]), bits(&values[at / 3..=at]));
        assert_eq!(part.last().map(|v| v.to_bits()), Some(value.to_bits()));
    }
    taken
}

#[test]
fn inv_10_every_bit_comes_back_from_the_narrowest_form() {
    assert_eq!(bytes(&[5.0; 9]), 0, "what stays takes nothing");
    assert_eq!(bytes(&[f64::NAN; 3]), 0);
    assert_eq!(bytes(&[1.0, 1.0, 2.0, -7.0]), 4, "whole numbers");
    assert_eq!(bytes(&[12.0, 12.25, 13.5]), 5, "cents, also when they begin whole");
    assert_eq!(bytes(&[12.0, 12.25, 13.125]), 7, "thousandths");
    assert_eq!(bytes(&[1.0, 2.0, 0.1 + 0.2]), 24, "odd floats");
    assert_eq!(bytes(&[0.0, -0.0]), 16, "zeros with a sign");
    assert_eq!(bytes(&[-0.0, 1.0]), 16);
    assert_eq!(bytes(&[1.0, 2.0, stale_marker()]), 24);
    assert_eq!(bytes(&[1.0, f64::INFINITY, f64::NEG_INFINITY]), 24);
    assert_eq!(bytes(&[9_007_199_254_740_993.0, 1.0]), 16, "beyond 2^53");
    assert_eq!(bytes(&[-9_007_199_254_740_991.0, 9_007_199_254_740_991.0]), 16, "8 each");
    assert_eq!(bytes(&[1e15, 1e15 + 1.0]), 9, "steps count, not values");
    assert_eq!(bytes(&[0.0, f64::from(i32::MIN), f64::from(i32::MAX)]), 11);
    assert_eq!(bytes(&[f64::MIN_POSITIVE, 5e-324, f64::MAX]), 24);
}

#[test]
fn inv_10_random_runs_come_back() {
    let mut state = 1788_u64;
    let mut random = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    for _ in 0..2000 {
        let mut value = random(1 << 20) as f64;
        let scale = [1.0, 100.0, 1000.0, 7.0][usize::try_from(random(4)).unwrap()];
        let values: Vec<f64> = (0..random(40))
            .map(|_| {
                match random(40) {
                    0 => value = f64::from_bits(random(u64::MAX)),
                    1..20 => value = (value * scale + random(1000) as f64) / scale,
                    _ => {}
                }
                value
            })
            .collect();
        assert!(bytes(&values) <= 8 * values.len());
    }
}
