//! Whole points split by weights: the parts sum to the points exactly.

/// Splits points by weights, by largest remainder; the first of equals gets the rest. Without any
/// weight the first part gets all.
pub(crate) fn share(points: u8, weights: &[u64]) -> Vec<u8> {
    let total: u64 = weights.iter().sum();
    let mut parts: Vec<u8> = vec![0; weights.len()];
    if total == 0 {
        if let Some(first) = parts.first_mut() {
            *first = points;
        }
        return parts;
    }
    let exact = |weight: u64| u64::from(points) * weight;
    let mut left = points;
    for (part, &weight) in parts.iter_mut().zip(weights) {
        *part = u8::try_from(exact(weight) / total).expect("a part of a u8 is at most the whole");
        left -= *part;
    }
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(exact(weights[index]) % total));
    for index in order.into_iter().take(usize::from(left)) {
        parts[index] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn parts_sum_to_the_points() {
        assert_eq!(share(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(share(7, &[0, 0]), [7, 0]);
        assert_eq!(share(100, &[1, 199]), [1, 99]);
        assert_eq!(share(0, &[3]), [0]);
        assert!(share(5, &[]).is_empty());
    }
}
