//! Flow control from end to end: a sender that never fills its receiver's queue, and slows down before it would.
//!
//! A rate limit at the sender does not know how the receiver is; a window at the receiver does not know what the
//! sender may do. So both are joined. The receiver reports every 100 ms how much **free** room it has and how long
//! its items wait; the sender takes 0.8 of that room if items wait less than 50 ms on average, else 0.3, as what it
//! may send until the next report. Its rate is the smaller of its own and that, times `max(0.7, 1 − rtt / 200 ms)`,
//! and flows into a token bucket every 10 ms. Zero is a rate like any other: a full receiver stops the sender.
//!
//! **The queue stays bounded by itself.** A report says which item it has last seen; what has been sent since then
//! counts against the room that it reports. So at most the reported room is ever on its way, also when reports are
//! lost or late, and a queue overflows only after items were delayed for so long that they were given up, or after
//! the sender was restarted while some were on their way.
//!
//! **It recovers.** Reports come by the clock, not in answer to items, so a sender that was told zero, or heard
//! nothing for three reports and therefore stopped, goes on with the next one that arrives. Items that were lost
//! are given up when nothing was sent for three reports, or for two round trips and a report if that is longer; so
//! is everything that a receiver forgot in a restart.
//!
//! Both ends are plain values: [`FlowSender`] and [`FlowReceiver`]. What crosses the link is an [`ItemHeader`] with
//! each item and a [`FlowReport`] back. It does not repeat lost items.
//!
//! ```
//! use gofarm_core::time::{Instant, millis};
//! use gofarm_resilience::flow::{FlowConfig, FlowReceiver, FlowSender};
//! use gofarm_resilience::policy::Rate;
//!
//! let config = FlowConfig::DEFAULT.local_rate(Rate::per_second(1_000));
//! let mut gateway = FlowSender::new(config, 1)?;
//! let mut cloud = FlowReceiver::new(config, 1, 100)?;
//!
//! let now = Instant::from_secs(5);
//! assert!(gateway.try_send(now).is_err()); // nothing is known of the other end
//! if let Some(report) = cloud.poll_report(now) {
//!     gateway.handle_report(now + millis(20), &report);
//! }
//! let header = gateway.try_send(now + millis(30))?;
//! cloud.handle_item(now + millis(50), &header)?;
//! cloud.handle_done(now + millis(60), millis(10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod receiver;
mod report;
mod sender;

pub use config::FlowConfig;
pub use receiver::FlowReceiver;
pub use report::{Echo, FlowReport, ItemHeader, Stamp};
pub use sender::FlowSender;
