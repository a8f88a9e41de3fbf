//! Modbus: frames, both machines, and a line between them.

mod bus;
mod client;
mod faults;
mod frames;
mod hostile;
mod laws;
mod line;
mod server;
mod stream;
#[cfg(feature = "tokio")]
mod tokio;

/// The CRC of Modbus over Serial Line 1.02, section 6.2.2, bit by bit: what the crate's table is held against.
fn crc(bytes: &[u8]) -> [u8; 2] {
    let mut crc: u16 = 0xFFFF;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xA001
            } else {
                crc >> 1
            };
        }
    }
    crc.to_le_bytes()
}

/// The frame of a unit and a protocol data unit.
fn framed(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut frame = vec![unit];
    frame.extend(pdu);
    frame.extend(crc(&frame));
    frame
}
