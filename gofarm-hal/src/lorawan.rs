//! What to send next on a LoRaWAN link: [`Queue`], over a MAC that somebody else wrote.
//!
//! A node at SF12 may be on air for 36 seconds an hour, which is about 24 short frames, and for days there may be no
//! gateway in reach. A plain FIFO then fails in the way that hurts: the leak alarm stands behind two hundred old
//! readings, retries of a confirmed frame burn the hour's air time into the void, and when memory runs out the newest
//! frame is lost without a trace. MACs solve none of this: they send what they are given.
//!
//! So the [`Queue`] decides what they are given:
//!
//! - **Order.** [`Priority`]: alarms, then valve reports, readings, backlog; within one, the oldest first. A newer
//!   reading with the same key takes the older one's place.
//! - **Duty cycle.** [`DutyCycle`] counts the air time of each EU868 sub-band (ETSI EN 300 220-2) over a sliding hour, by
//!   Semtech's formula ([`DataRate::air_time`]), and keeps a part of it for alarms. In US915 no frame is longer than its
//!   data rate's payload, which keeps it below 400 ms of dwell time.
//! - **No gateway.** Confirmed frames are repeated with a growing, jittered delay. After some without an answer the link
//!   counts as down: nothing is sent into the void but one frame at a time as a probe, the most urgent one. The first
//!   answer ends that, and alarms go first.
//! - **Loss.** Memory is bounded (`N` frames of `LEN` bytes). When it is full, the least urgent and oldest frame gives
//!   way, never an alarm; every frame is accounted for in [`Account`].
//!
//! ```
//! use gofarm_core::device::Progress;
//! use gofarm_core::random::SplitMix64;
//! use gofarm_core::time::Instant;
//! use gofarm_hal::lorawan::{Priority, Queue, QueueConfig, Region, SubBand, Uplink};
//!
//! let mut queue: Queue<16, 51, 1> = Queue::new(QueueConfig::new(Region::Eu868), [SubBand::M]);
//! let now = Instant::from_secs(10);
//! queue.push(now, Uplink::new(2, Priority::Reading, &[1, 103, 0, 185]).keyed(1))?;
//! queue.push(now, Uplink::new(2, Priority::Alarm, &[9, 0, 1]).confirmed())?;
//!
//! let Progress::Ready(frame) = queue.poll_transmit(now, 0) else { return Err("due".into()) };
//! assert_eq!((frame.payload, frame.confirmed), (&[9, 0, 1][..], true)); // give it to the MAC
//! let air_time = Region::Eu868.data_rate(0).ok_or("DR0")?.air_time(13 + 3);
//! queue.handle_transmitted(now, Some(868_100_000), air_time);
//! queue.handle_unanswered(now, &mut SplitMix64::new(1)); // no acknowledgement: it will be repeated
//! assert_eq!(queue.account().waiting(), 2);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Under the feature `lorawan`, `Node` joins a queue to `lorawan-device` of the lora-rs project. What this does not do:
//! it fragments nothing (a frame is at most one payload), chooses no data rate or channel, and remembers no air time
//! across a restart: a device that restarts in a loop has to wait before it joins again.

mod account;
mod air_time;
mod duty_cycle;
#[cfg(feature = "lorawan")]
mod node;
mod queue;
mod region;
mod signal;
mod uplink;

pub use account::Account;
pub use air_time::DataRate;
pub use duty_cycle::{DutyCycle, SubBand};
#[cfg(feature = "lorawan")]
pub use node::{Dice, JoinError, Metered, Node, NodeError, NodeEvent};
pub use queue::{PushError, Pushed, Queue, QueueConfig, Transmit};
pub use region::Region;
pub use signal::INSTRUMENTS;
pub use uplink::{Priority, Uplink};
