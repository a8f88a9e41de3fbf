//! Which figures to give a breaker, a retry, a deadline and a bulkhead, and how to see that one is wrong.
//!
//! A breaker with figures from somebody else's service does one of two things on a farm. It never opens, because a probe
//! that is asked every five minutes never fails ten times in ten seconds. Or it opens in the first shower that jams a
//! radio, and cuts off what worked. The figures follow from three numbers that you know: how often a thing is
//! asked, how long an answer may take, and how many calls it bears at once.
//!
//! # What never goes through any of this
//!
//! **A close.** A breaker that is open, a bulkhead that is full, a budget that is used up: each is a reason not to make a
//! call, and there is no such reason for closing a valve. Keep two ways to the device, and let only one be guarded:
//!
//! ```
//! use gofarm_core::time::Instant;
//! use gofarm_resilience::Outcome;
//! use gofarm_resilience::policy::breaker::Breaker;
//!
//! # struct Bus(Vec<&'static str>);
//! # impl Bus { fn write(&mut self, what: &'static str) { self.0.push(what); } }
//! # let mut bus = Bus(Vec::new());
//! let breaker = Breaker::consecutive(1).build()?;
//! let now = Instant::ZERO;
//! let permit = breaker.try_acquire(now)?;
//! breaker.record(permit, now, Outcome::Failure); // open from here on
//!
//! if breaker.try_acquire(now).is_ok() { bus.write("read moisture"); }
//! bus.write("close valve 7"); // asks nobody; the device's own lease closes it in any case
//! assert_eq!(bus.0, ["close valve 7"]);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Heartbeats and keep-alives do not either: they find out whether the other side is there, and
//! [`gofarm_core::link`] spreads them itself.
//!
//! # A place to begin
//!
//! | | a Modbus RTU line | a Modbus TCP gateway with lines behind it | HTTP in the cloud | requests over MQTT |
//! |---|---|---|---|---|
//! | breaker | [`device()`][device] for each unit | three tiers: [`TiersLayer`](crate::layer::TiersLayer) | busy: [`failure_rate(0.5)`][rate] or [`slo`][slo]; rare: [`consecutive(3)`][row] | [`device()`][device] for each device |
//! | open time | longer than the time between two calls, `back_off(2.0, …)` | the same | 10 to 30 s; rare: as RTU | as RTU |
//! | trials | 1: one call at a time is all that a line has | 1 | 3 | 1 |
//! | an answer may take | 1 s, the default of `RtuConfig` | 3 s: the line's second behind it, and a queue | 2 s on a LAN; cellular 10 s (p99 of a round trip is 6.2 s) | two round trips, as HTTP |
//! | tries in all | 2, reads only | 2, reads only | 3 | 1: the broker repeats (QoS 1) |
//! | at once | 1 a line | as many as its data sheet says | rate × latency, [below](#how-many-at-once) | the broker's receive maximum |
//!
//! **LoRaWAN has no column.** Nothing is asked there: an uplink goes when the duty cycle allows (`gofarm_hal::lorawan`), a
//! probe that is silent becomes stale (`gofarm_core::quality`), and a downlink that is not confirmed is the
//! `Tracker`'s matter. The connection to an MQTT broker itself is not a call either, but a [`gofarm_core::link`].
//!
//! # Seldom asked: count failures in a row
//!
//! A rate needs calls: [`minimum_calls`](crate::policy::breaker::Config::minimum_calls) of them within the window, 10 within
//! 10 s unless set. Something asked once a minute never has them, and its breaker never opens:
//!
//! ```
//! use gofarm_core::time::{Instant, minutes};
//! use gofarm_resilience::Outcome;
//! use gofarm_resilience::policy::breaker::{Breaker, Phase};
//!
//! let rate = Breaker::failure_rate(0.5).build()?;
//! let row = Breaker::consecutive(3).build()?;
//! let mut now = Instant::ZERO;
//! for _ in 0..4 { // dead, and asked every minute
//!     now = now + minutes(1);
//!     if let Ok(permit) = rate.try_acquire(now) { rate.record(permit, now, Outcome::Failure); }
//!     if let Ok(permit) = row.try_acquire(now) { row.record(permit, now, Outcome::Failure); }
//! }
//! assert_eq!(rate.phase(now), Phase::Closed); // for ever
//! # assert_eq!(row.stats().opened(), 2);
//! assert_eq!(row.phase(now), Phase::Open);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Use a rate from about two calls a second on, and choose the window so that it holds 20 calls or more: with
//! fewer, one failure is not 5 % of anything. [`network()`](crate::policy::breaker::Breaker::network) asks for 20.
//!
//! # Open for longer than the pause between two calls
//!
//! An open breaker rejects calls that *come*. A unit that is asked each minute, with a breaker that is open for 30 s, is
//! asked each minute: the breaker costs nothing and saves nothing. What you want to bound is the share of the line that dead
//! units eat. Count the calls that go out to one dead unit in a day:
//!
//! ```
//! use gofarm_core::time::{Instant, hours, minutes, secs};
//! use gofarm_resilience::Outcome;
//! use gofarm_resilience::policy::breaker::{Breaker, Config};
//!
//! fn calls_in_a_day(config: Config) -> Result<u32, Box<dyn core::error::Error>> {
//!     let breaker = config.build()?;
//!     let (mut now, mut calls) = (Instant::ZERO, 0);
//!     while now < Instant::ZERO + hours(24) {
//!         if let Ok(permit) = breaker.try_acquire(now) {
//!             calls += 1; // a second of the line, for nothing
//!             breaker.record(permit, now + secs(1), Outcome::Failure);
//!         }
//!         now = now + minutes(1);
//!     }
//!     Ok(calls)
//! }
//!
//! let row = Breaker::consecutive(3);
//! assert_eq!(calls_in_a_day(row)?, 1_440);                                  // open for 30 s: no use
//! assert_eq!(calls_in_a_day(row.open_for(minutes(10)))?, 133);
//! assert!(calls_in_a_day(row.open_for(minutes(2)).back_off(2.0, hours(1)))? < 40);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! The longest open time is also the time that a repaired unit waits before anybody notices. Half an hour is much on a
//! screen and nothing for soil. After a repair, release it by hand: forget the key
//! ([`remove`](crate::keyed::SharedKeyed::remove)).
//!
//! Spread what failed together: [`jitter(0.1)`](crate::policy::breaker::Config::jitter), which [`device()`][device] has.
//!
//! # Slow is not dead
//!
//! A percentile or an average opens on latency alone ([`slo`][slo]); calls that fail *fast* do not open it, so add a rate or
//! a row. Take the limit from what is measured in a good week, not from what you wish: a p99 limit of 200 ms on a path
//! whose p99 is 180 ms opens every other day. [`gateway_slo()`](crate::policy::breaker::Breaker::gateway_slo) is for a gateway
//! on a LAN; for a cellular path start at twice its p99.
//!
//! # Retries
//!
//! - **At one place of the stack.** Three tries in the client, three in the gateway and two on the line are 18 calls.
//! - **Outside of the breaker**, so that each try is asked for and counted.
//! - **Only what may happen twice.** After a time-out the effect is unknown: reads yes; a dose never
//!   (`Kinds::RETRYABLE.without(Kind::TimedOut)`). A leased command may be *sent* again as it is: the device knows its id.
//! - **From a budget.** It is what keeps a retry from becoming the overload. The default pays 20 extra calls for 100 that
//!   went well, and one a second in any case. If your normal traffic is slower than that, the reserve is no limit: lower it.
//!
//! ```
//! use gofarm_core::error::{Classify, Kind};
//! use gofarm_core::random::SplitMix64;
//! use gofarm_core::time::{Instant, minutes};
//! use gofarm_resilience::policy::{Attempts, BudgetConfig, Decision, Rate, Retry};
//!
//! struct NoAnswer;
//! impl Classify for NoAnswer {
//!     fn kind(&self) -> Kind { Kind::Transient }
//! }
//!
//! /// Extra calls while everything fails for 100 s, ten calls a second, up to three tries each.
//! fn extra(budget: BudgetConfig) -> Result<u32, Box<dyn core::error::Error>> {
//!     let retry = Retry::attempts(3).budget(budget).build()?;
//!     let (mut random, mut extra) = (SplitMix64::new(7), 0);
//!     for call in 0..1_000 {
//!         let now = Instant::from_millis(call * 100);
//!         let mut attempts = Attempts::new();
//!         while let Decision::RetryAfter(_) = retry.after_failure(&mut attempts, &NoAnswer, now, &mut random) {
//!             extra += 1;
//!         }
//!     }
//!     Ok(extra)
//! }
//!
//! assert!(extra(BudgetConfig::DEFAULT)? <= 110); // not 2 000
//! assert!(extra(BudgetConfig::percent(20).reserve(Rate::new(1, minutes(1)), 2))? <= 4);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Deadlines
//!
//! One deadline for a request, from whoever asked to the last wire, and not a time-out at each hop. Give the outermost caller
//! what a person or a controller will wait for; each hop takes off what it needs itself
//! ([`reserve`](crate::layer::DeadlineLayer::reserve)), refuses what cannot end in time
//! ([`at_least`](crate::layer::DeadlineLayer::at_least)), and bounds callers that set none
//! ([`at_most`](crate::layer::DeadlineLayer::at_most)):
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use gofarm_core::time::{millis, secs};
//! use gofarm_resilience::layer::DeadlineLayer;
//!
//! // In front of a serial line: a second for the unit, 200 ms for the way back.
//! let line = DeadlineLayer::from_context().at_most(secs(5)).at_least(millis(1_000)).reserve(millis(200));
//! # let _ = line;
//! # }
//! ```
//!
//! A time-out shorter than the device's is worse than none: the answer comes when the next question has been asked. On
//! Modbus RTU the driver keeps such a unit in quarantine for this; keep the deadline above `response_timeout`.
//!
//! # How many at once
//!
//! *Calls under way = rate × latency* (Little). 50 requests a second that take 200 ms are 10 at once; twice that is a
//! bulkhead that only a real jam meets. Where the other side has a limit, that is the figure: one call on a serial line,
//! the sockets that a gateway's data sheet names.
//!
//! - [`sharded`](crate::layer::BulkheadLayer::sharded) bounds the sum and is fast, and one busy device may hold all of it.
//! - [`keyed`](crate::layer::BulkheadLayer::keyed) bounds each device. Use it where one slow device must not take the rest along.
//! - [`ConcurrencyLayer`](crate::layer::ConcurrencyLayer) waits for a place: for batch work. What a person waits for is
//!   better rejected at once; put a deadline outside of it.
//! - If nobody knows the figure, [`Gradient`](crate::policy::Gradient) and [`Aimd`](crate::policy::Aimd) find one.
//!
//! # The order of a stack
//!
//! From the outside in, each where it sees what it must:
//! [`MeterLayer`](crate::layer::MeterLayer) (counts what the caller gets), [`FallbackLayer`](crate::layer::FallbackLayer) (covers
//! rejections too), [`RetryLayer`](crate::layer::RetryLayer), [`BreakerLayer`](crate::layer::BreakerLayer),
//! [`BulkheadLayer`](crate::layer::BulkheadLayer) (a full one does not open the breaker), [`DeadlineLayer`](crate::layer::DeadlineLayer),
//! the client. [`layer`](crate::layer) shows it running; the repository's `breaker_service` is a program of it.
//!
//! # When the metrics say that a figure is wrong
//!
//! Give each Layer an observer and a name (`.observe(…).named("modbus")`). The signals, in Prometheus with underscores
//! and `_total`:
//!
//! | you see | it means | change |
//! |---|---|---|
//! | `gofarm.resilience.breaker.transitions` to `open` every few minutes, cause `trials_failed` | the thing is down, and asked too often | a longer open time, `back_off` |
//! | to `open`, cause `failure_rate` or `consecutive`, and closed by the first trial | it was never down: too touchy | more in a row, a higher rate, a longer window |
//! | to `open`, cause `percentile` or `slow_rate`, at the same hour each day | a limit below the daily p99 | the limit, or the load |
//! | cause `trials_unanswered` | trials hang: no time-out inside | a deadline inside of the breaker, below `half_open_for` |
//! | no transition at all while `calls` shows failures | the rule cannot be met: too few calls in the window | failures in a row; a longer window |
//! | `rejected`, reason `open`, much the larger part of all calls | callers do not heed `retry_after` | let them wait for it, or a fallback |
//! | reason `half_open_full` | many callers, one trial; harmless | nothing; more trials where the other side bears them |
//! | reason `full`, while latency is normal | the bulkhead is too small for the rate | rate × latency, times two |
//! | reason `full`, and latency rises first | the other side is jammed; the bulkhead works | look there |
//! | `elapsed` rises, `rejected` does not | the deadline is too short, or something hangs | compare with the p99 of the calls |
//! | `retries` near 20 % of `calls` for hours | the budget is what holds; retrying does not help | fewer tries, the cause |
//! | `degraded` for one device for days | a fallback hides a dead probe | an alarm on it |
//!
//! All of them say of which Layer they are by the label `layer`, transitions as well; a breaker that is called without a
//! Layer is named by whoever tells of it ([`observe_named`](crate::policy::breaker::observe_named)).
//!
//! A breaker's [`stats().late()`](crate::policy::breaker::Stats::late) that grows with each opening says that calls are slower
//! than the phases change: lengthen the open time or shorten the time-out.
//!
//! # Try figures before they count
//!
//! [`hold(Mode::MetricsOnly)`](crate::policy::breaker::Breaker::hold) lets every call out and still counts:
//! [`totals`](crate::policy::breaker::Breaker::totals) shows the rate that your rule would have seen.
//! [`configure`](crate::policy::breaker::Breaker::configure) changes figures while calls go on. And as time is an argument, a recorded
//! week of calls plays through a breaker in milliseconds, as in the loops above.
//!
//! [device]: crate::policy::breaker::Breaker::device
//! [rate]: crate::policy::breaker::Breaker::failure_rate
//! [row]: crate::policy::breaker::Breaker::consecutive
//! [slo]: crate::policy::breaker::Breaker::slo
