//! Types that have serde and nothing else: [`Postcard`].

use core::ops::Deref;

use gofarm_core::error::{Classify, Kind};
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Reader, Sink, Value};
use crate::error::Malformed;

/// A serde type as a [`Value`]: encoded with [postcard](https://postcard.jamesmunns.com/wire-format).
///
/// For types of other crates; one of your own derives `Value`. What was read must be written as the very bytes
/// that were read, so a second encoding is refused here too. Not checked is what serde leaves to the type: two
/// equal values that serialize differently (a `HashMap`) are different bytes, a NaN keeps its payload, and a
/// recursive type or a list of elements without bytes (`Vec<()>`) lets a few hostile bytes take much stack or time:
/// do not wrap these.
///
/// ```
/// use gofarm_crdt::value::{Postcard, Value};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Setpoint {
///     celsius: f32,
///     fan: Option<u8>,
/// }
///
/// let setpoint = Postcard::new(Setpoint { celsius: 21.5, fan: Some(40) })?;
/// assert_eq!(setpoint.encoded_len(), 6);
/// assert_eq!(setpoint.fan, Some(40));
/// # Ok::<(), gofarm_crdt::value::Unserializable>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Postcard<T>(T);

impl<T: Serialize> Postcard<T> {
    /// Wraps a value that postcard can write.
    ///
    /// # Errors
    /// [`Unserializable`] if it cannot: a sequence that does not know its length, or an error of the type's
    /// own.
    pub fn new(value: T) -> Result<Self, Unserializable> {
        postcard::serialize_with_flavor(&value, Into(&mut super::Count::default()))
            .map_err(|_| Unserializable)?;
        Ok(Self(value))
    }
}

impl<T> Postcard<T> {
    /// The value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Postcard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Serialize + DeserializeOwned> Value for Postcard<T> {
    fn encode(&self, out: &mut dyn Sink) {
        let written = postcard::serialize_with_flavor(&self.0, Into(out));
        debug_assert!(written.is_ok(), "written once before, in `new` or `decode`");
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let bytes = input.rest();
        let (value, rest) = postcard::take_from_bytes::<T>(bytes).map_err(|error| match error {
            postcard::Error::DeserializeUnexpectedEnd => Malformed::Truncated("postcard value"),
            _ => Malformed::Invalid("postcard value"),
        })?;
        let read = input.take(bytes.len().saturating_sub(rest.len()), "postcard value")?;
        match postcard::serialize_with_flavor(&value, Same(read)) {
            Ok([]) => Ok(Self(value)),
            Ok(_) | Err(_) => Err(Malformed::Invalid("postcard value")),
        }
    }
}

/// Writes into a sink.
struct Into<'a>(&'a mut dyn Sink);

impl Flavor for Into<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.put_u8(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.put(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Compares with what is expected, and ends with what did not come.
struct Same<'a>(&'a [u8]);

impl<'a> Flavor for Same<'a> {
    type Output = &'a [u8];

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0 = self
            .0
            .strip_prefix(bytes)
            .ok_or(postcard::Error::SerializeBufferFull)?;
        Ok(())
    }

    fn finalize(self) -> postcard::Result<&'a [u8]> {
        Ok(self.0)
    }
}

/// A value that postcard cannot write.
///
/// ```
/// use gofarm_crdt::value::Unserializable;
///
/// assert_eq!(Unserializable.to_string(), "postcard cannot write this value");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("postcard cannot write this value")]
pub struct Unserializable;

impl Classify for Unserializable {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use gofarm_core::text::Text;
    use proptest::prelude::*;
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Serialize, Serializer};

    use super::*;
    use crate::value::SliceSink;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Order {
        Stop,
        Water { minutes: u16, zones: [bool; 2] },
        Note(Text<8>),
    }

    fn any_order() -> impl Strategy<Value = Order> {
        prop_oneof![
            Just(Order::Stop),
            any::<(u16, [bool; 2])>().prop_map(|(minutes, zones)| Order::Water { minutes, zones }),
            "[a-z]{0,8}".prop_map(|text| Order::Note(text.parse().unwrap())),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

        #[test]
        fn a_serde_type_is_read_back(order in any_order()) {
            let order = Postcard::new(order).unwrap();
            let mut room = [0; 16];
            let mut sink = SliceSink::new(&mut room);
            order.encode(&mut sink);
            let bytes = sink.written().unwrap();
            prop_assert_eq!(order.encoded_len(), bytes.len());
            prop_assert_eq!(Postcard::from_bytes(bytes), Ok(order));
            for cut in 0..bytes.len() {
                prop_assert!(Postcard::<Order>::from_bytes(&bytes[..cut]).is_err());
            }
        }

        #[test]
        fn a_serde_type_has_one_encoding(
            bytes in prop::collection::vec(prop_oneof![0..4_u8, 0x7f..0x82_u8], 0..8),
        ) {
            if let Ok(order) = Postcard::<Order>::from_bytes(&bytes) {
                let mut again = vec![0; order.encoded_len()];
                order.encode(&mut SliceSink::new(&mut again));
                prop_assert_eq!(again, bytes);
            }
        }
    }

    #[test]
    fn what_postcard_reads_in_two_ways_is_refused() {
        assert_eq!(postcard::from_bytes::<u16>(&[0x81, 0]), Ok(1));
        let refused = Err(Malformed::Invalid("postcard value"));
        assert_eq!(Postcard::<u16>::from_bytes(&[0x81, 0]), refused);
        assert_eq!(
            Postcard::<u16>::from_bytes(&[1]).map(Postcard::into_inner),
            Ok(1)
        );
    }

    #[test]
    fn what_postcard_cannot_write_is_refused_before_it_gets_in() {
        struct Endless;

        impl Serialize for Endless {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_seq(None)?.end()
            }
        }

        assert_eq!(Postcard::new(Endless).err(), Some(Unserializable));
    }
}
