//! Which devices get a document first.

use gofarm_core::DeviceId;

/// Whether `device` is among the first `percent` of the fleet for document `version`.
///
/// A device that is among the first 10 % is also among the first 50 %, and each version draws other devices first.
pub(super) fn is_among(device: &DeviceId, version: u32, percent: u8) -> bool {
    // FNV-1a, 64 bits (draft-eastlake-fnv-17, section 5), with the upper half for the draw.
    let bytes = version
        .to_be_bytes()
        .into_iter()
        .chain(device.as_str().bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = hash ^ (hash >> 32);
    mixed % 100 < u64::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(version: u32, percent: u8) -> Vec<usize> {
        (0..1_000)
            .filter(|n| {
                let device = DeviceId::new(&format!("valve-{n}")).unwrap();
                is_among(&device, version, percent)
            })
            .collect()
    }

    #[test]
    fn a_larger_part_contains_the_smaller_one() {
        let (ten, half) = (among(1, 10), among(1, 50));
        assert!(ten.iter().all(|n| half.contains(n)));
        assert!((60..140).contains(&ten.len()), "{}", ten.len());
        assert!((420..580).contains(&half.len()), "{}", half.len());
        assert_eq!((among(1, 0).len(), among(1, 100).len()), (0, 1_000));
    }

    #[test]
    fn each_version_draws_other_devices_first() {
        assert_ne!(among(1, 10), among(2, 10));
    }
}
