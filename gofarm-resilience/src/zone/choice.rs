//! Where on the ring of weights a call falls.

/// 2^64 over the golden ratio, odd: the sequence of multiples that is spread most evenly.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The place of the call of this number on a ring of `total` weights, from 0 to `total - 1`.
pub(super) fn place_of(call: u64, total: u64) -> u64 {
    let place = u128::from(call.wrapping_mul(GOLDEN)) * u128::from(total);
    u64::try_from(place >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_cover_the_ring_from_end_to_end() {
        let seen: Vec<u64> = (0..100).map(|call| place_of(call, 10)).collect();
        for place in 0..10 {
            let count = seen.iter().filter(|&&found| found == place).count();
            assert!((8..=12).contains(&count), "{place}: {count}");
        }
        assert_eq!(place_of(u64::MAX, 1), 0);
    }
}
