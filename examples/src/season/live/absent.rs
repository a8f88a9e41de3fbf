//! [`Screen`] of a program that was built without the feature `live`.

use core::time::Duration;

use super::{LiveError, View, Wish};

/// A screen that never starts: the feature `live` is off.
#[derive(Debug)]
pub enum Screen {}

impl Screen {
    /// Says that it is not there.
    ///
    /// # Errors
    /// [`LiveError::NotBuilt`], always.
    pub fn start() -> Result<Self, LiveError> {
        Err(LiveError::NotBuilt)
    }

    /// Draws `view`, if a redraw is due `since_start`.
    ///
    /// # Errors
    /// Never: there is no such screen.
    pub fn show(&mut self, _since_start: Duration, _view: &View) -> Result<(), LiveError> {
        match *self {}
    }

    /// Waits, and hears what a person wants.
    ///
    /// # Errors
    /// Never: there is no such screen.
    pub fn wait(&mut self, _at_most: Option<Duration>) -> Result<Wish, LiveError> {
        match *self {}
    }
}
