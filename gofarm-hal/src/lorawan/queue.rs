//! [`Queue`]: what to send next, and what became of it.

mod config;
mod link;
mod store;

pub use config::QueueConfig;

use core::time::Duration;

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe::Observer;
use gofarm_core::random::Random;
use gofarm_core::time::Instant;
use thiserror::Error;

use self::link::Link;
use self::store::{Entry, Store};
use super::{Account, DutyCycle, Priority, Region, SubBand, Uplink, signal};

/// Why the queue did not take a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PushError {
    /// The payload is longer than the queue's frames, or than any data rate carries.
    #[error("a payload of {len} bytes is longer than {max}")]
    TooLong {
        /// Its length, in bytes.
        len: usize,
        /// The longest.
        max: usize,
    },
    /// LoRaWAN's application ports are 1 to 223.
    #[error("port {0} is not in 1..=223")]
    Port(u8),
    /// All places are taken by frames that are more urgent.
    #[error("all {0} places are taken by more urgent frames")]
    Full(usize),
}

impl Classify for PushError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooLong { .. } | Self::Port(_) => Kind::Invalid,
            Self::Full(_) => Kind::Overloaded,
        }
    }

    fn was_sent(&self) -> bool {
        false
    }
}

/// What the queue did with a frame that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Pushed {
    /// It waits.
    Queued,
    /// It waits in the place of an older one with the same key.
    Superseded,
    /// It waits, and a frame of this priority gave way and is lost.
    Displaced(Priority),
}

/// A frame for the MAC, borrowed until the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transmit<'a> {
    /// The application port.
    pub port: u8,
    /// Whether to ask for an acknowledgement; a frame that did not ask becomes a probe when the link is in doubt.
    pub confirmed: bool,
    /// The payload.
    pub payload: &'a [u8],
}

/// `N` frames of up to `LEN` bytes, with the duty cycle of `B` sub-bands.
///
/// A machine without I/O. The caller asks [`Queue::poll_transmit`] when the MAC is idle and gives it the frame; then says
/// [`Queue::handle_transmitted`] once it is on air (or [`Queue::handle_refused`] if the MAC did not take it), and at the
/// end of the receive windows [`Queue::handle_answered`] or [`Queue::handle_unanswered`]. Until then no other frame is
/// handed out.
///
/// See the [module](super) for an example.
#[derive(Clone, Debug)]
pub struct Queue<const N: usize, const LEN: usize, const B: usize> {
    config: QueueConfig,
    store: Store<N, LEN>,
    duty: DutyCycle<B>,
    link: Link,
    in_flight: Option<InFlight>,
    account: Account,
    told: Account,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    place: usize,
    is_confirmed: bool,
}

impl<const N: usize, const LEN: usize, const B: usize> Queue<N, LEN, B> {
    /// Creates an empty queue; `sub_bands` are those that the MAC has channels in, none where there is no duty cycle.
    #[must_use]
    pub fn new(config: QueueConfig, sub_bands: [SubBand; B]) -> Self {
        Self {
            config,
            store: Store::new(),
            duty: DutyCycle::new(sub_bands),
            link: Link::new(),
            in_flight: None,
            account: Account::default(),
            told: Account::default(),
        }
    }

    /// Takes a frame.
    ///
    /// When all places are taken, the oldest frame of the least urgent priority gives way, if it is not more urgent than
    /// this one; alarms never do. A new alarm is tried at once, as far as the duty cycle allows, even while the link counts
    /// as down.
    ///
    /// # Errors
    /// [`PushError`] if the frame is too long, its port is none of an application's, or only more urgent frames wait.
    pub fn push(&mut self, now: Instant, uplink: Uplink<'_>) -> Result<Pushed, PushError> {
        let result = self.take(now, uplink);
        let sum = match result {
            Ok(_) => &mut self.account.accepted,
            Err(_) => &mut self.account.refused,
        };
        *sum = sum.saturating_add(1);
        self.account.waiting = self.store.len();
        if result.is_ok() && uplink.priority == Priority::Alarm {
            self.link.urge(now);
        }
        result
    }

    fn take(&mut self, now: Instant, uplink: Uplink<'_>) -> Result<Pushed, PushError> {
        let len = uplink.payload.len();
        let max = LEN.min(self.config.longest_payload());
        if len > max {
            return Err(PushError::TooLong { len, max });
        }
        if !(1..=223).contains(&uplink.port) {
            return Err(PushError::Port(uplink.port));
        }
        let in_flight = self.in_flight.map(|flight| flight.place);
        if let Some(entry) = self.store.superseded_by(&uplink, in_flight) {
            entry.replace(&uplink);
            self.account.superseded = self.account.superseded.saturating_add(1);
            return Ok(Pushed::Superseded);
        }
        if self.store.insert(now, &uplink) {
            return Ok(Pushed::Queued);
        }
        let Some(victim) = self.store.victim(uplink.priority, in_flight) else {
            return Err(PushError::Full(N));
        };
        let lost = &mut self.account.displaced[victim as usize];
        *lost = lost.saturating_add(1);
        self.store.insert(now, &uplink);
        Ok(Pushed::Displaced(victim))
    }

    /// The next frame for the MAC, at its current data rate `dr`; or when to ask again, unless something happens before.
    ///
    /// The most urgent frame that is due and fits the data rate. If the duty cycle holds it back nothing less urgent goes
    /// instead. A frame that is too long for `dr` waits for a faster one.
    pub fn poll_transmit(&mut self, now: Instant, dr: u8) -> Progress<Transmit<'_>> {
        let place = match self.next(now, dr) {
            Progress::Ready(place) => place,
            Progress::WouldBlock(until) => return Progress::WouldBlock(until),
        };
        let is_doubtful = self.link.is_in_doubt(&self.config);
        let Some(entry) = self.store.get(place) else {
            return Progress::WouldBlock(Instant::FAR_FUTURE);
        };
        let is_confirmed = entry.is_confirmed || is_doubtful;
        self.in_flight = Some(InFlight {
            place,
            is_confirmed,
        });
        Progress::Ready(Transmit {
            port: entry.port,
            confirmed: is_confirmed,
            payload: entry.payload(),
        })
    }

    /// When [`Queue::poll_transmit`] will have a frame, if nothing happens before; `None` if no frame waits for a time.
    #[must_use]
    pub fn poll_timeout(&self, now: Instant, dr: u8) -> Option<Instant> {
        match self.next(now, dr) {
            Progress::Ready(_) => Some(now),
            Progress::WouldBlock(Instant::FAR_FUTURE) => None,
            Progress::WouldBlock(until) => Some(until),
        }
    }

    fn next(&self, now: Instant, dr: u8) -> Progress<usize> {
        let region = self.config.region;
        let (Some(rate), Some(max)) = (region.data_rate(dr), region.max_payload(dr)) else {
            return Progress::WouldBlock(Instant::FAR_FUTURE);
        };
        if self.in_flight.is_some() {
            return Progress::WouldBlock(Instant::FAR_FUTURE);
        }
        if let Some(until) = self.link.holds_until(now) {
            let waits = !self.store.is_empty();
            return Progress::WouldBlock(if waits { until } else { Instant::FAR_FUTURE });
        }
        let place = match self.store.next(now, max, self.link.is_down()) {
            Ok(place) => place,
            Err(until) => return Progress::WouldBlock(until),
        };
        let Some(entry) = self.store.get(place) else {
            return Progress::WouldBlock(Instant::FAR_FUTURE);
        };
        let reserve = match entry.priority {
            Priority::Alarm => 0,
            _ => self.config.alarm_reserve_percent,
        };
        let air_time = rate.air_time(LORAWAN_OVERHEAD + MAX_MAC_COMMANDS + entry.payload().len());
        let at = self.duty.allows_at(now, air_time, reserve);
        if at > now {
            Progress::WouldBlock(at)
        } else {
            Progress::Ready(place)
        }
    }

    /// The frame is on air since `now`, for `air_time`, on a carrier in Hz if that is known; also for frames that the MAC
    /// sends by itself, such as a join request.
    pub fn handle_transmitted(&mut self, now: Instant, carrier: Option<u32>, air_time: Duration) {
        self.duty.charge(now, carrier, air_time);
    }

    /// The MAC did not take the frame, and nothing was on air: it waits on, for at least a second.
    pub fn handle_refused(&mut self, now: Instant) {
        if let Some(flight) = self.in_flight.take() {
            self.store.delay(flight.place, now + Duration::from_secs(1));
        }
    }

    /// The network answered in a receive window of the frame in flight: it has arrived.
    pub fn handle_answered(&mut self) {
        self.link.hear();
        if let Some(flight) = self.in_flight.take() {
            self.store.remove(flight.place);
            let sum = &mut self.account.acknowledged;
            *sum = sum.saturating_add(1);
            self.account.waiting = self.store.len();
        }
        self.store.release();
    }

    /// Something else came from the network, outside of a frame's receive windows.
    pub fn handle_heard(&mut self) {
        self.link.hear();
        self.store.release();
    }

    /// The receive windows of the frame in flight passed without an answer.
    ///
    /// A frame that asked for none is done; one that asked waits for its next try, or is given up after its last.
    pub fn handle_unanswered<R: Random + ?Sized>(&mut self, now: Instant, random: &mut R) {
        let Some(flight) = self.in_flight.take() else {
            return;
        };
        if !flight.is_confirmed {
            self.link.sent_unconfirmed();
            self.store.remove(flight.place);
            self.account.sent = self.account.sent.saturating_add(1);
            self.account.waiting = self.store.len();
            return;
        }
        self.link.miss(now, &self.config, random);
        let Some(entry) = self.store.get_mut(flight.place) else {
            return;
        };
        entry.tries = entry.tries.saturating_add(1);
        // A probe that did not ask for an answer itself stays: the link was in doubt, and is now more so.
        let is_last = match entry.priority {
            Priority::Alarm | Priority::ValveReport => false,
            Priority::Reading | Priority::Backlog => entry.tries >= self.config.max_tries,
        };
        if entry.is_confirmed && is_last {
            self.store.remove(flight.place);
            self.account.given_up = self.account.given_up.saturating_add(1);
            self.account.waiting = self.store.len();
        } else {
            let delay = self.config.retry_delay(entry.tries, random);
            entry.not_before = now + delay;
        }
    }

    /// From when on the MAC may send a frame of its own with this air time, such as a join request.
    #[must_use]
    pub fn allows_at(&self, now: Instant, air_time: Duration) -> Instant {
        self.duty.allows_at(now, air_time, 0)
    }

    /// The region.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.config.region
    }

    /// Whether the network has not answered for so long that only probes go out.
    #[must_use]
    pub const fn is_link_down(&self) -> bool {
        self.link.is_down()
    }

    /// Where every frame went.
    #[must_use]
    pub const fn account(&self) -> Account {
        self.account
    }

    /// The priority of the waiting frame that goes first, in flight or not.
    #[must_use]
    pub fn most_urgent(&self) -> Option<Priority> {
        self.store
            .entries()
            .map(|entry: &Entry<LEN>| entry.priority)
            .min()
    }

    /// Tells what changed since the last call; see [`INSTRUMENTS`](super::INSTRUMENTS).
    pub fn observe(&mut self, observer: &impl Observer) {
        signal::tell(&self.told, &self.account, observer);
        self.told = self.account;
    }
}

/// MHDR, DevAddr, FCtrl, FCnt, FPort and MIC (LoRaWAN 1.0.4, section 4).
const LORAWAN_OVERHEAD: usize = 13;
/// The most bytes of MAC commands that a MAC may put in front of the payload: counted always, since it does not say.
const MAX_MAC_COMMANDS: usize = 15;
