//! The metric and binary prefixes of UCUM 2.2 (table 1), case sensitive.

use super::atom::is_at;

/// The most bytes in a prefix.
pub(super) const MAX_LEN: usize = 2;

const PREFIXES: &[&str] = &[
    "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a", "z",
    "y", "Ki", "Mi", "Gi", "Ti",
];

/// Whether the bytes `from..to` of `code` are a prefix.
pub(super) const fn is_prefix(code: &[u8], from: usize, to: usize) -> bool {
    let mut i = 0;
    while i < PREFIXES.len() {
        if is_at(PREFIXES[i].as_bytes(), code, from, to) {
            return true;
        }
        i += 1;
    }
    false
}
