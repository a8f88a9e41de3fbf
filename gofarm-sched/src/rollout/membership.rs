//! [`position`]: where a device stands in a rollout's queue.

/// Where a device or tenant stands in the queue of a rollout, 0..10 000: it is in a share of `n` hundredths of a percent
/// if its position is below `n`.
///
/// FNV-1a 64 over the rollout's number (8 bytes, little-endian) and the key, mixed by the last steps of SplitMix64, then
/// scaled by multiply-shift. It never changes: every machine and every version agrees on who is in. Another rollout puts
/// others first. Not for secrets.
///
/// ```
/// use gofarm_sched::rollout::position;
///
/// assert!(position(7, b"valve-12") < 10_000);
/// assert_ne!(position(7, b"valve-12"), position(8, b"valve-12"));
/// ```
#[must_use]
pub fn position(rollout: u64, key: &[u8]) -> u16 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in rollout.to_le_bytes().iter().chain(key) {
        hash ^= u64::from(*byte);
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    let scaled = (u128::from(hash) * 10_000) >> 64;
    u16::try_from(scaled).unwrap_or(9_999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_spread_evenly() {
        let mut tenths = [0_u32; 10];
        for device in 0..if cfg!(miri) { 200_u32 } else { 20_000 } {
            let place = position(1, &device.to_le_bytes());
            tenths[usize::from(place / 1_000)] += 1;
        }
        let mean = tenths.iter().sum::<u32>() / 10;
        for count in tenths {
            assert!(count.abs_diff(mean) < mean / 10 + 12, "{tenths:?}");
        }
    }
}
