//! The id of a request in the logs of all hops: [`RequestId`].

use core::fmt;
use core::str::FromStr;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::Random;
use gofarm_core::text::Text;

/// The id that the first hop gave to a request: 1 to 64 letters, digits and `-._~+/=:@`.
///
/// A UUID, a ULID and base64 fit. The header `x-request-id` has no standard; the limits keep line breaks, quotes and
/// megabytes out of logs.
///
/// ```
/// use gofarm_core::random::SplitMix64;
/// use gofarm_resilience::context::RequestId;
///
/// let id: RequestId = "7b0c3fb2-6a5d-4b0e-9d58-0f9b8a1b2c3d".parse()?;
/// assert_eq!(id.as_str().len(), 36);
/// let fresh = RequestId::random(&mut SplitMix64::new(1));
/// assert_eq!(fresh.as_str().len(), 32);
/// # Ok::<(), gofarm_resilience::context::RequestIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(Text<{ RequestId::MAX_LEN }>);

impl RequestId {
    /// The most bytes in an id.
    pub const MAX_LEN: usize = 64;

    /// Creates an id from its text.
    ///
    /// # Errors
    /// [`RequestIdError`] if the text is empty, too long or has a character that is not allowed.
    pub fn new(text: &str) -> Result<Self, RequestIdError> {
        if text.is_empty() {
            return Err(RequestIdError::Empty);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=:@".contains(&byte);
        // The length first: what is too long is not read to its end.
        let id = Text::new(text).map_err(|error| RequestIdError::TooLong { len: error.len })?;
        match text.bytes().position(|byte| !allowed(byte)) {
            Some(position) => Err(RequestIdError::Character { position }),
            None => Ok(Self(id)),
        }
    }

    /// An id of 128 random bits, as 32 hexadecimal digits.
    #[must_use]
    pub fn random(random: &mut impl Random) -> Self {
        let mut digits = [0; 32];
        for half in digits.chunks_exact_mut(16) {
            let bits = random.next_u64();
            for (i, digit) in half.iter_mut().enumerate() {
                let nibble = (bits >> (60 - 4 * i)) & 0xf;
                *digit = b"0123456789abcdef"[nibble as usize];
            }
        }
        // Hexadecimal digits are UTF-8 and fit.
        Self(
            core::str::from_utf8(&digits)
                .ok()
                .and_then(|text| Text::new(text).ok())
                .unwrap_or_default(),
        )
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        Self::new(text)
    }
}

/// Why a text is not a request id.
///
/// ```
/// use gofarm_resilience::context::{RequestId, RequestIdError};
///
/// assert_eq!(RequestId::new("a\nb"), Err(RequestIdError::Character { position: 1 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestIdError {
    /// No character at all.
    #[error("a request id is empty")]
    Empty,
    /// More than [`RequestId::MAX_LEN`] bytes.
    #[error("a request id of {len} bytes is longer than {}", RequestId::MAX_LEN)]
    TooLong {
        /// The length that was offered, in bytes.
        len: usize,
    },
    /// A character other than letters, digits and `-._~+/=:@`.
    #[error(
        "a request id has a character at byte {position} that is not a letter, a digit or one of -._~+/=:@"
    )]
    Character {
        /// Its byte position, from 0.
        position: usize,
    },
}

impl Classify for RequestIdError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
