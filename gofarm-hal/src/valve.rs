//! Valves that close: leases on water, carried out by [`LatchingValve`], [`SolenoidValve`] and [`MotorisedValve`].
//!
//! A valve left open floods a field, and the field's firmwares leave them open in known ways: the program stalls in a
//! blocking delay, the timer that should close is lost in a restart, a run time of zero means for ever, a delay before
//! opening outlives the run and locks the valve on, both sides of the bridge are high for an instant, a close that did
//! not move the valve is never tried again. So one machine, [`Guard`], keeps the rules of water for every kind of
//! valve, and nothing else may open one:
//!
//! - It opens only under a lease of [`gofarm_core::command`], or by hand for a bounded time. It closes when that ends,
//!   after every reset, when the stored energy is no more than a close needs, on link loss if the contract says so,
//!   and after a fault. A close waits for no minimum time.
//! - A close is driven again until something [confirms](Confirm) it. Nothing opens in between.
//! - Flow while it is closed is a leak.
//!
//! How a valve is moved is the matter of a [`Drive`], a machine that says what has to be on: [`Latching`],
//! [`Solenoid`], [`Motorised`]. What is on is a value ([`Bridge`], [`Coil`]) that cannot say *both sides*, and
//! [`Pins`] carry it out. None of these waits or reads a clock; all are polled with the time.
//!
//! ```
//! # use core::convert::Infallible;
//! # use embedded_hal::digital::{ErrorType, OutputPin};
//! # struct Pin;
//! # impl ErrorType for Pin { type Error = Infallible; }
//! # impl OutputPin for Pin {
//! #     fn set_low(&mut self) -> Result<(), Infallible> { Ok(()) }
//! #     fn set_high(&mut self) -> Result<(), Infallible> { Ok(()) }
//! # }
//! # let (a, b, journal) = (Pin, Pin, gofarm_core::command::RamJournal::<468>::new());
//! # let mut now = gofarm_core::time::Instant::ZERO;
//! # let unix_now = UnixMillis::new(1_790_000_000_000);
//! use gofarm_core::Action;
//! use gofarm_core::command::{Command, CommandId};
//! use gofarm_core::time::{UnixMillis, millis, minutes, secs};
//! use gofarm_hal::valve::{Event, LatchingConfig, LatchingValve, Verdict};
//!
//! /// Opens the valve.
//! #[derive(Action)]
//! #[action(safe = "closed", max_run = "30min")]
//! struct Open;
//!
//! let config = LatchingConfig::new().pulse(millis(100)).min_off(secs(10)).close_strokes(1);
//! let mut valve: LatchingValve<_, _, _> = LatchingValve::restore(a, b, config, journal, now)?;
//! valve.commission()?;                                    // once, in the factory
//! # while !valve.is_closed() { valve.poll(now)?; if let Some(at) = valve.poll_timeout() { now = now.max(at); } }
//! // After a reset it has closed first. 10 s later it may open:
//! now += secs(10);
//! # while valve.poll_event().is_some() {}
//! # let wall = Some(unix_now);
//! # let id = CommandId::new(*b"01J8ZC4W2M7Q5X9A");
//! let open = Command::new(id, Open).expires(unix_now + secs(30)).lease(minutes(20));
//! assert_eq!(valve.accept(&open, now, wall), Verdict::Accepted);
//! loop {
//!     valve.poll(now)?;                                   // sets the pins, never waits
//!     while let Some(event) = valve.poll_event() {
//!         if let Event::Unconfirmed(closed) = event { assert_eq!(closed.ran(), Some(minutes(20) + millis(100))); }
//!     }
//!     let Some(at) = valve.poll_timeout() else { break }; // at this instant at the latest
//!     now = now.max(at);
//! }
//! # assert!(valve.is_closed());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # What it does not do
//! It cannot close without power what needs power to close, it cannot see a plunger that is stuck if nothing measures
//! it, and a program that stops polling stops closing: let a watchdog reset it, as a reset closes.

mod bridge;
mod coil;
mod config;
mod current;
mod drive;
mod event;
mod guard;
mod latching;
mod motorised;
mod pins;
mod refusal;
mod signal;
mod solenoid;
mod supply;
mod wired;

pub use bridge::{Bridge, BridgePins, NoPin};
pub use coil::{Coil, PwmCoil, SwitchedCoil};
pub use config::{Config, ConfigError, Confirm, ReserveLimits};
pub use current::CurrentLimits;
pub use drive::{Drive, EndSwitches, Fault, Position, Sense, Stroke};
pub use event::{Cause, Event};
pub use guard::Guard;
pub use latching::{Latching, LatchingConfig};
pub use motorised::{Motorised, MotorisedConfig};
pub use pins::{PinError, Pins};
pub use refusal::{Refusal, Verdict};
pub use signal::INSTRUMENTS;
pub use solenoid::{Solenoid, SolenoidConfig};
pub use supply::{Alone, Place, Supply, Turn, Turns};
pub use wired::{LatchingValve, MotorisedValve, SolenoidValve, Valve};
