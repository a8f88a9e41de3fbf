//! [`diff`]: the host side of patches.

use std::collections::HashMap;

/// Bytes that have to agree for a place in the base to be found.
const SEED: usize = 8;

/// How many places with the same seed are looked at.
const CANDIDATES: usize = 64;

/// The most bytes of one instruction.
const MAX_LEN: usize = 1 << 28;

/// A patch that makes `image` from `base`, for [`PatchReader`](super::PatchReader).
///
/// Greedy: it goes on at the cursor while the bytes agree and else takes the longest match that a table of 8-byte
/// seeds finds. Time grows with the image, memory is some 40 bytes per byte of the base. Not for `no_std`.
///
/// # Panics
/// If base or image is 256 MiB or longer.
///
/// ```
/// use gofarm_hal::update::diff;
///
/// let base: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
/// let mut image = base.clone();
/// image[20_000] ^= 1;
/// assert!(diff(&base, &image).len() < 16);
/// ```
#[must_use]
pub fn diff(base: &[u8], image: &[u8]) -> Vec<u8> {
    assert!(
        base.len() < MAX_LEN && image.len() < MAX_LEN,
        "base and image have to be shorter than 256 MiB"
    );
    let places = seeds(base);
    let mut out = Writer::default();
    let mut at = 0;
    let mut literal = 0; // bytes before `at` that no instruction makes yet
    while at < image.len() {
        let rest = &image[at..];
        // A byte that was replaced in place moves the cursor along.
        let along = (out.cursor + literal).min(base.len());
        let mut best = (agree(&base[along..], rest), along);
        if best.0 < 32 {
            for &place in candidates(&places, rest) {
                let len = agree(&base[place..], rest);
                // Another place costs an instruction to get there and often one to come back.
                if len > best.0.max(4) + 8 {
                    best = (len, place);
                }
            }
        }
        let (len, from) = best;
        if len < 3 {
            at += 1;
            literal += 1;
            continue;
        }
        out.literal(&image[at - literal..at], from, base.len());
        out.copy(from, len);
        at += len;
        literal = 0;
    }
    out.literal(&image[at - literal..], out.cursor, base.len());
    out.patch
}

fn seeds(base: &[u8]) -> HashMap<&[u8], Vec<usize>> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (place, seed) in base.windows(SEED).enumerate() {
        let list = places.entry(seed).or_default();
        if list.len() < CANDIDATES {
            list.push(place);
        }
    }
    places
}

fn candidates<'p>(places: &'p HashMap<&[u8], Vec<usize>>, rest: &[u8]) -> &'p [usize] {
    rest.get(..SEED)
        .and_then(|seed| places.get(seed))
        .map_or(&[], Vec::as_slice)
}

fn agree(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

#[derive(Default)]
struct Writer {
    patch: Vec<u8>,
    cursor: usize,
}

impl Writer {
    /// Bytes that are followed by a copy from `next`.
    fn literal(&mut self, bytes: &[u8], next: usize, base_len: usize) {
        if bytes.is_empty() {
            return;
        }
        let behind = self.cursor + bytes.len();
        if behind == next && behind <= base_len {
            self.instruction(bytes.len(), 2);
            self.cursor = behind;
        } else {
            self.instruction(bytes.len(), 1);
        }
        self.patch.extend(bytes);
    }

    fn copy(&mut self, from: usize, len: usize) {
        if from > self.cursor {
            self.instruction((from - self.cursor) * 2, 3);
        } else if from < self.cursor {
            self.instruction((self.cursor - from) * 2 - 1, 3);
        }
        self.instruction(len, 0);
        self.cursor = from + len;
    }

    fn instruction(&mut self, len: usize, kind: usize) {
        let mut number = len * 4 + kind;
        loop {
            let [bits, ..] = (number & 0x7f).to_le_bytes();
            number >>= 7;
            if number == 0 {
                return self.patch.push(bits);
            }
            self.patch.push(bits | 0x80);
        }
    }
}
