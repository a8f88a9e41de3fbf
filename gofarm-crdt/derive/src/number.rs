//! The number of a field: what `gofarm_crdt::FieldName::new` computes, here while the user's crate compiles.

/// FNV-1a 32, its halves folded by exclusive or; 1 instead of 0.
pub(crate) fn of(name: &str) -> u16 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let [a, b, c, d] = hash.to_be_bytes();
    (u16::from_be_bytes([a, b]) ^ u16::from_be_bytes([c, d])).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_names_are_fixed_for_ever() {
        for (name, number) in [
            ("", 7385),
            ("open", 6039),
            ("reason", 42682),
            ("litres", 55121),
        ] {
            assert_eq!(of(name), number, "{name}");
        }
    }

    #[test]
    fn number_zero_is_not_given() {
        let zero = (0..)
            .map(|n| format!("f{n}"))
            .find(|name| {
                let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
                    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
                });
                (hash >> 16) == (hash & 0xffff)
            })
            .unwrap();
        assert_eq!(of(&zero), 1);
    }
}
