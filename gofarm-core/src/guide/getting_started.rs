//! From `cargo add` to a described device, a reading that can be trusted, and a command that ends.
//!
//! You have a probe and a valve, and a program of your own: firmware, or a service on a gateway. It works on the desk.
//! In the field a probe will lie, a message will come twice or a day late, and the one that closes the valve will not
//! come. This guide builds the part that holds then, in four steps; each is a few lines in your program, and none
//! of them needs a server, a thread or a network.
//!
//! # Before you begin
//!
//! ```console
//! $ cargo add gofarm-core                          # a service, or tests on a desk
//! $ cargo add gofarm-core --no-default-features --features derive   # firmware: no allocator, no clock
//! ```
//!
//! Two rules explain the shape of everything that follows:
//!
//! - **Time is an argument.** Nothing here reads a clock. [`Instant`] is the monotonic clock of *this* device, and never
//!   leaves it; [`UnixMillis`] is wall time, which crosses links and may be unknown (`None`), as at every boot without a
//!   network. Firmware makes an `Instant` from its timer, a service from [`SystemClock`], a test from a number.
//! - **You call it, it does not call you.** A machine says what is to be done and when to ask again. It
//!   starts nothing, so what runs, and in which order, is what your program says.
//!
//! # 1. Describe the device
//!
//! Write what it is, once. From this come the checks, the schemas, the rules for plausible readings and the comparison
//! with what you released before. Units are [UCUM](https://ucum.org/ucum); an unknown one does not compile, nor does a default
//! outside its range.
//!
//! ```
//! use gofarm_core::{Action, Device, Validate};
//!
//! /// A plot with a soil probe and a valve.
//! #[derive(Device, Clone, Debug)]
//! #[device(model = "acme-plot", version = 1, actions(Open))]
//! struct Plot {
//!     /// Volumetric water content.
//!     #[prop(range = 0.0..=0.6, unit = "m3/m3", max_rate = "0.05/min", stale = "30min")]
//!     water: f32,
//!     /// Time between two samples.
//!     #[prop(config, range = 10..=3600, unit = "s", default = 300)]
//!     sample_every: u16,
//! }
//!
//! /// Opens the valve; it closes by itself when the lease ends.
//! #[derive(Action, Debug)]
//! #[action(safe = "closed", max_run = "30min")]
//! struct Open;
//!
//! let wrong = Plot { water: 31.0, sample_every: 300 }; // percent, where a fraction is meant
//! assert_eq!(wrong.validate().unwrap_err().to_string(), "water: 31 is outside 0..=0.6 m3/m3");
//!
//! // What another program needs to know of it, without your source:
//! let thing = Plot::DESCRIPTOR.thing_description("urn:dev:ops:plot-7").to_string();
//! assert!(thing.contains("\"open\""));
//! ```
//!
//! A value that has passed is another type: [`Validated<Plot>`](crate::Validated). A function that takes one cannot be
//! given what nobody looked at. [`contract`](crate::contract) has every attribute, and the schemas for forms.
//!
//! # 2. Take a reading that can be trusted
//!
//! In range is not yet true: a loose probe reads 0, a dead one repeats itself. A [`Pipeline`] takes its rules from
//! the contract and gives each raw value a [`Quality`]. It corrects nothing; your control says the worst that it acts
//! on, with a [`Grade`].
//!
//! ```
//! # use gofarm_core::Device;
//! # #[derive(Device)]
//! # #[device(model = "acme-plot", version = 1)]
//! # struct Plot {
//! #     #[prop(range = 0.0..=0.6, unit = "m3/m3", max_rate = "0.05/min", stale = "30min")]
//! #     water: f32,
//! # }
//! use gofarm_core::Validate;
//! use gofarm_core::quality::{Grade, Pipeline};
//! use gofarm_core::time::{Instant, minutes};
//!
//! let mut water = Pipeline::of(&Plot::DESCRIPTOR.properties()[0]);
//! let noon = Instant::from_secs(3_600);
//!
//! let reading = water.assess(noon, 0.31_f32);
//! assert!(reading.quality().satisfies(Grade::Good));
//! let reading = reading.validated()?; // Validated<Reading<f32>>, with time, quality and number
//! assert_eq!(*reading.value(), 0.31);
//!
//! // Ten minutes later the probe is out of the soil: kept, but not acted on.
//! let loose = water.assess(noon + minutes(10), 0.0_f32);
//! assert_eq!(loose.quality().to_string(), "good"); // 0.031 a minute is within 0.05
//! let loose = water.assess(noon + minutes(11), 0.31_f32);
//! assert_eq!(loose.quality().to_string(), "suspect (rate)");
//!
//! // The bus fails, then nothing comes for half an hour. Ask for the quality of now, not of then.
//! water.failed();
//! assert!(!water.quality(noon + minutes(12)).satisfies(Grade::Suspect));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! The second value above shows what a rule can and cannot see: a fall to 0 over ten minutes is slow enough
//! to be rain running off. Where that matters compare two probes ([`Disagreement`]), or say
//! [`stuck_after`](crate::quality::Pipeline::stuck_after).
//!
//! # 3. Run a command that ends
//!
//! The device, and not the link, decides: a [`Lease`] sits beside the valve. It refuses what is late, repeated,
//! retained by a broker or longer than the contract allows; it keeps the id of what it accepts *before* the effect; it
//! tells you to close when the time is over, and first of all after every start.
//!
//! ```
//! # use gofarm_core::Action;
//! # #[derive(Action, Debug)]
//! # #[action(safe = "closed", max_run = "30min")]
//! # struct Open;
//! # #[derive(Default)]
//! # struct Valve { is_open: bool }
//! # impl Valve {
//! #     fn open(&mut self) -> Result<(), core::fmt::Error> { self.is_open = true; Ok(()) }
//! #     fn close(&mut self) -> Result<(), core::fmt::Error> { self.is_open = false; Ok(()) }
//! # }
//! # let mut valve = Valve::default();
//! use gofarm_core::command::{Command, CommandId, Duty, Lease, RamJournal, Refusal, Verdict};
//! use gofarm_core::time::{Instant, UnixMillis, minutes, secs};
//!
//! let mut now = Instant::ZERO;
//! // A product's journal is two pages of flash or a file: see `Journal`. This one lives in RAM.
//! let mut lease: Lease<RamJournal> = Lease::restore(RamJournal::new(), now);
//! lease.commission()?; // once in its life: a new device has nothing to remember
//!
//! // After any start: close first.
//! if lease.poll(now) == Duty::MustClose { valve.close()?; }
//! lease.closed(now); // say this when something has confirmed it
//!
//! // The controller has sent this; `wall` is `None` until the device knows the time.
//! let unix_now = UnixMillis::new(1_790_000_000_000);
//! let open = Command::new(CommandId::new([7; 16]), Open).expires(unix_now + secs(30)).lease(minutes(20));
//! assert_eq!(lease.accept(&open, now, None), Verdict::Refused(Refusal::TimeUnknown));
//! match lease.accept(&open, now, Some(unix_now)) {
//!     Verdict::Accepted => { valve.open()?; lease.executed(open.id()); }
//!     Verdict::Refused(why) => println!("not opened: {why}"),
//! }
//! # assert!(valve.is_open);
//! // The broker delivers it again:
//! assert_eq!(lease.accept(&open, now, Some(unix_now)), Verdict::Refused(Refusal::Repeated));
//!
//! // In your loop: at `poll_timeout` at the latest. No link is needed for this.
//! now = lease.poll_timeout().ok_or("it runs")?;
//! assert_eq!(now, Instant::ZERO + minutes(20));
//! if lease.poll(now) == Duty::MustClose { valve.close()?; }
//! # assert!(!valve.is_open);
//! let closed = lease.closed(now).ok_or("it was closing")?;
//! assert_eq!(closed.ran(), Some(minutes(20)));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! On hardware do not write this loop yourself: `gofarm_hal::valve` has it, with strokes, end switches, leaks and a
//! close that is driven again until it is confirmed.
//!
//! # 4. Know what became of it
//!
//! On the controller a [`Tracker`] keeps three facts apart: what was *commanded*, what the device *reported*, what
//! something else (a flow meter) *confirmed*. Every command ends in exactly one way, and silence is one of them:
//!
//! ```
//! use gofarm_core::command::{Command, CommandId, Outcome, Report, Tracker, TrackerEvent};
//! use gofarm_core::time::{Instant, secs};
//!
//! let mut tracker = Tracker::<8>::new(secs(10));
//! let (id, sent) = (CommandId::new([7; 16]), Instant::ZERO);
//! tracker.issue(&Command::new(id, "open"), sent)?;
//! tracker.report(id, Report::Ended(Outcome::Executed), sent + secs(1));
//! // The device says that it did, and no water flows: a dry pipe, a broken valve.
//! assert_eq!(tracker.poll(sent + secs(11)), Some(TrackerEvent::Unconfirmed(id)));
//! assert!(tracker.tally().is_balanced()); // issued = executed + expired + refused + indeterminate + pending
//! # Ok::<(), gofarm_core::command::IssueError>(())
//! ```
//!
//! *Indeterminate* means that nobody knows. Do not send the same wish under a new id to be sure, unless doing it
//! twice does no harm: it may have run. Sending the *same* command again is always safe.
//!
//! # When something is refused
//!
//! | you see | it means | do |
//! |---|---|---|
//! | [`TimeUnknown`](crate::command::Refusal::TimeUnknown) | the device has no wall time since boot | give it the time; closing works meanwhile |
//! | [`Expired`](crate::command::Refusal::Expired) | it came after its `expires` | nothing: this is the field being kept dry; 30 s is short for a radio |
//! | [`Retained`](crate::command::Refusal::Retained) | the broker kept it | publish commands without RETAIN |
//! | [`MayRepeat`](crate::command::Refusal::MayRepeat) | the device lost its memory, or its clock stepped back | wait, or [`commission`](crate::command::Lease::commission) it when its queues are empty |
//! | [`NoLease`](crate::command::Refusal::NoLease), [`LeaseTooLong`](crate::command::Refusal::LeaseTooLong) | the contract has a `max_run` | a lease of at most that |
//! | [`Closing`](crate::command::Refusal::Closing) | a close was not confirmed yet | look at the valve; call [`closed`](crate::command::Lease::closed) only on evidence |
//! | [`Busy`](crate::command::Refusal::Busy) | all 16 remembered ids have not expired yet | shorter expiries, or a larger `N` in [`Lease`] |
//! | [`NotPersisted`](crate::command::Refusal::NotPersisted) | the journal could not save | look at the flash; nothing has run |
//!
//! # Test it
//!
//! As time is an argument, a test of 72 hours is a loop. Put a [`ManualClock`](crate::time::ManualClock) where a driver
//! wants a [`Clock`](crate::time::Clock), and a number where logic wants an `Instant`. What your program did is told as
//! [`observe::Signal`](crate::observe::Signal)s; give [`observe`](crate::observe) a listener of your own in a test.
//!
//! # Which crate next
//!
//! | you want to | take | begin with |
//! |---|---|---|
//! | keep a connection to a broker without hammering it | this crate | [`link`](crate::link) |
//! | change settings without a restart | this crate | [`hot`](crate::hot) |
//! | read a probe, drive a valve, update firmware | gofarm-hal | [porting](https://docs.rs/gofarm-hal/latest/gofarm_hal/guide/porting/) |
//! | keep state on both sides of a link that fails | gofarm-crdt | [offline design](https://docs.rs/gofarm-crdt/latest/gofarm_crdt/guide/offline_design/) |
//! | call things that do not answer | gofarm-resilience | [tuning](https://docs.rs/gofarm-resilience/latest/gofarm_resilience/guide/tuning/) |
//! | decide which machine does the work, and when | gofarm-sched | [feeding](https://docs.rs/gofarm-sched/latest/gofarm_sched/guide/feeding/) |
//! | see all of it in Prometheus or over OTLP | gofarm-otel | [sizing](https://docs.rs/gofarm-otel/latest/gofarm_otel/guide/sizing/) |
//!
//! All of them share the types of this guide, and none needs another. The `season` program of the repository has
//! them together in one field (`cargo run --release --bin season`); `gateway` is the skeleton of a service.
//!
//! # What this guide leaves out
//!
//! Who may send a command is not decided here: authenticate at the transport, or check signatures with
//! [`verify`](crate::verify). A `Lease` cannot make a broken valve close; it says `MustClose` until something has
//! confirmed it, and for how long that has been due.
//!
//! [`Instant`]: crate::time::Instant
//! [`UnixMillis`]: crate::time::UnixMillis
//! [`SystemClock`]: crate::time::SystemClock
//! [`Pipeline`]: crate::quality::Pipeline
//! [`Quality`]: crate::quality::Quality
//! [`Grade`]: crate::quality::Grade
//! [`Disagreement`]: crate::quality::Disagreement
//! [`Lease`]: crate::command::Lease
//! [`Tracker`]: crate::command::Tracker
