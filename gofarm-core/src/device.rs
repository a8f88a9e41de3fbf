//! Devices as software meets them: [`DeviceId`], [`Sensor`] and [`Actuator`].
//!
//! A driver never blocks and never sleeps: it is polled with the time and says either what it has or when to ask
//! again ([`Progress`]). The same driver then serves an interrupt-driven loop on a Cortex-M, an async task and a
//! simulation of a season.

use core::fmt;
use core::future::Future;
use core::ops::Deref;

use crate::error::{Classify, Kind};
use crate::text::Text;
use crate::time::Instant;

/// The name of one physical device, unique in its farm: 1 to 47 characters.
///
/// Letters, digits and `-._~:` only (the unreserved characters of RFC 3986 and the colon), so that an id can
/// stand in a URN, a URL path, an MQTT topic and a file name without escaping. RFC 9039 gives good ones:
/// `urn:dev:mac:0024befffe804ff1`.
///
/// ```
/// use gofarm_core::DeviceId;
///
/// let id = DeviceId::new("urn:dev:mac:0024befffe804ff1")?;
/// assert_eq!(id.as_str(), "urn:dev:mac:0024befffe804ff1");
/// assert!(DeviceId::new("pump/7").is_err());
/// assert!(DeviceId::new("").is_err());
/// # Ok::<(), gofarm_core::device::DeviceIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeviceId(Text<{ DeviceId::MAX_LEN }>);

impl DeviceId {
    /// The most bytes in an id.
    pub const MAX_LEN: usize = 47;

    /// Creates an id from its text.
    ///
    /// # Errors
    /// [`DeviceIdError`] if the text is empty, too long or has a character that is not allowed.
    pub const fn new(text: &str) -> Result<Self, DeviceIdError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(DeviceIdError::Empty);
        }
        let mut i = 0;
        while i < bytes.len() && i < Self::MAX_LEN {
            let allowed = bytes[i].is_ascii_alphanumeric()
                || matches!(bytes[i], b'-' | b'.' | b'_' | b'~' | b':');
            if !allowed {
                return Err(DeviceIdError::Character { position: i });
            }
            i += 1;
        }
        match Text::new(text) {
            Ok(text) => Ok(Self(text)),
            Err(too_long) => Err(DeviceIdError::TooLong { len: too_long.len }),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Deref for DeviceId {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl core::str::FromStr for DeviceId {
    type Err = DeviceIdError;

    fn from_str(text: &str) -> Result<Self, DeviceIdError> {
        Self::new(text)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for DeviceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::<{ Self::MAX_LEN }>::deserialize(deserializer)?;
        Self::new(text.as_str()).map_err(serde::de::Error::custom)
    }
}

/// Why a text is not a device id.
///
/// ```
/// use gofarm_core::DeviceId;
/// use gofarm_core::device::DeviceIdError;
///
/// assert_eq!(DeviceId::new("pump/7"), Err(DeviceIdError::Character { position: 4 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DeviceIdError {
    /// No character at all.
    Empty,
    /// More than [`DeviceId::MAX_LEN`] bytes.
    TooLong {
        /// The length that was offered, in bytes.
        len: usize,
    },
    /// A character other than letters, digits and `-._~:`.
    Character {
        /// Its byte position, from 0.
        position: usize,
    },
}

impl fmt::Display for DeviceIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a device id is empty"),
            Self::TooLong { len } => write!(
                f,
                "a device id of {len} bytes is longer than {}",
                DeviceId::MAX_LEN
            ),
            Self::Character { position } => write!(
                f,
                "a device id has a character at byte {position} that is not a letter, a digit or one of -._~:"
            ),
        }
    }
}

impl core::error::Error for DeviceIdError {}

impl Classify for DeviceIdError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// What a poll gave: a result, or the time at which it is worth asking again.
///
/// ```
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
///
/// let raw: Progress<u16> = Progress::Ready(512);
/// assert_eq!(raw.map(|counts| f32::from(counts) / 1024.0), Progress::Ready(0.5));
/// let waiting: Progress<u16> = Progress::WouldBlock(Instant::from_millis(50));
/// assert_eq!(waiting.map(|_| ()), Progress::WouldBlock(Instant::from_millis(50)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a caller has to handle both")]
#[must_use = "a poll that would block says when to come back"]
pub enum Progress<T> {
    /// It is done.
    Ready(T),
    /// It is not done; polling before this instant changes nothing.
    WouldBlock(Instant),
}

impl<T> Progress<T> {
    /// Changes what is ready and leaves a wait as it is.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Progress<U> {
        match self {
            Self::Ready(value) => Progress::Ready(change(value)),
            Self::WouldBlock(until) => Progress::WouldBlock(until),
        }
    }
}

/// A device that measures, polled with the time.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::device::{Progress, Sensor};
/// use gofarm_core::time::{Instant, millis};
///
/// /// Answers 50 ms after it was asked.
/// struct Slow { asked: Option<Instant> }
/// impl Sensor for Slow {
///     type Output = f32;
///     type Error = Infallible;
///     fn poll(&mut self, now: Instant) -> Progress<Result<f32, Infallible>> {
///         let ready = *self.asked.get_or_insert(now) + millis(50);
///         if now < ready { return Progress::WouldBlock(ready); }
///         self.asked = None;
///         Progress::Ready(Ok(0.31))
///     }
/// }
///
/// let mut probe = Slow { asked: None };
/// let Progress::WouldBlock(until) = probe.poll(Instant::ZERO) else { unreachable!() };
/// assert_eq!(probe.poll(until), Progress::Ready(Ok(0.31)));
/// ```
pub trait Sensor {
    /// What one measurement gives, in raw form: not yet held against a contract.
    type Output;
    /// Why a measurement failed.
    type Error: Classify;

    /// Starts a measurement or goes on with it.
    fn poll(&mut self, now: Instant) -> Progress<Result<Self::Output, Self::Error>>;
}

/// A device that measures, awaited; for drivers over async buses.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::device::SensorAsync;
///
/// struct Fixed;
/// impl SensorAsync for Fixed {
///     type Output = f32;
///     type Error = Infallible;
///     async fn read(&mut self) -> Result<f32, Infallible> { Ok(6.4) }
/// }
///
/// async fn twice(probe: &mut impl SensorAsync<Output = f32>) -> Option<f32> {
///     Some(probe.read().await.ok()? + probe.read().await.ok()?)
/// }
/// # let mut probe = Fixed;
/// # let future = core::pin::pin!(twice(&mut probe));
/// # let mut context = core::task::Context::from_waker(core::task::Waker::noop());
/// # assert_eq!(future.poll(&mut context), core::task::Poll::Ready(Some(12.8)));
/// # use core::future::Future;
/// ```
pub trait SensorAsync {
    /// What one measurement gives, in raw form: not yet held against a contract.
    type Output;
    /// Why a measurement failed.
    type Error: Classify;

    /// Takes one measurement.
    ///
    /// # Errors
    /// The driver's error if the bus or the device failed.
    fn read(&mut self) -> impl Future<Output = Result<Self::Output, Self::Error>>;
}

/// A device that acts, polled with the time.
///
/// `drive` asks for a state, `poll` goes on until the device has reached it (a latching pulse, a motor's travel).
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::device::{Actuator, Progress};
/// use gofarm_core::time::{Instant, millis};
///
/// /// A latching valve: 100 ms of current, then it stays.
/// struct Latching { pulse_ends: Instant }
/// impl Actuator for Latching {
///     type State = bool;
///     type Error = Infallible;
///     fn drive(&mut self, _open: bool, now: Instant) -> Result<(), Infallible> {
///         self.pulse_ends = now + millis(100);
///         Ok(())
///     }
///     fn poll(&mut self, now: Instant) -> Progress<Result<(), Infallible>> {
///         if now < self.pulse_ends { Progress::WouldBlock(self.pulse_ends) } else { Progress::Ready(Ok(())) }
///     }
/// }
///
/// let mut valve = Latching { pulse_ends: Instant::ZERO };
/// valve.drive(true, Instant::ZERO)?;
/// assert_eq!(valve.poll(Instant::ZERO), Progress::WouldBlock(Instant::from_millis(100)));
/// assert_eq!(valve.poll(Instant::from_millis(100)), Progress::Ready(Ok(())));
/// # Ok::<(), Infallible>(())
/// ```
pub trait Actuator {
    /// The state asked for.
    type State;
    /// Why it could not be reached.
    type Error: Classify;

    /// Asks for `state`; a second call replaces the first.
    ///
    /// # Errors
    /// The driver's error if the request is refused at once (an interlock, a minimum off time).
    fn drive(&mut self, state: Self::State, now: Instant) -> Result<(), Self::Error>;

    /// Goes on until the state is reached.
    fn poll(&mut self, now: Instant) -> Progress<Result<(), Self::Error>>;
}

/// A device that acts, awaited; what [`SensorAsync`] is to [`Sensor`].
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::device::ActuatorAsync;
///
/// struct Relay { on: bool }
/// impl ActuatorAsync for Relay {
///     type State = bool;
///     type Error = Infallible;
///     async fn drive(&mut self, on: bool) -> Result<(), Infallible> {
///         self.on = on;
///         Ok(())
///     }
/// }
/// # use core::future::Future;
/// # let mut relay = Relay { on: false };
/// # let mut context = core::task::Context::from_waker(core::task::Waker::noop());
/// # assert!(core::pin::pin!(relay.drive(true)).poll(&mut context).is_ready());
/// # assert!(relay.on);
/// ```
pub trait ActuatorAsync {
    /// The state asked for.
    type State;
    /// Why it could not be reached.
    type Error: Classify;

    /// Brings the device to `state` and returns when it is there.
    ///
    /// # Errors
    /// The driver's error if the state was refused or not reached.
    fn drive(&mut self, state: Self::State) -> impl Future<Output = Result<(), Self::Error>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_is_wrong_with_it() {
        let long = "a".repeat(48);
        let rows = [
            ("", DeviceIdError::Empty),
            ("ab c", DeviceIdError::Character { position: 2 }),
            ("a+b", DeviceIdError::Character { position: 1 }),
            (&*long, DeviceIdError::TooLong { len: 48 }),
        ];
        for (text, error) in rows {
            assert_eq!(DeviceId::new(text), Err(error), "{text}");
        }
        assert!(DeviceId::new(&long[..47]).is_ok());
    }
}
