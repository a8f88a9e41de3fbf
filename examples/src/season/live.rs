//! A season as it goes on, on a terminal: what `--live` shows.
//!
//! A season is played in seconds, and nobody sees a link go down and a breaker open in a second. So the caller plays it
//! at a [`Pace`], and gives a [`View`] of it to a [`Screen`]: plain data, so that what is shown can be tested without a
//! terminal.
//!
//! The screen needs the feature `live`, which is off by default: a first run of the example should not wait for a
//! terminal library to be built. Without it there is the same [`Screen`], which never starts and says so.
//!
//! The terminal is as before when the screen is dropped, and also when the program panics. A signal that ends the
//! program at once, such as SIGKILL or SIGTERM, leaves it as it is; `reset` mends it.

#[cfg(not(feature = "live"))]
mod absent;
#[cfg(feature = "live")]
mod draw;
mod pace;
#[cfg(feature = "live")]
mod screen;
mod view;

use std::io;

use gofarm_core::error::{Classify, Kind};

#[cfg(not(feature = "live"))]
pub use self::absent::Screen;
pub use self::pace::{Frames, Pace, PaceError};
#[cfg(feature = "live")]
pub use self::screen::Screen;
pub use self::view::{BreakerView, FieldView, LinkView, View};

/// Whether a person wants to see more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a person who asked for the end waits for it"]
pub enum Wish {
    /// The season goes on.
    GoOn,
    /// It ends here: q, Esc or Ctrl-C.
    End,
}

/// Why a season cannot be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The program was built without the feature `live`.
    #[error(
        "--live is not in this program; it is with: cargo run --release --features live --bin season -- --live"
    )]
    NotBuilt,
    /// Standard output is not a terminal.
    #[error("--live needs a terminal, and standard output is none")]
    NoTerminal,
    /// The terminal fails.
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] io::Error),
}

impl Classify for LiveError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotBuilt | Self::NoTerminal => Kind::Invalid,
            Self::Io(_) => Kind::Permanent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_shown_is_told_in_one_line() {
        for error in [
            LiveError::NotBuilt,
            LiveError::NoTerminal,
            LiveError::from(io::Error::other("gone")),
        ] {
            assert_eq!(error.to_string().lines().count(), 1);
            assert!(!error.kind().is_retryable());
        }
    }

    #[cfg(not(feature = "live"))]
    #[test]
    fn without_the_feature_the_screen_says_how_to_build_it() {
        let error = Screen::start().unwrap_err();
        assert!(error.to_string().contains("--features live"));
    }
}
