//! One growing season of one field, on real weather, with everything that goes wrong in a field.
//!
//! The parts are the ones of a real farm and use the real types of gofarm-core; what is simulated is the world
//! around them:
//!
//! - [`contract`]: what the probes and the valve promise, written once with the derive macros.
//! - `probe`: three soil probes that follow the field and lie now and then (NaN, spikes, stuck, missing).
//! - `controller`: takes readings through quality and contract, decides, issues commands and keeps account of them.
//! - `state`: what is known of the field, replicated: written where it happens, read on both sides.
//! - `replica`: one side's replica of it and its session with the other side.
//! - `radio`: the link between controller and valve: delay, loss, duplicates, retained messages,
//!   outages.
//! - `valve`: the valve's node: a lease with its journal, a latching valve, restarts.
//! - `site`: the site's machines and the work that is placed on them by load; one lives on the sun, one is lost with
//!   the uplink.
//! - [`Listener`]: who is told what happens, such as gofarm-otel.
//! - `referee`: watches from outside that no promise is broken.
//! - [`report`]: what came out; [`history`]: the same day by day, and [`page`]: as a page to look at.
//! - [`live`]: the season on a terminal while it goes on.
//! - [`watch`]: telemetry for a run, when it is asked for.
//!
//! Time is simulated: every part takes the instant as an argument and a seed decides all chance, so one seed
//! gives one result. The only real clock is the [`Stopwatch`] of the caller, which times decisions.
//!
//! ```
//! use gofarm_examples::season::{Plan, Season};
//! use gofarm_examples::weather;
//!
//! let days = weather::read_file("data/hupsel_283_daily_2002_2004.csv".as_ref())?;
//! let plan = Plan::choose(&days, None, None)?.seed(7);
//! let mut season = Season::start(plan, &days);
//! while season.next_day(&mut || 0).is_some() {}
//! let report = season.finish();
//! assert!(report.commands.is_balanced);
//! assert_eq!(report.valve.longest_past_lease_s, 0.0);
//! assert!(report.sync.is_same_on_both_sides);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

pub mod arguments;
pub mod contract;
mod controller;
pub mod describe;
mod field;
pub mod history;
mod listener;
pub mod live;
pub mod page;
mod plan;
mod probe;
mod radio;
mod referee;
mod replica;
pub mod report;
mod run;
mod site;
mod state;
mod valve;
pub mod watch;

pub use listener::Listener;
pub use plan::{DEFAULT_SEED, HUPSEL, Plan, PlanError};
pub use run::{Season, Stopwatch};
