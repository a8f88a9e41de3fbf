//! [`CommandId`]: 16 bytes that name one command for ever.

use core::fmt;
use core::str::FromStr;

use crate::error::{Classify, Kind};

/// The name of one command, chosen by whoever issues it: the 16 bytes of a ULID or a UUID.
///
/// It must be unique among all commands that ever reach a device; nothing else is read from it. As text it is 32
/// lower-case hexadecimal digits; upper case is understood too.
///
/// ```
/// use gofarm_core::command::CommandId;
///
/// let id: CommandId = "0191f0c2a5d07c3e8b6d4f1a2b3c4d5e".parse()?;
/// assert_eq!(id.to_string(), "0191f0c2a5d07c3e8b6d4f1a2b3c4d5e");
/// assert!("0191f0c2".parse::<CommandId>().is_err());
/// # Ok::<(), gofarm_core::command::CommandIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CommandId([u8; 16]);

impl CommandId {
    /// Creates an id from its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommandId({self})")
    }
}

impl FromStr for CommandId {
    type Err = CommandIdError;

    fn from_str(text: &str) -> Result<Self, CommandIdError> {
        if text.len() != 32 {
            return Err(CommandIdError::Length { len: text.len() });
        }
        let mut bytes = [0; 16];
        for (position, digit) in text.bytes().enumerate() {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                b'A'..=b'F' => digit - b'A' + 10,
                _ => return Err(CommandIdError::Digit { position }),
            };
            if let Some(byte) = bytes.get_mut(position / 2) {
                *byte = *byte << 4 | value;
            }
        }
        Ok(Self(bytes))
    }
}

/// As text where the format is for people, as 16 bytes where it is not.
#[cfg(feature = "serde")]
impl serde::Serialize for CommandId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for CommandId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = crate::text::Text::<32>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(Self)
        }
    }
}

/// Why a text is not a command id.
///
/// ```
/// use gofarm_core::command::{CommandId, CommandIdError};
///
/// let error = "0191f0c2".parse::<CommandId>().unwrap_err();
/// assert_eq!(error, CommandIdError::Length { len: 8 });
/// assert_eq!(error.to_string(), "a command id has 32 hexadecimal digits, not 8 bytes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CommandIdError {
    /// Not 32 bytes of text.
    Length {
        /// The length that was offered, in bytes.
        len: usize,
    },
    /// A character that is not a hexadecimal digit.
    Digit {
        /// Its byte position, from 0.
        position: usize,
    },
}

impl fmt::Display for CommandIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { len } => {
                write!(f, "a command id has 32 hexadecimal digits, not {len} bytes")
            }
            Self::Digit { position } => write!(
                f,
                "a command id has a character at byte {position} that is not a hexadecimal digit"
            ),
        }
    }
}

impl core::error::Error for CommandIdError {}

impl Classify for CommandIdError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_the_same_id() {
        let id = CommandId::new(core::array::from_fn(|i| {
            u8::try_from(i * 17).unwrap_or_default()
        }));
        let text = "00112233445566778899aabbccddeeff";
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.to_uppercase().parse(), Ok(id));
    }

    #[test]
    fn other_texts_are_refused() {
        let rows = [
            ("", CommandIdError::Length { len: 0 }),
            (
                "00112233445566778899aabbccddee",
                CommandIdError::Length { len: 30 },
            ),
            (
                "00112233-4556-6778-899a-abbccddeeff0",
                CommandIdError::Length { len: 36 },
            ),
            (
                "0011223g445566778899aabbccddeeff",
                CommandIdError::Digit { position: 7 },
            ),
            (
                "ü0112233445566778899aabbccddeeff",
                CommandIdError::Length { len: 33 },
            ),
            (
                "ü112233445566778899aabbccddeeff0",
                CommandIdError::Length { len: 33 },
            ),
            (
                "ü12233445566778899aabbccddeeff0",
                CommandIdError::Digit { position: 0 },
            ),
        ];
        for (text, error) in rows {
            assert_eq!(text.parse::<CommandId>(), Err(error), "{text}");
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn people_read_an_id_as_hexadecimal_text() {
        use serde::de::value::{Error, StrDeserializer};
        use serde::{Deserialize, Serialize};

        struct AsSerialized(CommandId);
        impl fmt::Display for AsSerialized {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.serialize(f)
            }
        }
        let id = CommandId::new([0xa5; 16]);
        let text = AsSerialized(id).to_string();
        assert_eq!(text, "a5".repeat(16));
        let read = |text| CommandId::deserialize(StrDeserializer::<Error>::new(text));
        assert_eq!(read(&text), Ok(id));
        assert!(read("a5").is_err() && read(&"g5".repeat(16)).is_err());
    }
}
