//! [`Search`]: who is on the bus.

use super::fault::Fault;
use super::rom::Rom;

/// The search for the addresses on a bus (Maxim application note 187), pass by pass.
///
/// All devices say the same bit and its inverse at once; where both read 0 there are devices of either kind, and the
/// search takes one way now and the other in a later pass. Each pass finds one device.
///
/// The usual algorithm never ends if the bus makes up branches. Here every pass has to come out behind the one before
/// in the order of the search, an address must have its CRC, a pass that fails is repeated [`RETRIES`](Self::RETRIES)
/// times and ends the search then, and so do more than [`LIMIT`](Self::LIMIT) devices.
///
/// [`Line::poll_search`](super::Line::poll_search) runs it.
///
/// ```
/// use gofarm_hal::one_wire::{Found, Rom, Search};
///
/// let mut search = Search::all();
/// assert_eq!(search.command(), 0xF0);
/// let only = Rom::new(0x28, [1, 2, 3, 4, 5, 6])?;
/// let bits = u64::from_le_bytes(only.to_bytes());
/// for bit in 0..64 {
///     let one = bits >> bit & 1 == 1;
///     assert_eq!(search.branch(one, !one), Ok(one));
/// }
/// assert_eq!(search.end_pass(), Ok(Found { rom: only, is_last: true }));
/// # Ok::<(), gofarm_hal::one_wire::RomError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Search {
    command: u8,
    /// The address of the pass before.
    last: u64,
    /// The last bit at which that pass took 0 and could have taken 1; 64 if there was none.
    turn: u8,
    current: u64,
    bit: u8,
    open: u8,
    found: u16,
    failed: u8,
    is_over: bool,
}

/// A device that was found; see [`Search::end_pass`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "a pass finds this and no more")]
pub struct Found {
    /// Its address.
    pub rom: Rom,
    /// Whether the search is over.
    pub is_last: bool,
}

/// The commands that start a pass.
const ALL: u8 = 0xF0;
const ALARMED: u8 = 0xEC;

/// No bit.
const NONE: u8 = 64;

impl Search {
    /// How often a pass that failed is repeated.
    pub const RETRIES: u8 = 3;
    /// The most devices: far above what a line carries.
    pub const LIMIT: u16 = 256;

    /// A search for all devices.
    #[must_use]
    pub const fn all() -> Self {
        Self::of(ALL)
    }

    /// A search for the devices whose alarm condition holds; for the DS18B20 a temperature outside its limits.
    #[must_use]
    pub const fn alarmed() -> Self {
        Self::of(ALARMED)
    }

    const fn of(command: u8) -> Self {
        Self {
            command,
            last: 0,
            turn: NONE,
            current: 0,
            bit: 0,
            open: NONE,
            found: 0,
            failed: 0,
            is_over: false,
        }
    }

    /// The command that starts each pass.
    #[must_use]
    pub const fn command(&self) -> u8 {
        self.command
    }

    /// Whether there is no further pass.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// How many devices were found so far.
    #[must_use]
    pub const fn found(&self) -> u16 {
        self.found
    }

    /// The devices said `bit` and then `inverse`; gives the way that the master has to write.
    ///
    /// # Errors
    /// [`Fault::SearchLost`] if nobody answered, [`Fault::SearchChanged`] if the way of the pass before is gone. The pass
    /// is void then.
    pub fn branch(&mut self, bit: bool, inverse: bool) -> Result<bool, Fault> {
        let at = self.bit;
        let before = self.last >> at & 1 == 1;
        // Until the turn the way is that of the pass before, and at the turn it is 1.
        let wanted = match self.turn {
            NONE => None,
            turn if at < turn => Some(before),
            turn if at == turn => Some(true),
            _ => None,
        };
        let way = match (bit, inverse, wanted) {
            (true, true, _) => return Err(Fault::SearchLost { bit: at }),
            (false, false, Some(wanted)) => wanted,
            (false, false, None) => false,
            (bit, _, Some(wanted)) if bit != wanted => {
                return Err(Fault::SearchChanged { bit: at });
            }
            (bit, _, _) => bit,
        };
        if !bit && !inverse && !way {
            self.open = at;
        }
        if way {
            self.current |= 1 << (at & 63);
        }
        self.bit = at.saturating_add(1).min(NONE);
        Ok(way)
    }

    /// Whether all 64 bits of a pass are known.
    #[must_use]
    pub const fn is_pass_complete(&self) -> bool {
        self.bit == NONE
    }

    /// Ends a pass of 64 bits.
    ///
    /// # Errors
    /// [`Fault::SearchCrc`] if they are no address, [`Fault::SearchLost`] if they are fewer, [`Fault::SearchLimit`].
    pub fn end_pass(&mut self) -> Result<Found, Fault> {
        if self.bit != NONE {
            return Err(Fault::SearchLost { bit: self.bit });
        }
        let rom = Rom::from_bytes(self.current.to_le_bytes()).map_err(|_| Fault::SearchCrc)?;
        if self.found >= Self::LIMIT {
            self.is_over = true;
            return Err(Fault::SearchLimit { limit: Self::LIMIT });
        }
        self.found += 1;
        self.failed = 0;
        self.last = self.current;
        self.turn = self.open;
        self.is_over = self.open == NONE;
        self.begin_pass();
        Ok(Found {
            rom,
            is_last: self.is_over,
        })
    }

    /// A pass failed; true if it is worth repeating, false if the search is over.
    #[must_use = "false is the end of the search"]
    pub fn fail_pass(&mut self) -> bool {
        self.begin_pass();
        self.failed = self.failed.saturating_add(1);
        if self.failed > Self::RETRIES {
            self.is_over = true;
        }
        !self.is_over
    }

    /// Whether a fault of the first pass says that nobody is there, or that nobody has an alarm.
    pub(super) fn is_nobody(&self, fault: Fault) -> bool {
        self.found == 0
            && match fault {
                Fault::NoPresence => true,
                Fault::SearchLost { bit: 0 } => self.command != ALL,
                _ => false,
            }
    }

    /// Ends the search.
    pub(super) fn finish(&mut self) {
        self.is_over = true;
    }

    pub(super) fn begin_pass(&mut self) {
        self.current = 0;
        self.bit = 0;
        self.open = NONE;
    }
}
