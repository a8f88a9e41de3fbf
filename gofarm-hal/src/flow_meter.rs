//! Water counted: pulses become a rate and a volume, and flow that should not be becomes an event.
//!
//! A turbine or a reed contact gives pulses; [`FlowMeter`] is a [`PulseCounter`](crate::sensor::pulse_counter::PulseCounter)
//! with a [`KFactor`], in integers only, so no drop is lost to rounding.
//!
//! [`FlowWatch`] holds the rate against what the valves should let through: water that runs while all of them are
//! closed is a leak, none while one is open is a blocked line or a dry pump. A [`Guard`](crate::valve::Guard) has one
//! for a meter of its own; where several valves share a meter, the program has one for all of them.
//!
//! ```
//! use gofarm_core::time::{Instant, millis, secs};
//! use gofarm_hal::flow_meter::{Expected, FlowEvent, FlowLimits, FlowMeter, FlowWatch, KFactor};
//! use gofarm_hal::sensor::pulse_counter::PulseCounter;
//!
//! // A YF-S201: 450 pulses a litre. The counter has 16 bits.
//! let mut meter = FlowMeter::with(KFactor::per_litre(450)?, PulseCounter::new().counter_bits(16));
//! let mut now = Instant::ZERO;
//! meter.pulses_mut().counter(65_500, now)?;         // wherever it stood at the start
//! now += secs(60);
//! meter.pulses_mut().counter(4_464, now)?;          // 4 500 pulses later, over the wrap
//! assert_eq!(meter.flow(now).volume, 10_000);       // ml
//! assert_eq!(meter.flow(now).rate, 10_000);         // ml/min
//!
//! let mut watch = FlowWatch::new(FlowLimits::new(200));
//! assert_eq!(watch.update(meter.flow(now).rate, Expected::None, now), None); // just closed: it runs out
//! now += secs(20);
//! meter.pulses_mut().counter(5_964, now)?;
//! let leak = watch.update(meter.flow(now).rate, Expected::None, now);
//! assert_eq!(leak, Some(FlowEvent::Leak { rate: 10_000 }));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! What it does not do: it measures no direction, and a drip under the rate at which the meter's wheel turns is no
//! flow to it.

mod k_factor;
mod meter;
mod watch;

pub use k_factor::{KFactor, KFactorError};
pub use meter::{Flow, FlowMeter};
pub use watch::{Expected, FlowEvent, FlowLimits, FlowWatch};
