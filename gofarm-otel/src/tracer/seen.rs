//! Which keys a span may have already: [`Seen`].

/// A bit for each key that was set, so that a new one is known as new without a search through the others.
///
/// Two keys may share a bit; then the search tells them apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen(u64);

impl Seen {
    /// Adds a key; whether it, or one with the same bit, was there before.
    pub(super) fn insert(&mut self, key: &str) -> bool {
        let bit = bit(key);
        let was_there = self.0 & bit != 0;
        self.0 |= bit;
        was_there
    }
}

/// By the length and the last eight bytes, in which the keys of one span differ.
fn bit(key: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = key.as_bytes();
    let end = match bytes.last_chunk::<8>() {
        Some(end) => u64::from_le_bytes(*end),
        None => bytes
            .iter()
            .fold(0, |end, byte| end << 8 | u64::from(*byte)),
    };
    let mixed = (end ^ bytes.len() as u64).wrapping_mul(FACTOR);
    1 << (mixed >> 58)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_inserted_was_there() {
        let mut seen = Seen::default();
        for key in ["", "a", "url.path", "http.request.method", "größe"] {
            seen.insert(key);
            assert!(seen.insert(key), "{key}");
        }
    }

    #[test]
    fn most_keys_of_a_request_have_a_bit_of_their_own() {
        let keys = [
            "http.request.method",
            "http.response.status_code",
            "http.route",
            "network.protocol.version",
            "server.address",
            "server.port",
            "url.path",
            "url.query",
            "url.scheme",
            "user_agent.original",
        ];
        let mut seen = Seen::default();
        let shared = keys.iter().filter(|key| seen.insert(key)).count();
        assert!(shared <= 2, "{shared}");
    }
}
