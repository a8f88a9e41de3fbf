//! What little of protobuf has to be read: the answers of a receiver, and a request that is cut in two.

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    /// Text, bytes or a message.
    Bytes(&'a [u8]),
    /// A fixed number, which nobody asks for.
    Fixed,
}

/// The fields of a message in order, up to the first that is not well formed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let len = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

/// A field as it stands in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) number: u64,
    pub(crate) value: Value<'a>,
    /// Its tag and its value.
    pub(crate) raw: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The fields with the bytes that they are made of.
    pub(crate) fn raw(mut self) -> impl Iterator<Item = Field<'a>> {
        core::iter::from_fn(move || {
            let before = self.0;
            let (number, value) = self.next()?;
            let raw = before.get(..before.len() - self.0.len())?;
            Some(Field { number, value, raw })
        })
    }

    /// All fields of that number which hold bytes.
    pub(crate) fn messages(self, number: u64) -> impl Iterator<Item = &'a [u8]> {
        self.filter_map(move |(field, value)| match value {
            Value::Bytes(bytes) if field == number => Some(bytes),
            _ => None,
        })
    }

    /// The last field of that number which holds bytes.
    #[cfg(feature = "otlp")]
    pub(crate) fn bytes(self, number: u64) -> Option<&'a [u8]> {
        self.messages(number).last()
    }

    /// The last field of that number which holds a varint.
    #[cfg(feature = "otlp")]
    pub(crate) fn varint_of(self, number: u64) -> Option<u64> {
        let found = self.filter_map(|(field, value)| match value {
            Value::Varint(value) if field == number => Some(value),
            _ => None,
        });
        found.last()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for place in 0..10 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_read_in_order_up_to_the_first_that_is_cut() {
        let bytes = [8, 150, 1, 18, 2, b'o', b'k', 29, 1, 2, 3, 4, 18, 5, 1];
        let found: Vec<_> = Fields(&bytes).collect();
        let expected = [
            (1, Value::Varint(150)),
            (2, Value::Bytes(b"ok")),
            (3, Value::Fixed),
        ];
        assert_eq!(found, expected);
        assert_eq!(Fields(&bytes).varint_of(1), Some(150));
        assert_eq!(Fields(&bytes).bytes(2), Some(&b"ok"[..]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic_and_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(Fields(&bytes).count() <= bytes.len());
        }
    }
}
