//! [`Header`]: what an image says about itself, and what is signed.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::verify::KeyId;

use super::layout::Slot;

/// The length of a header, in bytes.
pub const HEADER_LEN: usize = 128;

/// The most bytes of a model's name.
const MODEL_LEN: usize = 32;

const MAGIC: [u8; 4] = *b"GFFW";
const FORMAT: u8 = 1;

/// The version that people read; it plays no part in what is accepted.
///
/// ```
/// use gofarm_hal::update::Version;
///
/// let version = Version { major: 1, minor: 4, patch: 2 };
/// assert_eq!(version.to_string(), "1.4.2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "the three numbers of semver.org")]
pub struct Version {
    /// Raised by an incompatible change.
    pub major: u16,
    /// Raised by a new feature.
    pub minor: u16,
    /// Raised by a repair.
    pub patch: u16,
}

impl core::fmt::Display for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What an image says about itself: for which device, which version, how long, which digest, signed by whom.
///
/// In bytes it is 128, numbers little-endian: `GFFW`, format 1, kind (0 whole image, 1 patch), slot (0 any, 1 first,
/// 2 second), 0; model, 32 bytes padded with zeros; version, three numbers of 2 bytes, and 2 zeros; security counter;
/// length of the image; length of the payload; key; SHA-256 of the image; SHA-256 of the base of a patch, zeros
/// without.
///
/// The security counter is not the version: it goes up only with an image that closes a hole, so that a fleet can
/// still go back from 1.4.2 to 1.4.1 when 1.4.2 waters badly.
///
/// ```
/// use gofarm_core::verify::KeyId;
/// use gofarm_hal::update::{Header, Version};
///
/// let version = Version { major: 1, minor: 4, patch: 2 };
/// let header = Header::image("acme-valve", version, 65_536, [7; 32])?.with_counter(3).with_key(KeyId(1));
/// assert_eq!(Header::decode(&header.encode())?, header);
/// # Ok::<(), gofarm_hal::update::HeaderError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    model: [u8; MODEL_LEN],
    version: Version,
    counter: u32,
    image_len: u32,
    payload_len: u32,
    key: u32,
    slot: Option<Slot>,
    digest: [u8; 32],
    base: Option<[u8; 32]>,
}

impl Header {
    /// The header of a whole image of `len` bytes, for devices whose contract has this `model`.
    ///
    /// It has security counter 0, key 0 and runs from either slot.
    ///
    /// # Errors
    /// [`HeaderError`] if the model is empty or longer than 32 bytes, or the length is zero.
    pub fn image(
        model: &str,
        version: Version,
        len: u32,
        digest: [u8; 32],
    ) -> Result<Self, HeaderError> {
        let mut bytes = [0; MODEL_LEN];
        match bytes.get_mut(..model.len()) {
            Some(room) if !model.is_empty() && !model.contains('\0') => {
                room.copy_from_slice(model.as_bytes());
            }
            _ => return Err(HeaderError::Model),
        }
        if len == 0 {
            return Err(HeaderError::Lengths);
        }
        Ok(Self {
            model: bytes,
            version,
            counter: 0,
            image_len: len,
            payload_len: len,
            key: 0,
            slot: None,
            digest,
            base: None,
        })
    }

    /// For a patch of `len` bytes that makes the image from the one with the SHA-256 `base`.
    #[must_use]
    pub const fn patched_from(mut self, base: [u8; 32], len: u32) -> Self {
        self.base = Some(base);
        self.payload_len = len;
        self
    }

    /// With a security counter: a device that confirms this image takes no lower one any more.
    #[must_use]
    pub const fn with_counter(mut self, counter: u32) -> Self {
        self.counter = counter;
        self
    }

    /// With the key that signs it.
    #[must_use]
    pub const fn with_key(mut self, key: KeyId) -> Self {
        self.key = key.0;
        self
    }

    /// For an image that is linked to run from one slot only.
    #[must_use]
    pub const fn for_slot(mut self, slot: Slot) -> Self {
        self.slot = Some(slot);
        self
    }

    /// Reads a header from its 128 bytes; there is one form of each header.
    ///
    /// # Errors
    /// [`HeaderError`] with the first field that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut reader = Reader(bytes);
        if bytes.len() != HEADER_LEN {
            return Err(HeaderError::Length { len: bytes.len() });
        }
        if reader.take() != MAGIC {
            return Err(HeaderError::Magic);
        }
        let [format, kind, slot, zero] = reader.take();
        if format != FORMAT {
            return Err(HeaderError::Format { format });
        }
        let slot = match slot {
            0 => None,
            1 => Some(Slot::First),
            2 => Some(Slot::Second),
            _ => return Err(HeaderError::Reserved),
        };
        let model: [u8; MODEL_LEN] = reader.take();
        let (major, minor, patch) = (reader.short(), reader.short(), reader.short());
        let zeros = reader.short();
        let header = Self {
            model,
            version: Version {
                major,
                minor,
                patch,
            },
            counter: reader.number(),
            image_len: reader.number(),
            payload_len: reader.number(),
            key: reader.number(),
            slot,
            digest: reader.take(),
            base: Some(reader.take()).filter(|_| kind == 1),
        };
        if kind > 1 || zero != 0 || zeros != 0 || header.encode() != bytes {
            return Err(HeaderError::Reserved);
        }
        let len = header.model().len();
        if len == 0 || model.iter().skip(len).any(|&byte| byte != 0) {
            return Err(HeaderError::Model);
        }
        let whole = header.base.is_none();
        if header.image_len == 0
            || header.payload_len == 0
            || (whole && header.payload_len != header.image_len)
        {
            return Err(HeaderError::Lengths);
        }
        Ok(header)
    }

    /// The header as bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let slot = match self.slot {
            None => 0,
            Some(Slot::First) => 1,
            Some(Slot::Second) => 2,
        };
        let Version {
            major,
            minor,
            patch,
        } = self.version;
        let parts: [&[u8]; 12] = [
            &MAGIC,
            &[FORMAT, u8::from(self.base.is_some()), slot, 0],
            &self.model,
            &major.to_le_bytes(),
            &minor.to_le_bytes(),
            &patch.to_le_bytes(),
            &[0; 2],
            &self.counter.to_le_bytes(),
            &self.image_len.to_le_bytes(),
            &self.payload_len.to_le_bytes(),
            &self.key.to_le_bytes(),
            &self.digest,
        ];
        let base = self.base.unwrap_or_default();
        let all = parts.into_iter().flatten().chain(&base);
        for (to, from) in bytes.iter_mut().zip(all) {
            *to = *from;
        }
        bytes
    }

    /// The model of the devices that it is for; empty if it is no text.
    #[must_use]
    pub fn model(&self) -> &str {
        let text = self.model.split(|&byte| byte == 0).next();
        core::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }

    /// The version that people read.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The security counter.
    #[must_use]
    pub const fn counter(&self) -> u32 {
        self.counter
    }

    /// The length of the image, in bytes; 1 or more.
    #[must_use]
    pub const fn image_len(&self) -> u32 {
        self.image_len
    }

    /// The length of what is sent, in bytes: the image, or the patch.
    #[must_use]
    pub const fn payload_len(&self) -> u32 {
        self.payload_len
    }

    /// The key that signs it.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        KeyId(self.key)
    }

    /// The slot that it was linked for; none if it runs from either.
    #[must_use]
    pub const fn slot(&self) -> Option<Slot> {
        self.slot
    }

    /// The SHA-256 of the image.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The SHA-256 of the image that a patch starts from; none for a whole image.
    #[must_use]
    pub const fn base(&self) -> Option<[u8; 32]> {
        self.base
    }
}

/// Fields from the front of bytes that are known to suffice.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self.0.split_first_chunk().unwrap_or((&[0; N], &[]));
        self.0 = rest;
        *field
    }

    fn short(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    fn number(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }
}

/// Why bytes are not a header.
///
/// ```
/// use gofarm_hal::update::{Header, HeaderError};
///
/// assert_eq!(Header::decode(b"hello"), Err(HeaderError::Length { len: 5 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HeaderError {
    /// Not 128 bytes.
    #[error("a header of {len} bytes is not 128 bytes long")]
    Length {
        /// The length that was given, in bytes.
        len: usize,
    },
    /// It does not start with `GFFW`.
    #[error("the header does not start with GFFW")]
    Magic,
    /// A format that this version does not know.
    #[error("the header has format {format}, known is 1")]
    Format {
        /// The format.
        format: u8,
    },
    /// A kind or a slot that is not known, or a byte that has to be zero and is not.
    #[error("the header has a reserved value")]
    Reserved,
    /// The model is empty, too long or no UTF-8.
    #[error("the model is not a text of 1 to 32 bytes")]
    Model,
    /// A length is zero, or that of a whole image's payload is not the image's.
    #[error("the header's lengths do not fit together")]
    Lengths,
}

impl Classify for HeaderError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let version = Version {
            major: 1,
            minor: 2,
            patch: 3,
        };
        Header::image("valve", version, 1000, [9; 32]).unwrap()
    }

    #[test]
    fn a_header_has_one_form() {
        let patch = header().patched_from([5; 32], 77).for_slot(Slot::Second);
        for header in [header(), patch.with_counter(7).with_key(KeyId(3))] {
            let bytes = header.encode();
            assert_eq!(Header::decode(&bytes), Ok(header));
            // What changes any byte is refused or is another header.
            for at in (0..HEADER_LEN).step_by(if cfg!(miri) { 7 } else { 1 }) {
                let mut other = bytes;
                other[at] ^= 0x80;
                if let Ok(read) = Header::decode(&other) {
                    assert!(read != header && read.encode() == other);
                }
            }
        }
    }

    #[test]
    fn a_model_is_a_text_of_1_to_32_bytes() {
        let version = header().version();
        for (model, good) in [("", false), ("a", true), ("a\0b", false)] {
            let made = Header::image(model, version, 1, [0; 32]);
            assert_eq!(made.is_ok(), good, "{model:?}");
        }
        assert!(Header::image(&"m".repeat(32), version, 1, [0; 32]).is_ok());
        assert!(Header::image(&"m".repeat(33), version, 1, [0; 32]).is_err());
    }
}
