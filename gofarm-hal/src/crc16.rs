//! CRC-16 with the polynomial x^16 + x^15 + x^2 + 1, reflected (0xA001): what SDI-12 and 1-Wire share.
//!
//! Modbus has the same polynomial and, except on bare metal, tables of its own, since there a CRC is on the hot path.

/// The remainders of four bits: a table of bytes would be 512 bytes for lines of a few hundred characters a second.
const NIBBLES: [u16; 16] = nibbles();

const fn nibbles() -> [u16; 16] {
    let mut table = [0; 16];
    let mut nibble = 0_u16;
    while nibble < 16 {
        let mut crc = nibble;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xA001
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[nibble as usize] = crc;
        nibble += 1;
    }
    table
}

/// CRC-16/ARC of `bytes`: from 0, nothing inverted.
pub(crate) const fn arc(bytes: &[u8]) -> u16 {
    update(0, bytes)
}

/// The register after `bytes`.
pub(crate) const fn update(register: u16, bytes: &[u8]) -> u16 {
    let mut crc = register;
    let mut i = 0;
    while i < bytes.len() {
        crc ^= bytes[i] as u16;
        crc = (crc >> 4) ^ NIBBLES[(crc & 0xF) as usize];
        crc = (crc >> 4) ^ NIBBLES[(crc & 0xF) as usize];
        i += 1;
    }
    crc
}
