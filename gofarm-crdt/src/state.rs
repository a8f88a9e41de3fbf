//! A plain struct with a CRDT in each field: [`Replicated`], written by its derive.
//!
//! Fields are known by a number that follows from their name, so that they may be reordered and new ones
//! added anywhere. A replica that does not know a field keeps its cells as they are and passes them on.

use crate::field::{Field, Pen};

/// A struct whose fields are CRDTs; `#[derive(Replicated)]` writes it.
pub trait Replicated: Default + Send + 'static {
    /// The struct as an update sees it: each field an [`Edit`](crate::field::Edit).
    type Edit<'a>;

    /// The fields, sorted by number.
    const FIELDS: &'static [FieldName];

    /// The field with this number.
    fn field(&self, number: u16) -> Option<&dyn Field>;

    /// The field with this number, to merge into.
    fn field_mut(&mut self, number: u16) -> Option<&mut dyn Field>;

    /// All fields, to be written with this pen.
    fn edit<'a>(&'a mut self, pen: &'a Pen<'a>) -> Self::Edit<'a>;
}

/// The name of a field and the number that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldName {
    number: u16,
    name: &'static str,
}

impl FieldName {
    /// The number follows from the name: its FNV-1a 32 hash with the upper half folded into the lower by
    /// exclusive or, and 1 instead of 0.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        let mut hash = 0x811c_9dc5_u32;
        let mut at = 0;
        while at < bytes.len() {
            #[expect(
                clippy::indexing_slicing,
                reason = "the loop's bound; iterators are not const"
            )]
            let byte = bytes[at];
            hash = (hash ^ byte as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        let folded = (((hash >> 16) ^ hash) & 0xffff) as u16;
        Self::numbered(if folded == 0 { 1 } else { folded }, name)
    }

    /// The number was given: `#[replicated(number = 7)]`.
    #[must_use]
    pub const fn numbered(number: u16, name: &'static str) -> Self {
        Self { number, name }
    }

    /// The number.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}
