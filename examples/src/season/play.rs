//! [`play`]: plays a season as the command line asks, with what a person sees of it meanwhile.

use std::io::IsTerminal as _;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;

use super::arguments::Run;
use super::interrupt::Interrupt;
use super::live::{LiveError, Screen, Wish};
use super::run::Season;
use super::saved::SavedError;

/// How far a season was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it came to its end or not")]
#[must_use = "a season that was stopped has no report"]
pub enum Played {
    /// To its last day, or until the person at the screen had seen enough.
    Over,
    /// It was stopped, and goes on from the folder where it is kept.
    Stopped,
}

/// Why a season cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// It cannot be kept or resumed.
    #[error(transparent)]
    Saved(#[from] SavedError),
    /// It cannot be shown.
    #[error(transparent)]
    Live(#[from] LiveError),
}

/// Plays a season to its end, or until Ctrl-C if it is kept in a folder; `started` is when the program did.
///
/// # Errors
/// [`PlayError`] if the season cannot be resumed, kept or shown.
pub fn play(
    season: &mut Season<'_>,
    arguments: &Run,
    interrupt: Option<&Interrupt>,
    started: Instant,
) -> Result<Played, PlayError> {
    if arguments.live {
        return play_live(season, arguments, started);
    }
    let bar = progress(season.days(), arguments.json);
    let show = |day: Date| {
        bar.set_message(day.to_string());
        bar.inc(1);
    };
    season.resume(&mut nanos(started), show)?;
    let mut played = Played::Over;
    while let Some(day) = season.next_day(&mut nanos(started)) {
        season.save()?;
        show(day);
        if interrupt.is_some_and(Interrupt::is_wanted) {
            played = Played::Stopped;
            break;
        }
    }
    bar.finish_and_clear();
    Ok(played)
}

/// Plays at a pace that a person can follow, until the end of the season or of the person's patience.
fn play_live(
    season: &mut Season<'_>,
    arguments: &Run,
    started: Instant,
) -> Result<Played, PlayError> {
    season.resume(&mut nanos(started), |_| {})?;
    let pace = arguments.pace.unwrap_or_default();
    let mut screen = Screen::start()?;
    while season.next_day(&mut nanos(started)).is_some() {
        season.save()?;
        let view = season.view();
        loop {
            let elapsed = started.elapsed();
            screen.show(elapsed, &view)?;
            let left = pace.left(view.played, elapsed);
            if screen.wait(Some(left))? == Wish::End {
                let goes_on = arguments.store.is_some();
                return Ok(if goes_on {
                    Played::Stopped
                } else {
                    Played::Over
                });
            }
            if left.is_zero() {
                break;
            }
        }
    }
    Ok(Played::Over)
}

fn nanos(started: Instant) -> impl FnMut() -> u64 {
    move || u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A bar on a terminal, nothing elsewhere.
fn progress(days: usize, is_quiet: bool) -> ProgressBar {
    if is_quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(days as u64);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} days") {
        bar.set_style(style);
    }
    bar
}
