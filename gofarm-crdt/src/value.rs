//! Values as bytes, the same on every machine: [`Value`], [`Sink`] and [`Reader`].
//!
//! What a register or a set holds crosses links and lies in stores; equal values must be equal bytes, or
//! digests lie. serde leaves that to each format and map type, and does not say how many bytes a value may
//! claim before it is read. So this crate has a small encoding of its own: integers as LEB128 of their
//! shortest length (zigzag for signed ones; one plain byte for 8 bits), floats as their little-endian bits
//! (every NaN as one), text and lists with their length in front, structs and tuples as their fields in order.
//! A decoder refuses any second way to write the same value. `#[derive(Value)]` writes it for structs and
//! enums.
//!
//! Two things are written and not read, since few bytes of them cost much: boxes and collections more than
//! [`Reader::MAX_DEPTH`] levels deep, and collections whose elements take no byte, such as `Vec<()>`.
//!
//! A value is opaque to replicas that do not know its type: they keep it, merge it by its time-stamps and
//! pass it on.

use crate::error::Malformed;

#[cfg(feature = "alloc")]
mod collection;
mod composite;
mod domain;
mod intake;
#[cfg(feature = "serde")]
mod postcard;
mod primitive;
mod reader;
mod sink;
#[cfg(test)]
mod tests;

#[cfg(feature = "derive")]
pub use gofarm_crdt_derive::Value;
pub(crate) use intake::{Intake, NO_DOT};
#[cfg(feature = "serde")]
pub use postcard::{Postcard, Unserializable};
pub use reader::Reader;
pub use sink::{Count, Sink, SliceSink};

/// A plain value with exactly one encoding.
///
/// ```
/// use gofarm_crdt::value::{Reader, SliceSink, Value};
///
/// let mut bytes = [0; 8];
/// let mut sink = SliceSink::new(&mut bytes);
/// (true, 300_u16).encode(&mut sink);
/// assert_eq!(sink.written()?, [1, 0xac, 0x02]);
/// assert_eq!(<(bool, u16)>::from_bytes(&[1, 0xac, 0x02])?, (true, 300));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no encoding",
    label = "not a `Value`",
    note = "a type of your own gets one with `#[derive(Value)]`; one that only has serde goes into `value::Postcard`",
    note = "`usize` and `isize` have another width on each machine: use u32 or u64"
)]
pub trait Value {
    /// Writes the value; the sink remembers if it had no room.
    fn encode(&self, out: &mut dyn Sink);

    /// Reads a value and leaves the reader behind it.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes are not the one encoding of a value of this type.
    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed>
    where
        Self: Sized;

    /// Reads a value that takes all of the bytes.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes are not the one encoding of a value of this type.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed>
    where
        Self: Sized,
    {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }

    /// The number of bytes that `encode` writes.
    fn encoded_len(&self) -> usize {
        let mut count = Count::default();
        self.encode(&mut count);
        count.bytes()
    }
}
