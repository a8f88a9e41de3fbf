//! The encodings of types made of others: their parts in order.

use super::{Reader, Sink, Value};
use crate::error::Malformed;

/// 0 for none, 1 and the value for some.
impl<T: Value> Value for Option<T> {
    fn encode(&self, out: &mut dyn Sink) {
        match self {
            None => out.put_u8(0),
            Some(value) => {
                out.put_u8(1);
                value.encode(out);
            }
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        match input.take_u8("option")? {
            0 => Ok(None),
            1 => T::decode(input).map(Some),
            _ => Err(Malformed::Invalid("option")),
        }
    }
}

/// The elements, with no length in front: the type says it.
impl<T: Value, const N: usize> Value for [T; N] {
    fn encode(&self, out: &mut dyn Sink) {
        for element in self {
            element.encode(out);
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut elements = heapless::Vec::<T, N>::new();
        for _ in 0..N {
            let pushed = elements.push(T::decode(input)?);
            debug_assert!(pushed.is_ok(), "N elements fit in N places");
        }
        elements
            .into_array()
            .map_err(|_| Malformed::Truncated("array"))
    }
}

macro_rules! tuple {
    ($($part:ident $at:tt),+) => {
        /// The parts in order.
        impl<$($part: Value),+> Value for ($($part,)+) {
            fn encode(&self, out: &mut dyn Sink) {
                $(self.$at.encode(out);)+
            }

            fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(($($part::decode(input)?,)+))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);

/// As what is in it.
#[cfg(feature = "alloc")]
impl<T: Value> Value for alloc::boxed::Box<T> {
    fn encode(&self, out: &mut dyn Sink) {
        T::encode(self, out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        T::decode(input).map(Self::new)
    }
}
