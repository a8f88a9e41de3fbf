//! What a farm does when it is cut off: which work goes on, which waits, and when it all comes back.
//!
//! A link that is lost must not stop irrigation, and must not leave a camera's video analysis to drain the battery
//! that the valves need. So each kind of work has a [`WorkRule`] made before the link is lost: essential work always
//! runs; deferrable work is slowed or stopped after so many hours cut off, or below so much battery. Essential work has
//! no method that could stop it: a policy that stops irrigation does not compile.
//!
//! Links flap, and batteries hover around a threshold. A machine that follows them at once stops and starts everything
//! all day. [`Autonomy`] therefore becomes cut off only after the link was down for a while, returns only after it has
//! been up for a while without a break, and stays in each mode for a least time; deferrable work is held back at once and
//! let go again only after the same least time and with charge to spare. The resulting bounds are
//! [`AutonomyConfig::most_mode_changes`] and [`AutonomyConfig::most_action_changes`], whatever link and battery do.
//!
//! What it does not do: it starts and stops no work itself, and it does not decide about valves. A running lease ends as its
//! own contract says.
//!
//! ```
//! use gofarm_core::time::{Instant, hours, minutes};
//! use gofarm_sched::autonomy::{Action, Autonomy, AutonomyConfig, DISASTER_72_H};
//!
//! let mut autonomy = Autonomy::new(AutonomyConfig::new(), DISASTER_72_H)?;
//! let (irrigation, video) = (autonomy.find("irrigation").unwrap(), autonomy.find("video analysis").unwrap());
//!
//! let lost = Instant::from_secs(7_200);
//! autonomy.handle_link(lost, false);
//! while let Some(due) = autonomy.poll_timeout().filter(|due| *due <= lost + hours(72)) {
//!     autonomy.handle_timeout(due);
//! }
//! assert_eq!(autonomy.action(irrigation), Action::Run);
//! assert_eq!(autonomy.action(video), Action::Stop);
//!
//! let back = lost + hours(72);
//! autonomy.handle_link(back, true);
//! autonomy.handle_timeout(back + minutes(5));
//! assert_eq!(autonomy.action(video), Action::Run);
//! # Ok::<(), gofarm_sched::ConfigError>(())
//! ```

mod config;
mod event;
mod machine;
mod rule;
mod signal;

pub use config::AutonomyConfig;
pub use event::{AutonomyEvent, LinkMode};
pub use machine::{Autonomy, WorkId};
pub use rule::{Action, DISASTER_72_H, Deferrable, WorkRule};
pub use signal::{INSTRUMENTS, observe};
