//! One growing season of a farm, on real weather, with everything that goes wrong in a field.
//!
//! Three fields with three soil probes and a valve each, two gateways, and a node in the cloud. The parts are the ones of a
//! real farm and use the real types of the GoFarm crates; what is simulated is the world around them:
//!
//! - [`contract`]: what the probes and the valve promise, written once with the derive macros.
//! - `plot`: a field (`field`), probes that follow it and lie now and then (`probe`), and its valve's node (`valve`): a lease
//!   with its journal, a latching valve, restarts.
//! - `radio`: the link between node and gateway (`connection`): delay, loss, duplicates, retained messages, outages.
//! - `gateway`: all that happens to it is an input, all that it does an output. A `controller` for each of its fields takes
//!   readings through quality and contract, looks at the forecast, decides, issues commands and keeps account of them.
//! - `cloud`: plans, forecasts, and what the gateways told of their commands.
//! - `state`: what is known of a field, replicated: written where it happens, read on all sides. `replica` is one side's, with
//!   its sessions, `copies` one of each field, `disk` where they lie.
//! - `backbone`: the way between gateways and cloud.
//! - `party`: who is at it. `board`: the real firmware in an emulator, in the place of a valve's node.
//! - `measured_field`: a field after the files of a measured season, and how near it comes to what was measured.
//! - `site`: the site's machines and the work that is placed on them by load; one lives on the sun, one is lost with
//!   the uplink.
//! - [`chaos`]: what goes wrong, and when.
//! - `upkeep`: new firmware and new settings from the cloud, and how the bad ones come to nothing.
//! - [`Listener`]: who is told what happens, such as gofarm-otel.
//! - `referee`: watches from outside that no promise is broken.
//! - `saved`: a season in a folder, [`play`] and [`interrupt`]: stopped by Ctrl-C and gone on with.
//! - [`record`]: every input of a part that decides, `flight` what is recorded of a season, and [`replay`] a decision made
//!   again.
//! - [`report`]: what came out; [`history`]: the same day by day, and [`page`]: as a page to look at.
//! - [`live`]: the season on a terminal while it goes on.
//! - [`watch`]: telemetry for a run, when it is asked for.
//!
//! Time is simulated: every part takes the instant as an argument and a seed decides all chance, so one seed
//! gives one result. The only real clock is the [`Stopwatch`] of the caller, which times decisions.
//!
//! ```
//! use gofarm_examples::season::chaos::Chaos;
//! use gofarm_examples::season::{Plan, Season};
//! use gofarm_examples::weather;
//!
//! let days = weather::read_file("data/hupsel_283_daily_2002_2004.csv".as_ref())?;
//! let plan = Plan::choose(&days, None, None)?.seed(7);
//! let chaos = Chaos::draw(7, plan.days());
//! let mut season = Season::start(plan, &days, chaos);
//! while season.next_day(&mut || 0).is_some() {}
//! let report = season.finish();
//! let promises = report.promises;
//! assert_eq!(promises.seconds_past_lease_without_close_driven, 0.0);
//! assert_eq!(promises.messages_lost, 0);
//! assert_eq!(promises.replicas_diverged, 0);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

pub mod arguments;
mod backbone;
mod board;
pub mod chaos;
mod cloud;
mod connection;
pub mod contract;
mod controller;
mod copies;
mod day_course;
pub mod describe;
mod disk;
mod field;
mod flight;
mod gateway;
pub mod history;
pub mod interrupt;
mod listener;
pub mod live;
mod measured_field;
mod message;
pub mod page;
mod party;
mod plan;
pub mod play;
mod plot;
mod probe;
mod radio;
mod ranked;
pub mod record;
mod referee;
pub mod replay;
mod replica;
pub mod report;
mod roots;
mod run;
mod saved;
mod site;
mod state;
mod upkeep;
mod valve;
pub mod watch;

pub use backbone::mqtt::{AddressError, BrokerAddress, BrokerError};
pub use board::BoardError;
pub use listener::Listener;
pub use measured_field::{Account, MeasuredError, MeasuredSeason, Reference, ReferenceDay};
pub use plan::{Background, DEFAULT_SEED, HUPSEL, Plan, PlanError};
pub use run::{Season, Stopwatch};
pub use saved::SavedError;
