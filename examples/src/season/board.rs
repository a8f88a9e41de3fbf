//! [`Board`]: the real firmware of a valve's node, in an emulator, in the place of the simulated one.
//!
//! `examples/firmware/src/bin/valve_node.rs` runs on an emulated Cortex-M3. It decides by itself whether a command is
//! taken, opens and closes by itself, keeps its journal over a power cut and closes first thereafter; it has its own clock.
//! Here is the other end of its line. What it does with its pins is read off its console, where each change
//! stands with the microseconds of its own clock; nobody's word counts beside that.
//!
//! **Time.** The board's time goes by its instructions and no faster than real time, a season's some 10⁶ times as
//! fast. So the board gets all times divided by [`SCALE`]: a run of 40 min is 2 s. While the water runs a season waits for its
//! board: simulated time does not pass [`SCALE`] times the real time since the command, nor the moment
//! at which the board has something due that it has not told. While nothing is due the board just waits, and its clock means
//! nothing. What it told is put back into simulated time from the last command on.
//!
//! **What is late.** The firmware does not drive two pulses within 20 ms of its own time, and after a start the first is the
//! one that has just not been: 23 ms. Multiplied it would be half a minute, so up to 25 ms of the board's own time
//! count as none. All else counts, [`SCALE`]-fold.
//!
//! What is not here: the replica of the field's state and the radio (the season has them, as a node's radio module
//! would), and a valve that sticks: this one has no flow meter, it believes its pulse.

mod emulator;

use alloc::collections::VecDeque;
use core::time::Duration;
use std::path::{Path, PathBuf};
use std::time::Instant as RealInstant;

use gofarm_core::command::{Command, CommandId};
use gofarm_core::time::{Instant, UnixMillis, millis, secs};

pub use emulator::BoardError;

use self::emulator::valve_message::Message;
use self::emulator::{Emulator, Order, Word};
use super::contract::{Close, Open};

/// How much faster simulated time is than that of the board.
pub(super) const SCALE: u32 = 1_200;
/// How late the board may be in its own time.
const GRACE: Duration = millis(25);
/// What a pulse takes in the board's own time, with what is between two.
const PULSE: Duration = millis(75);
/// How long to wait in real time for what is due, on a busy machine.
const PATIENCE: Duration = secs(30);
/// How long a line of the console may be on its way.
const REST: Duration = millis(20);

/// The firmware of a valve's node at work.
#[derive(Debug)]
pub(super) struct Board {
    emulator: Emulator,
    /// Wall time at the start of the season.
    epoch: UnixMillis,
    phase: Phase,
    /// One instant in three times: simulated, the board's in microseconds, real.
    anchor: (Instant, u64, RealInstant),
    /// Of which simulated instant the board's next line will be.
    next_line: Option<Instant>,
    /// When it has to drive the close at the latest.
    due: Instant,
    /// The same, should it accept what it was asked.
    due_then: Instant,
    answer: Option<(CommandId, Answer)>,
    unknown: Vec<CommandId>,
    done: VecDeque<Done>,
    is_gone: bool,
}

/// What the board is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Closed, and it will not do anything by itself.
    Idle,
    /// Something is to come on its console until then.
    Busy { until: Instant },
    /// It has no power.
    Off,
}

/// What the board answers to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is carried out.
    Accepted,
    /// It is not, and why: as [`Refusal::as_str`](gofarm_core::command::Refusal::as_str).
    Refused(String),
    /// It has no power, or the emulator has gone.
    Silent,
}

/// What the board did with its pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// When, in simulated time.
    pub(super) at: Instant,
    /// What.
    pub(super) what: Pulse,
}

/// A pulse to the valve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pulse {
    /// The one that opens has begun: water runs.
    Opening,
    /// It has ended: the command is executed.
    Opened,
    /// The one that closes has begun: water has stopped.
    Closing,
}

impl Board {
    /// Where [`start`](Self::start) finds the image: in the folder `FIRMWARE` of the environment, or where
    /// `build_mps2.sh` puts it.
    pub(super) fn image() -> PathBuf {
        let built = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/firmware/target/thumbv7m-none-eabi/release"
        );
        let folder = std::env::var_os("FIRMWARE").map_or_else(|| built.into(), PathBuf::from);
        folder.join("valve_node")
    }

    /// Starts a board fresh from the factory, and waits until it has closed its valve.
    ///
    /// # Errors
    /// [`BoardError`].
    pub(super) fn start(image: &Path, epoch: UnixMillis) -> Result<Self, BoardError> {
        let mut board = Self {
            emulator: Emulator::start(image)?,
            epoch,
            phase: Phase::Busy {
                until: Instant::ZERO,
            },
            anchor: (Instant::ZERO, 0, RealInstant::now()),
            next_line: None,
            due: Instant::ZERO,
            due_then: Instant::ZERO,
            answer: None,
            unknown: Vec::new(),
            done: VecDeque::new(),
            is_gone: false,
        };
        board.settle();
        board.emulator.order(Order::Say(Message::Commission));
        while !board.is_gone {
            match board.emulator.next(PATIENCE) {
                Some(Word::Console(line)) if line == "commissioned" => {
                    board.done.clear();
                    return Ok(board);
                }
                Some(word) => board.take(word),
                None => break,
            }
        }
        Err(BoardError::Silent)
    }

    /// An order to open has arrived at the node. It has the time of day only if it `knows_time`.
    pub(super) fn open(
        &mut self,
        now: Instant,
        knows_time: bool,
        command: &Command<Open>,
    ) -> Answer {
        let lease = command.lease_time().unwrap_or_default();
        let order = Message::Open {
            id: command.id(),
            expires: self.board_wall(command.expiry().unwrap_or(self.epoch)),
            lease: lease / SCALE,
        };
        self.ask(now, knows_time, now + lease, command.id(), order)
    }

    /// An order to close has arrived at the node.
    pub(super) fn close(&mut self, now: Instant, command: &Command<Close>) -> Answer {
        self.advance(now);
        let due = core::mem::replace(&mut self.due, now);
        let id = command.id();
        let answer = self.ask(now, false, now, id, Message::Close { id });
        if answer != Answer::Accepted {
            self.due = due;
        }
        answer
    }

    /// Sends a command, after which the close is due at another time, and waits for the answer.
    fn ask(
        &mut self,
        now: Instant,
        knows_time: bool,
        due: Instant,
        id: CommandId,
        order: Message,
    ) -> Answer {
        self.advance(now);
        if self.is_gone || self.phase == Phase::Off {
            return Answer::Silent;
        }
        if knows_time {
            let wall = self.epoch + now.saturating_since(Instant::ZERO);
            let time = Message::Time(self.board_wall(wall));
            self.emulator.order(Order::Say(time));
        }
        self.next_line = Some(now);
        self.due_then = due;
        self.answer = None;
        self.emulator.order(Order::Say(order));
        // The console has a line about each command but a close that is refused.
        let is_close = matches!(order, Message::Close { .. });
        while !self.is_gone {
            if let Some((answered, answer)) = &self.answer
                && *answered == id
                && (self.next_line.is_none() || is_close && *answer != Answer::Accepted)
            {
                self.next_line = None;
                return answer.clone();
            }
            self.take_next(PATIENCE);
        }
        Answer::Silent
    }

    /// The node loses its power: nothing moves any more, and water that runs goes on.
    pub(super) fn power_off(&mut self, now: Instant) {
        self.advance(now);
        self.emulator.order(Order::PowerOff);
        while self.phase != Phase::Off && !self.is_gone {
            self.take_next(PATIENCE);
        }
        // What it said last may be on its way still.
        while let Some(word) = self.emulator.next(REST) {
            self.take(word);
        }
        self.phase = Phase::Off;
        self.due = Instant::FAR_FUTURE;
        // A board that is faster than its time by a little did it all the same.
        for done in &mut self.done {
            done.at = done.at.min(now);
        }
    }

    /// The power is back. Gives the commands of which nobody knows whether they were carried out; the valve is closed
    /// before this returns, which [`poll`](Self::poll) tells.
    pub(super) fn power_on(&mut self, now: Instant) -> Vec<CommandId> {
        self.due = now;
        self.phase = Phase::Busy { until: now };
        self.emulator.order(Order::PowerOn);
        self.settle();
        core::mem::take(&mut self.unknown)
    }

    /// When [`poll`](Self::poll) has something to say, or has to wait.
    pub(super) fn poll_timeout(&self) -> Instant {
        let told = self.done.front().map(|done| done.at);
        let until = match self.phase {
            Phase::Busy { until } => until,
            Phase::Idle | Phase::Off => Instant::FAR_FUTURE,
        };
        told.map_or(until, |at| at.min(until))
    }

    /// What the board did next, up to `now`. It waits in real time for a board that is not as far yet.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Done> {
        self.advance(now);
        if self.done.front()?.at > now {
            return None;
        }
        self.done.pop_front()
    }

    /// Whether the emulator has ended, or did not do what was due for 30 s.
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Waits until the board is as far as `now`.
    fn advance(&mut self, now: Instant) {
        while let Phase::Busy { until } = self.phase
            && !self.is_gone
        {
            if now >= until {
                self.take_next(PATIENCE);
                continue;
            }
            let (simulated, _, real) = self.anchor;
            let left = (now.saturating_since(simulated) / SCALE).saturating_sub(real.elapsed());
            let Some(word) = self.emulator.next(left) else {
                return;
            };
            self.take(word);
        }
    }

    /// Waits until it has nothing more to do.
    fn settle(&mut self) {
        while self.phase != Phase::Idle && !self.is_gone {
            self.take_next(PATIENCE);
        }
    }

    /// Takes the next word, which must come.
    fn take_next(&mut self, within: Duration) {
        match self.emulator.next(within) {
            Some(word) => self.take(word),
            None => self.is_gone = true,
        }
    }

    fn take(&mut self, word: Word) {
        match word {
            Word::Console(line) => self.read(&line),
            Word::Accepted(id) => self.answer = Some((id, Answer::Accepted)),
            Word::Refused(id, why) => self.answer = Some((id, Answer::Refused(why))),
            Word::Indeterminate(id) => self.unknown.push(id),
            Word::Off => self.phase = Phase::Off,
            Word::Gone => self.is_gone = true,
        }
    }

    /// Reads a line of the console: what, and when.
    fn read(&mut self, line: &str) {
        if line == "panic" {
            self.is_gone = true;
        }
        if line == "started" {
            // Its clock begins.
            self.next_line = None;
            self.anchor = (self.due, 0, RealInstant::now());
        }
        let Some((what, micros)) = line.rsplit_once(' ') else {
            return;
        };
        let Ok(micros) = micros.parse() else {
            return;
        };
        // Where it stands by itself it is no matter of its clock. In a run its end would move against the lease.
        let asked = self.next_line.take();
        if let Some(now) = asked
            && (self.phase == Phase::Idle || what == "command accepted")
        {
            self.anchor = (now, micros, RealInstant::now());
        }
        let (from, start, _) = self.anchor;
        let at = from + Duration::from_micros(micros.saturating_sub(start)) * SCALE;
        match what {
            "command accepted" => {
                self.due = self.due_then;
                let pulse = from + PULSE * SCALE;
                self.phase = Phase::Busy {
                    until: match self.phase {
                        Phase::Idle => pulse.min(self.due),
                        _ => self.due,
                    },
                };
            }
            "pin open 1" => self.tell(at, Pulse::Opening),
            "valve opened" => {
                self.tell(at, Pulse::Opened);
                self.phase = Phase::Busy { until: self.due };
            }
            "pin close 1" => {
                // One that was just ordered comes at once, however far its clock is.
                let at = match asked {
                    Some(now) => now,
                    None if self.due < Instant::FAR_FUTURE => at.max(self.due),
                    None => at,
                };
                let late = at.saturating_since(self.due);
                let beyond = late.saturating_sub(GRACE * SCALE);
                self.tell(at.min(self.due) + beyond, Pulse::Closing);
                self.due = Instant::FAR_FUTURE;
                let until = at + PULSE * SCALE;
                self.phase = Phase::Busy { until };
            }
            "valve unconfirmed" => self.phase = Phase::Idle,
            _ => {}
        }
    }

    fn tell(&mut self, at: Instant, what: Pulse) {
        self.done.push_back(Done { at, what });
    }

    /// A wall time, as the board is told it.
    fn board_wall(&self, at: UnixMillis) -> UnixMillis {
        self.epoch + at.saturating_since(self.epoch) / SCALE
    }
}

#[cfg(test)]
mod tests;
