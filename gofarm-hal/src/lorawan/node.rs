//! [`Node`]: a queue on `lorawan-device`, the MAC of the lora-rs project.
//!
//! An adapter and no more: the MAC keeps the session, the keys and the channels; the queue says what goes when. The radio
//! is wrapped in [`Metered`], so that the duty cycle counts what was really on air: the carrier that the MAC picked, its
//! MAC commands, its join requests.
//!
//! Of version 0.12 an integrator has to know: it takes any downlink in the receive windows of a confirmed uplink for the
//! acknowledgement; it ignores the data rate of LinkADRReq, so the application sets it; it panics if a radio answers a
//! transmission with something other than `TxDone`; it does not shorten a frame for the MAC commands that it adds, so in
//! US915 at DR0 a full payload with commands is longer than the dwell time. Its feature `embassy-time` links version 0.3 of that crate, which
//! cannot stand beside 0.5 in one program: this adapter uses its non-blocking device and needs no clock.

mod dice;
mod meter;

pub use dice::Dice;
pub use meter::Metered;

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::Random;
use gofarm_core::time::Instant;
use lorawan_device::nb_device::radio::{Event as RadioEvent, PhyRxTx};
use lorawan_device::nb_device::{Device, Event, Response};
use lorawan_device::region::Configuration;
use lorawan_device::{CryptoFactory, Downlink, JoinMode, Timings};
use thiserror::Error;

use super::{DataRate, Queue};

/// Why a node did not send a join request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The duty cycle does not allow it before this instant.
    #[error("the duty cycle allows no join request for another {} s", .in_time.as_secs())]
    DutyCycle {
        /// How long it takes until it does.
        in_time: Duration,
    },
    /// The MAC or the radio is busy or has failed.
    #[error("the MAC or the radio refused the join request")]
    Refused,
}

impl Classify for JoinError {
    fn kind(&self) -> Kind {
        match self {
            Self::DutyCycle { .. } => Kind::Overloaded,
            Self::Refused => Kind::Transient,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::DutyCycle { in_time } => Some(*in_time),
            Self::Refused => None,
        }
    }

    fn was_sent(&self) -> bool {
        false
    }
}

/// A frame or receive window that the MAC or the radio failed at; a frame in flight waits for its next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the MAC or the radio failed")]
#[non_exhaustive]
pub struct NodeError;

impl Classify for NodeError {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}

/// Something that happened to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NodeEvent {
    /// The network let it in.
    Joined,
    /// The receive windows of the join request passed without an answer.
    JoinUnanswered,
    /// The network answered a frame; [`Node::take_downlink`] has the payload, if there is one.
    Answered,
    /// The frame's receive windows passed without an answer.
    Unanswered,
    /// The session's frame counter has run out: join again.
    SessionExpired,
}

/// A queue, a MAC and a radio: `N` frames of up to `LEN` bytes, `B` sub-bands with a duty cycle.
///
/// Drive it with [`Node::poll`] when its time has come ([`Node::poll_timeout`]) and [`Node::handle_radio`] on the radio's
/// interrupt line. Instants and the radio's timestamps are one clock: the radio's milliseconds are the instant's, cut to 32
/// bits.
#[derive(Debug)]
pub struct Node<R, C, X, const N: usize, const LEN: usize, const B: usize>
where
    R: PhyRxTx + Timings,
    C: CryptoFactory + Default,
{
    device: Opaque<Device<Metered<R>, C, Dice, 256, 1>>,
    queue: Queue<N, LEN, B>,
    random: X,
    /// When the MAC wants to be called.
    timeout: Option<Instant>,
    /// Whether a frame or a join request is out and its windows are not over.
    is_busy: bool,
}

impl<R, C, X, const N: usize, const LEN: usize, const B: usize> Node<R, C, X, N, LEN, B>
where
    R: PhyRxTx + Timings,
    C: CryptoFactory + Default,
    X: Random,
{
    /// A join request: MHDR, JoinEUI, DevEUI, DevNonce and MIC.
    const JOIN_REQUEST: usize = 23;

    /// Creates a node that has not joined; `random` is the chip's generator, which seeds the MAC's (join nonces, channels)
    /// and jitters retries.
    #[must_use]
    pub fn new(region: Configuration, radio: R, mut random: X, queue: Queue<N, LEN, B>) -> Self {
        const {
            // The MAC's buffer has 256 bytes and it panics when a frame does not fit.
            assert!(
                LEN <= 222,
                "a LoRaWAN frame of 222 bytes always fits its MAC commands"
            );
        }
        let dice = Dice::new(random.next_u64());
        Self {
            device: Opaque(Device::new(region, Metered::new(radio), dice)),
            queue,
            random,
            timeout: None,
            is_busy: false,
        }
    }

    /// The queue, to push frames and see the account.
    pub const fn queue(&mut self) -> &mut Queue<N, LEN, B> {
        &mut self.queue
    }

    /// The MAC, to set the data rate, or to store and restore the session.
    pub const fn device(&mut self) -> &mut Device<Metered<R>, C, Dice, 256, 1> {
        &mut self.device.0
    }

    /// Joins the network: sends a join request, or takes over the session of an activation by personalisation.
    ///
    /// # Errors
    /// [`JoinError`] if the duty cycle does not allow the request yet, or MAC or radio refuse it.
    pub fn join(&mut self, now: Instant, mode: JoinMode) -> Result<Option<NodeEvent>, JoinError> {
        if self.is_busy {
            return Err(JoinError::Refused);
        }
        if matches!(mode, JoinMode::OTAA { .. }) {
            let rate = self.data_rate();
            let air_time = rate.map(|rate| rate.air_time(Self::JOIN_REQUEST));
            let at = self.queue.allows_at(now, air_time.unwrap_or_default());
            if at > now {
                let in_time = at.saturating_since(now);
                return Err(JoinError::DutyCycle { in_time });
            }
        }
        let response = self.device.0.join(mode);
        self.charge(now);
        let response = response.map_err(|_| JoinError::Refused)?;
        self.is_busy = true;
        Ok(self.respond(now, response))
    }

    /// Does what is due: a receive window, the next frame.
    ///
    /// # Errors
    /// [`NodeError`] if MAC or radio fail.
    pub fn poll(&mut self, now: Instant) -> Result<Option<NodeEvent>, NodeError> {
        if self.timeout.is_some_and(|at| at <= now) {
            self.timeout = None;
            return self.step(now, |device| device.handle_event(Event::TimeoutFired));
        }
        if self.is_busy || !self.device.0.ready_to_send_data() {
            return Ok(None);
        }
        let dr = self.device.0.get_datarate() as u8;
        let gofarm_core::device::Progress::Ready(frame) = self.queue.poll_transmit(now, dr) else {
            return Ok(None);
        };
        let sent = self
            .device
            .0
            .send(frame.payload, frame.port, frame.confirmed);
        self.charge(now);
        match sent {
            Ok(response) => {
                self.is_busy = true;
                Ok(self.respond(now, response))
            }
            Err(_) => {
                self.queue.handle_refused(now);
                Err(NodeError)
            }
        }
    }

    /// Hands an event of the radio's to the MAC.
    ///
    /// # Errors
    /// [`NodeError`] if MAC or radio fail.
    pub fn handle_radio(
        &mut self,
        now: Instant,
        event: R::PhyEvent,
    ) -> Result<Option<NodeEvent>, NodeError> {
        self.step(now, |device| {
            device.handle_event(Event::RadioEvent(RadioEvent::Phy(event)))
        })
    }

    /// When [`Node::poll`] has something to do, if the radio does not speak before; `None` if nothing waits for a time.
    #[must_use]
    pub fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        if self.timeout.is_some() {
            return self.timeout;
        }
        if self.is_busy || !self.device.0.ready_to_send_data() {
            return None;
        }
        let dr = self.device.0.get_datarate() as u8;
        self.queue.poll_timeout(now, dr)
    }

    /// The payload of the last downlink, once.
    #[must_use]
    pub fn take_downlink(&mut self) -> Option<Downlink> {
        self.device.0.take_downlink()
    }

    fn data_rate(&mut self) -> Option<DataRate> {
        let dr = self.device.0.get_datarate() as u8;
        self.queue.region().data_rate(dr)
    }

    fn step(
        &mut self,
        now: Instant,
        event: impl FnOnce(
            &mut Device<Metered<R>, C, Dice, 256, 1>,
        ) -> Result<Response, lorawan_device::nb_device::Error<Metered<R>>>,
    ) -> Result<Option<NodeEvent>, NodeError> {
        let response = event(&mut self.device.0);
        self.charge(now);
        match response {
            Ok(response) => Ok(self.respond(now, response)),
            Err(_) => {
                // The MAC stays where it was: a receive window is tried again, or nobody would ever end it.
                if self.is_busy && self.timeout.is_none() {
                    self.timeout = Some(now + Duration::from_millis(10));
                }
                Err(NodeError)
            }
        }
    }

    /// Charges what the radio has begun to send since the last look.
    fn charge(&mut self, now: Instant) {
        if let Some((carrier, air_time)) = self.device.0.get_radio().take_transmission() {
            self.queue.handle_transmitted(now, Some(carrier), air_time);
        }
    }

    fn respond(&mut self, now: Instant, response: Response) -> Option<NodeEvent> {
        let event = match response {
            Response::NoUpdate | Response::JoinRequestSending | Response::UplinkSending(_) => {
                return None;
            }
            Response::TimeoutRequest(at) => {
                self.timeout = Some(instant(now, at));
                return None;
            }
            Response::JoinSuccess => NodeEvent::Joined,
            Response::NoJoinAccept => NodeEvent::JoinUnanswered,
            Response::DownlinkReceived(_) => {
                self.queue.handle_answered();
                NodeEvent::Answered
            }
            Response::NoAck | Response::ReadyToSend | Response::RxComplete => {
                self.queue.handle_unanswered(now, &mut self.random);
                NodeEvent::Unanswered
            }
            Response::SessionExpired => {
                self.queue.handle_unanswered(now, &mut self.random);
                NodeEvent::SessionExpired
            }
        };
        self.timeout = None;
        self.is_busy = false;
        Some(event)
    }
}

/// The instant nearest to `now` whose milliseconds end in these 32 bits.
fn instant(now: Instant, millis: u32) -> Instant {
    let now_millis = now.as_micros() / 1_000;
    let [_, _, _, _, low @ ..] = now_millis.to_be_bytes();
    let ahead = millis.wrapping_sub(u32::from_be_bytes(low));
    if ahead < 1 << 31 {
        Instant::from_millis(now_millis + u64::from(ahead))
    } else {
        now
    }
}

/// The MAC's device has no `Debug`.
struct Opaque<T>(T);

impl<T> core::fmt::Debug for Opaque<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("..")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_of_32_bits_are_the_nearest_ones_ahead() {
        let late = Instant::from_millis((1 << 32) + 5);
        assert_eq!(
            instant(late, 1_005),
            Instant::from_millis((1 << 32) + 1_005)
        );
        assert_eq!(instant(late, 4), late);
        let before = Instant::from_millis((1 << 32) - 10);
        assert_eq!(instant(before, 990), Instant::from_millis((1 << 32) + 990));
    }
}
