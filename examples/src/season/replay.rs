//! [`replay`]: makes the decisions of a time again from a recording, and tells what they rest on.
//!
//! "Why was field 2 not watered on Tuesday?" A log answers what somebody thought worth saying on Monday. Here both gateways
//! are made anew and told all that they were told, up to the time that is asked for, so that each decision is there with
//! everything it rests on. Each answer is compared with the recorded one, bit for bit: what is printed is what was, or an
//! error.
//!
//! After that time the gateways are told what they were told in the next twelve hours, to find how the run that was under
//! way ended. What comes later in the recording is not read.
//!
//! ```
//! use gofarm_examples::season::chaos::Chaos;
//! use gofarm_examples::season::replay::replay;
//! use gofarm_examples::season::{Plan, Season};
//! use gofarm_examples::weather;
//!
//! let days = weather::read_file("data/hupsel_283_daily_2002_2004.csv".as_ref())?;
//! let (from, to) = ("2003-07-01".parse()?, "2003-07-02".parse()?);
//! let plan = Plan::choose(&days, Some(from), Some(to))?;
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("season.rec");
//! let mut season = Season::start(plan, &days, Chaos::none()).recorded(&path)?;
//! while season.next_day(&mut || 0).is_some() {}
//! season.end_recording()?;
//!
//! let told = replay(&path, "2003-07-02T12:00".parse()?)?.to_string();
//! assert!(told.contains("Field 3, gateway 2: decided on day 2 12:00"), "{told}");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod account;
mod text;
mod word;

use core::array;
use core::iter;
use core::time::Duration;
use std::path::{Path, PathBuf};

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, hours, minutes};

use self::account::Account;
use super::flight::{self, Flight, Noted};
use super::gateway::Output;
use super::plan::{FIELDS, Plan};
use super::record::{Ending, Entry, Moment, MomentError, RecordError, Recording};

/// For so long after the time that is asked for it looks how a run ended.
const AFTERMATH: Duration = hours(12);
/// How often a field is looked at.
const QUARTER: Duration = minutes(15);

/// The last decision for each field at a time of a season, and what it rests on; its text is for a person.
///
/// See the [module](self) for an example.
#[derive(Debug)]
pub struct Replay {
    flight: Flight,
    moment: Moment,
    at: Instant,
    /// So many inputs came up to there.
    inputs: u64,
    fields: [Account; FIELDS],
    /// When the last input came that was looked at.
    last: Instant,
    ending: Option<Ending>,
}

/// Why a decision cannot be made again; each is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The recording cannot be read, or a gateway answers otherwise than it did.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The season was not played then.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// Another version of the program has recorded it.
    #[error(
        "the recording {} is of version {found} of this program, which is version {}",
        path.display(), env!("CARGO_PKG_VERSION")
    )]
    OtherProgram {
        /// The file.
        path: PathBuf,
        /// The version.
        found: String,
    },
    /// The recording ends before.
    #[error("the recording {} ends after {last}, before {moment}", path.display())]
    TooShort {
        /// The file.
        path: PathBuf,
        /// Its last input.
        last: Moment,
        /// What was asked for.
        moment: Moment,
    },
}

impl Classify for ReplayError {
    fn kind(&self) -> Kind {
        match self {
            Self::Record(error) => error.kind(),
            Self::Moment(_) => Kind::Invalid,
            Self::OtherProgram { .. } | Self::TooShort { .. } => Kind::Permanent,
        }
    }
}

/// Makes the last decision for each field at `moment` or before again, from the recording at `path`.
///
/// # Errors
/// [`ReplayError`] if the recording cannot be read that far or is of another program, if the time is outside its season,
/// or if a gateway that is told the same answers something else.
pub fn replay(path: &Path, moment: Moment) -> Result<Replay, ReplayError> {
    let (mut recording, flight) = Recording::open::<Flight>(path)?;
    if flight.program != env!("CARGO_PKG_VERSION") {
        return Err(ReplayError::OtherProgram {
            path: path.to_path_buf(),
            found: flight.program,
        });
    }
    let at = moment.instant(flight.from(), flight.days().into())?;
    let mut numbers = Plan::fields();
    let mut replay = Replay {
        moment,
        at,
        inputs: 0,
        fields: array::from_fn(|_| Account::new(numbers.next().unwrap_or_default())),
        last: Instant::ZERO,
        ending: None,
        flight,
    };
    let mut gateways = replay.flight.gateways();
    recording.replay(at + AFTERMATH, |entry: &Entry<Noted>| {
        let Some(gateway) = gateways.get_mut(usize::from(entry.who)) else {
            return !entry.outcome; // nobody who answers the same
        };
        let (ahead, input) = &entry.input;
        let now = replay.flight.time(entry.at, *ahead);
        gateway.handle(now, input.clone());
        let outputs: Vec<Output> = iter::from_fn(|| gateway.poll_output()).collect();
        let is_after = entry.at > at;
        replay.inputs += u64::from(!is_after);
        replay.last = entry.at;
        for field in &mut replay.fields {
            if !is_after {
                field.decided(now, input, &outputs, gateway.controllers());
            }
            field.hear(now, input, &outputs, is_after);
        }
        flight::digest(&outputs)
    })?;
    replay.ending = recording.ending();
    let reached = match replay.ending {
        // Some input comes each quarter of an hour, and then the season was over.
        Some(Ending::Finished) => replay.last + QUARTER,
        Some(Ending::CutOff { .. }) => replay.last,
        None => at,
    };
    if reached < at {
        return Err(ReplayError::TooShort {
            path: path.to_path_buf(),
            last: Moment::of(replay.last),
            moment,
        });
    }
    Ok(replay)
}

#[cfg(test)]
mod tests;
