//! [`Ask`]: what a part is asked; [`Exchange`]: one command and its answer.

use core::time::Duration;

use gofarm_core::time::millis;

use super::Fault;

/// One command, the time that the chip needs for it, and how many bytes it answers.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_hal::sensor::i2c::Exchange;
///
/// const MEASURE: Exchange = Exchange::command([0xFD]).takes(millis(9)).answers(6);
/// assert_eq!(MEASURE.bytes(), [0xFD]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an exchange does nothing by itself"]
pub struct Exchange {
    command: [u8; Self::MAX_COMMAND],
    len: u8,
    time: Duration,
    answer: u8,
    to_all: bool,
}

impl Exchange {
    /// The most bytes of a command.
    pub const MAX_COMMAND: usize = 3;
    /// The most bytes of an answer.
    pub const MAX_ANSWER: usize = 6;

    /// A command, which takes no time and has no answer. More than three bytes do not compile.
    pub const fn command<const N: usize>(bytes: [u8; N]) -> Self {
        const { assert!(N <= Self::MAX_COMMAND, "a command has three bytes at most") };
        let mut command = [0; Self::MAX_COMMAND];
        let mut i = 0;
        while i < N {
            command[i] = bytes[i];
            i += 1;
        }
        Self {
            command,
            #[expect(clippy::cast_possible_truncation, reason = "three at most")]
            len: N as u8,
            time: millis(0),
            answer: 0,
            to_all: false,
        }
    }

    /// The longest time that the chip works on it, during which it is left alone.
    pub const fn takes(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// How many bytes it answers; more than six become six.
    pub const fn answers(mut self, len: u8) -> Self {
        self.answer = if len > 6 { 6 } else { len };
        self
    }

    /// To all chips at once: the general call address 0.
    pub const fn to_all(mut self) -> Self {
        self.to_all = true;
        self
    }

    /// The bytes of the command.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.command
            .get(..usize::from(self.len))
            .unwrap_or_default()
    }

    /// Where it goes, if the chip is at `address`.
    pub(super) const fn address(&self, address: u8) -> u8 {
        if self.to_all { 0 } else { address }
    }

    pub(super) const fn time(&self) -> Duration {
        self.time
    }

    pub(super) const fn answer_len(&self) -> usize {
        self.answer as usize
    }
}

/// What a chip is asked: one exchange, or one after the other until there is an answer.
///
/// See the [module](super) for one.
pub trait Ask {
    /// What comes of it.
    type Answer;

    /// The exchange that is next.
    fn exchange(&self) -> Exchange;

    /// Takes the answer of that exchange: as many bytes as it was said to have. `None` if there is another exchange.
    ///
    /// # Errors
    /// [`Fault`] if the bytes cannot be an answer; the next is the first exchange again.
    fn handle(&mut self, answer: &[u8]) -> Result<Option<Self::Answer>, Fault>;

    /// Begins again with the first exchange. Called after each end, good or bad.
    fn restart(&mut self) {}
}
