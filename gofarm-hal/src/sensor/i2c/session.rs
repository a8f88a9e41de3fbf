//! The machine of an exchange: it says what to do on the bus and when, and counts refusals.

use core::time::Duration;

use embedded_hal::i2c::ErrorKind;
use gofarm_core::time::{Instant, millis};

use super::{Error, Exchange};

/// How often a command is sent that nobody acknowledges, and the pause between.
const WRITES: u8 = 3;
const WRITE_PAUSE: Duration = millis(1);
/// How often an answer is fetched from a chip that does not acknowledge it, and the pause between.
const READS: u8 = 5;
const READ_PAUSE: Duration = millis(2);
/// A poll is told the time before the command goes over the bus: this much may pass until the chip has it.
const ON_THE_BUS: Duration = millis(1);

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing until then.
    Wait(Instant),
    /// Write the command.
    Write,
    /// Read the answer.
    Read,
    /// The exchange has no answer, and the chip has had its time.
    Done,
}

/// One exchange after the other with one chip.
#[derive(Debug)]
pub(super) struct Session {
    state: State,
    refusals: u8,
    /// The exchange under way.
    exchange: Option<Exchange>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The command is to be written, not before `at`.
    Commanding { at: Instant },
    /// The chip has the command and is left alone until `at`.
    Working { at: Instant },
}

impl Session {
    pub(super) const fn new() -> Self {
        Self {
            state: State::Commanding { at: Instant::ZERO },
            refusals: 0,
            exchange: None,
        }
    }

    /// What to do now for `exchange`; if another one is under way it is given up.
    pub(super) fn step(&mut self, now: Instant, exchange: &Exchange) -> Step {
        if self.exchange != Some(*exchange) {
            self.abandon();
            self.exchange = Some(*exchange);
        }
        match self.state {
            State::Commanding { at } | State::Working { at } if now < at => Step::Wait(at),
            State::Commanding { .. } => Step::Write,
            State::Working { .. } if exchange.answer_len() == 0 => Step::Done,
            State::Working { .. } => Step::Read,
        }
    }

    /// Gives up what is under way; the chip is left alone until it has done what it was told.
    pub(super) fn abandon(&mut self) {
        if self.exchange.take().is_some() {
            let (State::Commanding { at } | State::Working { at }) = self.state;
            self.state = State::Commanding { at };
        }
        self.refusals = 0;
    }

    /// The exchange is over.
    pub(super) const fn finish(&mut self) {
        *self = Self::new();
    }

    /// How writing the command ended.
    pub(super) fn handle_written(
        &mut self,
        now: Instant,
        address: u8,
        result: Result<(), ErrorKind>,
    ) -> Result<(), Error> {
        match result {
            Ok(()) => {
                let time = self
                    .exchange
                    .map_or(Duration::ZERO, |exchange| exchange.time());
                let at = now + time + ON_THE_BUS;
                self.state = State::Working { at };
                self.refusals = 0;
                Ok(())
            }
            Err(ErrorKind::NoAcknowledge(_)) => {
                let at = now + WRITE_PAUSE;
                self.state = State::Commanding { at };
                self.refuse(WRITES, Error::Missing { address })
            }
            Err(kind) => self.fail(Error::Bus { address, kind }),
        }
    }

    /// How reading the answer ended.
    pub(super) fn handle_read(
        &mut self,
        now: Instant,
        address: u8,
        result: Result<(), ErrorKind>,
    ) -> Result<bool, Error> {
        match result {
            Ok(()) => Ok(true),
            Err(ErrorKind::NoAcknowledge(_)) => {
                let at = now + READ_PAUSE;
                self.state = State::Working { at };
                self.refuse(READS, Error::StillBusy { address })?;
                Ok(false)
            }
            Err(kind) => self.fail(Error::Bus { address, kind }).map(|()| false),
        }
    }

    fn refuse(&mut self, limit: u8, error: Error) -> Result<(), Error> {
        self.refusals += 1;
        if self.refusals < limit {
            return Ok(());
        }
        self.fail(error)
    }

    fn fail(&mut self, error: Error) -> Result<(), Error> {
        self.finish();
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::NoAcknowledgeSource;

    use super::*;

    const REFUSED: Result<(), ErrorKind> =
        Err(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address));
    const MEASURE: Exchange = Exchange::command([1]).takes(millis(10)).answers(2);
    const STATUS: Exchange = Exchange::command([2]).answers(2);

    #[test]
    fn a_chip_that_was_told_to_work_is_left_alone_for_its_time() {
        let mut session = Session::new();
        let start = Instant::from_secs(1);
        assert_eq!(session.step(start, &MEASURE), Step::Write);
        session.handle_written(start, 0x44, Ok(())).unwrap();
        let ready = start + millis(11);
        assert_eq!(session.step(start, &MEASURE), Step::Wait(ready));
        // Another command has to wait as well.
        assert_eq!(session.step(start, &STATUS), Step::Wait(ready));
        assert_eq!(session.step(ready, &STATUS), Step::Write);
    }

    #[test]
    fn refusals_are_counted_for_each_side() {
        let mut session = Session::new();
        let mut now = Instant::ZERO;
        for last in [false, false, true] {
            assert_eq!(session.step(now, &STATUS), Step::Write);
            let result = session.handle_written(now, 0x44, REFUSED);
            assert_eq!(result.is_err(), last);
            now += WRITE_PAUSE;
        }
        assert_eq!(session.step(now, &STATUS), Step::Write);
        session.handle_written(now, 0x44, Ok(())).unwrap();
        now += ON_THE_BUS;
        for last in [false, false, false, false, true] {
            assert_eq!(session.step(now, &STATUS), Step::Read);
            let result = session.handle_read(now, 0x44, REFUSED);
            assert_eq!(result == Err(Error::StillBusy { address: 0x44 }), last);
            now += READ_PAUSE;
        }
    }
}
