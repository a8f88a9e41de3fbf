//! What a bootloader does: [`choose`] a slot, count the attempt, jump.

use embedded_storage::nor_flash::NorFlash;

use super::layout::{Layout, Slot};
use super::state::{Journal, Phase, State};

/// The slot to start, and why.
///
/// See [`choose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a bootloader jumps to the slot that was chosen"]
pub struct Choice {
    slot: Slot,
    reason: Reason,
}

impl Choice {
    /// The slot to start: jump to [`Layout::start`] of it.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.slot
    }

    /// Why this slot.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }
}

/// Why a slot was chosen.
///
/// See [`choose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reason {
    /// It was confirmed and nothing is on trial.
    Confirmed,
    /// A new image is on trial; it falls back when the attempts are used up without a confirmation.
    Trial {
        /// Which attempt this is, from 1.
        attempt: u8,
        /// How many there are.
        allowed: u8,
    },
    /// The other slot's image has used up its attempts.
    RolledBack,
    /// The other slot's image is on trial, but the flash did not take the record of an attempt. To start it without
    /// counting could repeat for ever.
    AttemptNotRecorded,
}

/// Which slot to start in `state`: a pure function, the whole rule.
///
/// For a trial the attempt has to be written down before the jump; [`start`] does both.
///
/// ```
/// use gofarm_hal::update::{Reason, Slot, State, choose};
///
/// let choice = choose(&State::NEW);
/// assert_eq!((choice.slot(), choice.reason()), (Slot::First, Reason::Confirmed));
/// ```
pub const fn choose(state: &State) -> Choice {
    let (slot, reason) = match state.phase {
        Phase::Trying { used, allowed, .. } if used < allowed => {
            let attempt = used.saturating_add(1);
            (state.confirmed.other(), Reason::Trial { attempt, allowed })
        }
        Phase::Trying { .. } => (state.confirmed, Reason::RolledBack),
        _ => (state.confirmed, Reason::Confirmed),
    };
    Choice { slot, reason }
}

/// Reads the state, chooses, and writes down the attempt if a new image is on trial.
///
/// A reset of any cause while an image is on trial (watchdog, brown-out, panic) counts: the attempt is in the flash
/// before the jump. Nothing is written when nothing is on trial. The [`Layout`] is taken as checked: a bootloader
/// builds it as a constant, and the image calls [`Layout::check`] when it opens its receiver.
///
/// # Errors
/// The flash's error if the state could not be read. A bootloader tries again, then resets.
///
/// ```
/// # use core::convert::Infallible;
/// # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
/// # struct Blank;
/// # impl ErrorType for Blank { type Error = Infallible; }
/// # impl ReadNorFlash for Blank {
/// #     const READ_SIZE: usize = 1;
/// #     fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), Infallible> { bytes.fill(0xff); Ok(()) }
/// #     fn capacity(&self) -> usize { 1 << 20 }
/// # }
/// # impl NorFlash for Blank {
/// #     const WRITE_SIZE: usize = 4;
/// #     const ERASE_SIZE: usize = 4096;
/// #     fn erase(&mut self, _: u32, _: u32) -> Result<(), Infallible> { Ok(()) }
/// #     fn write(&mut self, _: u32, _: &[u8]) -> Result<(), Infallible> { Ok(()) }
/// # }
/// # let mut flash = Blank;
/// use gofarm_hal::update::{Layout, Slot, start};
///
/// const LAYOUT: Layout = Layout::new(0x4000, 0x1_0000, 0x8_0000, 0x7_0000);
/// let choice = start(&mut flash, &LAYOUT)?;
/// assert_eq!(LAYOUT.start(choice.slot()), 0x1_0000); // jump there
/// # Ok::<(), Infallible>(())
/// ```
pub fn start<F: NorFlash>(flash: &mut F, layout: &Layout) -> Result<Choice, F::Error> {
    let (mut journal, state) = Journal::open(flash, layout)?;
    let choice = choose(&state);
    let (Phase::Trying { counter, .. }, Reason::Trial { attempt, allowed }) =
        (state.phase, choice.reason)
    else {
        return Ok(choice);
    };
    let counted = state.with(Phase::Trying {
        counter,
        used: attempt,
        allowed,
    });
    if journal.write(flash, layout, &counted).is_err() {
        return Ok(Choice {
            slot: state.confirmed,
            reason: Reason::AttemptNotRecorded,
        });
    }
    Ok(choice)
}
