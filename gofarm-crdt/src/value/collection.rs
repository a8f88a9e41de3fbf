//! The encodings of growing collections: how many, then each.
//!
//! A length is believed only as far as there are bytes: an element takes at least one. A list of elements
//! that take none (`Vec<()>`) cannot be told from a lie and is refused when it is read.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::primitive::{put_text, take_text};
use super::{Reader, Sink, Value};
use crate::error::Malformed;

/// The most bytes that are set aside before the first element has been read.
const SET_ASIDE: usize = 4096;

/// The number of bytes, then UTF-8.
impl Value for String {
    fn encode(&self, out: &mut dyn Sink) {
        put_text(self, out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        take_text(input, "string").map(Self::from)
    }
}

/// The number of elements, then each in order.
impl<T: Value> Value for Vec<T> {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_varint(self.len() as u64);
        for element in self {
            element.encode(out);
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let len = length(input, "list")?;
        let mut list = Self::with_capacity(len.min(SET_ASIDE / size_of::<T>().max(1)));
        for _ in 0..len {
            list.push(element(input, "list")?);
        }
        Ok(list)
    }
}

/// The number of elements, then each in ascending order, none twice.
impl<T: Value + Ord> Value for BTreeSet<T> {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_varint(self.len() as u64);
        for element in self {
            element.encode(out);
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut set = Self::new();
        for _ in 0..length(input, "set")? {
            let element = element(input, "set")?;
            if set.last().is_some_and(|last| *last >= element) {
                return Err(Malformed::Invalid("order of a set"));
            }
            set.insert(element);
        }
        Ok(set)
    }
}

/// The number of entries, then key and value of each in ascending order of keys, none twice.
impl<K: Value + Ord, V: Value> Value for BTreeMap<K, V> {
    fn encode(&self, out: &mut dyn Sink) {
        out.put_varint(self.len() as u64);
        for (key, value) in self {
            key.encode(out);
            value.encode(out);
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut map = Self::new();
        for _ in 0..length(input, "map")? {
            let (key, value) = element::<(K, V)>(input, "map")?;
            if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(Malformed::Invalid("order of a map"));
            }
            map.insert(key, value);
        }
        Ok(map)
    }
}

/// A number of elements that can be there: no more than bytes are left.
fn length(input: &mut Reader<'_>, what: &'static str) -> Result<usize, Malformed> {
    usize::try_from(input.take_varint(what)?)
        .ok()
        .filter(|len| *len <= input.rest().len())
        .ok_or(Malformed::Truncated(what))
}

/// An element of at least one byte.
fn element<T: Value>(input: &mut Reader<'_>, what: &'static str) -> Result<T, Malformed> {
    let before = input.rest().len();
    let element = T::decode(input)?;
    if input.rest().len() == before {
        return Err(Malformed::Invalid(what));
    }
    Ok(element)
}
