//! What goes wrong in a season, and when: [`Chaos`], read from a file or drawn from a seed.
//!
//! A farm that works while all is well proves little, and failures by pure chance in each part cannot be told or asked
//! for again: nobody knows after a bad season what happened in it. So what goes wrong is a script. It is data, it is
//! the same for the same seed, it can be printed, edited and played again, and every failure in it has a begin and an
//! end. The small chance of every day (a reading that is wrong, a frame that is lost) stays in the parts.
//!
//! | `what` | further keys | what it is |
//! |---|---|---|
//! | `gateway_cut` | `gateway` | no way to the broker |
//! | `broker_down` | | the broker is killed, and starts again |
//! | `clock_jump` | `gateway`, `by = "-2h"` | wall time is off by so much |
//! | `clock_unknown` | `gateway` | starts again, and does not know the wall time |
//! | `probe_stuck` | `field`, `probe` | the same record again and again |
//! | `probe_lies` | `field`, `probe`, `by = 0.05` | drifts by so many m³/m³ |
//! | `valve_stuck` | `field`, `holds = "45m"` | does not close the first time that it is asked to, for so long |
//! | `node_power_cut` | `field` | the valve's node is dark |
//! | `gateway_power_cut` | `gateway` | the gateway is dark |
//! | `radio_cut` | `field` | nothing passes between node and gateway |
//! | `duplicates` | `field` | everything arrives at the node twice |
//! | `delays` | `field`, `by = "10m"` | commands arrive so late |
//! | `disk_full` | `gateway` | no commit |
//! | `disk_slow` | `gateway` | every commit takes long |
//! | `good_config`, `bad_config` | `gateway` | a configuration is pushed by the cloud |
//! | `good_firmware`, `bad_firmware` | | an image is rolled out by the cloud |
//!
//! Fields are 1 to 3, gateways 1 and 2, the probes of a field 0 to 2. Every failure has `at = "day 40 06:00"`, where day
//! 1 is the first of the season, and `lasts = "72h"`. What may not overlap, and why, says [`Excluded`].
//!
//! ```
//! use gofarm_core::time::{Instant, days, hours};
//! use gofarm_examples::season::chaos::{Change, Chaos, Timeline};
//!
//! let chaos = Chaos::read(
//!     r#"
//!     [[failure]]
//!     at = "day 40 06:00"
//!     lasts = "72h"
//!     what = "gateway_cut"
//!     gateway = 1
//!     "#,
//!     145,
//! )?;
//! let mut timeline = Timeline::new(chaos);
//! let begin = timeline.poll_timeout();
//! assert_eq!(begin, Instant::ZERO + days(39) + hours(6));
//! let change = timeline.poll(begin);
//! assert!(matches!(change, Some(Change::Begins(_))));
//! assert_eq!(timeline.poll_timeout(), begin + hours(72));
//! # Ok::<(), gofarm_examples::season::chaos::ReadError>(())
//! ```

mod argument;
mod draw;
mod error;
mod failure;
mod number;
mod overlap;
mod read;
mod time_text;
mod timeline;
mod trouble;

use core::fmt;
use core::time::Duration;

use gofarm_core::time::{Instant, days};

pub use self::argument::{ChaosArgument, EmptyArgument};
pub use self::error::ChaosError;
pub use self::failure::{Failure, FailureError};
pub use self::number::{FieldNumber, GatewayNumber, Number, ProbeNumber};
pub use self::overlap::Excluded;
pub use self::read::{Key, Mistake, ReadError};
pub use self::timeline::{Change, Timeline};
pub use self::trouble::{Trouble, TroubleKind};

use self::time_text::{LAST_DAY, Length, Moment};

/// What goes wrong in a season, in order of time; failures that begin together are in the order of the script.
///
/// No two overlap that are [`Excluded`], and all are over when the season is. As text it is a file for
/// [`Chaos::read`].
///
/// ```
/// use gofarm_examples::season::chaos::Chaos;
///
/// let drawn = Chaos::draw(7, 145);
/// assert_eq!(Chaos::read(&drawn.to_string(), 145)?, drawn);
/// assert_eq!(Chaos::none().failures(), []);
/// # Ok::<(), gofarm_examples::season::chaos::ReadError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chaos {
    failures: Vec<Failure>,
}

impl Chaos {
    /// A script has at most so many failures.
    pub const MOST: usize = 500;

    /// A season in which nothing goes wrong but the small things of every day.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            failures: Vec::new(),
        }
    }

    /// A script for a season of so many `days`, 1 to 366; the order of `failures` matters only where they begin together.
    ///
    /// # Errors
    /// [`ChaosError`] if there are too many, one is not over in time, or two may not overlap.
    pub fn new(mut failures: Vec<Failure>, days: u16) -> Result<Self, ChaosError> {
        failures.sort_by_key(Failure::at);
        check(&failures, days).map_err(|(_, error)| error)?;
        Ok(Self { failures })
    }

    /// What goes wrong, in order of time.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }
}

/// Checks failures in order of time; says which one is wrong.
fn check(failures: &[Failure], length: u16) -> Result<(), (usize, ChaosError)> {
    if length > LAST_DAY {
        return Err((0, ChaosError::TooLong { days: length }));
    }
    if failures.len() > Chaos::MOST {
        let count = failures.len();
        return Err((Chaos::MOST, ChaosError::TooMany { count }));
    }
    let end = Instant::ZERO + days(u64::from(length));
    let furthest = furthest_jump_ahead(failures);
    for (place, &failure) in failures.iter().enumerate() {
        if failure.end() > end {
            let days = length;
            return Err((place, ChaosError::AfterTheEnd { failure, days }));
        }
        if is_of_a_clock(&failure) && failure.end() + furthest > end {
            return Err((place, ChaosError::ClockNearTheEnd { failure, furthest }));
        }
        for &other in failures.iter().take(place) {
            if let Some(why) = overlap::excluded(&failure, &other) {
                return Err((
                    place,
                    ChaosError::Overlap {
                        failure,
                        other,
                        why,
                    },
                ));
            }
        }
    }
    Ok(())
}

fn furthest_jump_ahead(failures: &[Failure]) -> Duration {
    failures
        .iter()
        .filter_map(|failure| match failure.what() {
            // A jump back is no jump ahead: it fails to convert.
            Trouble::ClockJump { by, .. } => Duration::try_from(by).ok(),
            _ => None,
        })
        .max()
        .unwrap_or_default()
}

fn is_of_a_clock(failure: &Failure) -> bool {
    matches!(
        failure.what().kind(),
        TroubleKind::ClockJump | TroubleKind::ClockUnknown
    )
}

impl fmt::Display for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# What goes wrong, for `season --chaos FILE`; day 1 is the first day of the season."
        )?;
        for failure in &self.failures {
            write_failure(f, failure)?;
        }
        Ok(())
    }
}

fn write_failure(f: &mut fmt::Formatter<'_>, failure: &Failure) -> fmt::Result {
    let what = failure.what();
    writeln!(f, "\n[[failure]] # {what}")?;
    writeln!(f, "at = \"{}\"", Moment(failure.at()))?;
    writeln!(f, "lasts = \"{}\"", Length(failure.lasts()))?;
    writeln!(f, "what = \"{}\"", what.kind())?;
    if let Some(gateway) = what.gateway() {
        writeln!(f, "gateway = {gateway}")?;
    }
    if let Some(field) = what.field() {
        writeln!(f, "field = {field}")?;
    }
    if let Some(probe) = what.probe() {
        writeln!(f, "probe = {probe}")?;
    }
    match what {
        Trouble::ClockJump { by, .. } => {
            let sign = if by.is_negative() { "-" } else { "" };
            writeln!(f, "by = \"{sign}{}\"", Length(by.unsigned_abs()))
        }
        Trouble::Delays { by, .. } => writeln!(f, "by = \"{}\"", Length(by)),
        Trouble::ProbeLies { by, .. } => writeln!(f, "by = {by:?}"),
        Trouble::ValveStuck { holds, .. } => writeln!(f, "holds = \"{}\"", Length(holds)),
        _ => Ok(()),
    }
}
