//! [`Layout`]: where slots and state lie in the flash.

use embedded_storage::nor_flash::NorFlash;
use gofarm_core::error::{Classify, Kind};

use super::image::MANIFEST_LEN;
use super::state::RECORD_LEN;

/// One of the two places for an image.
///
/// ```
/// use gofarm_hal::update::Slot;
///
/// assert_eq!(Slot::First.other(), Slot::Second);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a bootloader has to handle both")]
pub enum Slot {
    /// The one that a new device starts from.
    First,
    /// The other one.
    Second,
}

impl Slot {
    /// The slot that this one is not.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// Where the two slots and the state area begin in one flash, and how long a slot is; in bytes.
///
/// An image lies at the start of its slot, so that a vector table there is aligned; the last erase page of a slot
/// holds its manifest. The state area is two erase pages. The flash of a bootloader lies outside all three.
///
/// ```
/// use gofarm_hal::update::{Layout, Slot};
///
/// // 1 MiB with pages of 4 KiB: 16 KiB of bootloader, 8 KiB of state, two slots.
/// const LAYOUT: Layout = Layout::new(0x4000, 0x1_0000, 0x8_0000, 0x7_0000);
/// assert_eq!(LAYOUT.start(Slot::Second), 0x8_0000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Layout {
    state: u32,
    first: u32,
    second: u32,
    slot_len: u32,
}

impl Layout {
    /// The layout with its state area at `state` and slots of `slot_len` bytes at `first` and `second`.
    ///
    /// It is checked against the flash by [`check`](Self::check), which everything that takes a layout calls.
    #[must_use]
    pub const fn new(state: u32, first: u32, second: u32, slot_len: u32) -> Self {
        Self {
            state,
            first,
            second,
            slot_len,
        }
    }

    /// Where `slot` begins, in bytes from the start of the flash: what a bootloader jumps to.
    #[must_use]
    pub const fn start(&self, slot: Slot) -> u32 {
        match slot {
            Slot::First => self.first,
            Slot::Second => self.second,
        }
    }

    /// The most bytes of an image: a slot without the page of its manifest.
    #[must_use]
    pub const fn max_image_len<F: NorFlash>(&self) -> u32 {
        self.slot_len.saturating_sub(page::<F>())
    }

    /// Where the state page `index` (0 or 1) begins.
    pub(super) const fn state_page<F: NorFlash>(&self, index: u8) -> u32 {
        match index {
            0 => self.state,
            _ => self.state.wrapping_add(page::<F>()),
        }
    }

    /// Where the manifest of `slot` lies.
    pub(super) const fn manifest<F: NorFlash>(&self, slot: Slot) -> u32 {
        self.start(slot).wrapping_add(self.max_image_len::<F>())
    }

    /// Whether the areas are aligned to erase pages, lie inside the flash and do not overlap.
    ///
    /// That the flash's own sizes fit is checked when this is compiled: reads and writes of a power of two up to 64
    /// bytes, erase pages of at least 256.
    ///
    /// # Errors
    /// [`LayoutError`] with the area that is wrong.
    pub fn check<F: NorFlash>(&self, flash: &F) -> Result<(), LayoutError> {
        const {
            assert!(
                RECORD_LEN.is_multiple_of(F::WRITE_SIZE) && RECORD_LEN.is_multiple_of(F::READ_SIZE)
            );
            assert!(F::ERASE_SIZE >= MANIFEST_LEN && F::ERASE_SIZE.is_multiple_of(RECORD_LEN));
            assert!(F::ERASE_SIZE <= 1 << 30);
        }
        let page = page::<F>();
        let areas = [
            (self.state, page.wrapping_mul(2)),
            (self.first, self.slot_len),
            (self.second, self.slot_len),
        ];
        for (index, &(start, len)) in areas.iter().enumerate() {
            if start % page != 0 || len % page != 0 || len < page.wrapping_mul(2) {
                return Err(LayoutError::Unaligned { start, len });
            }
            let end = u64::from(start) + u64::from(len);
            if usize::try_from(end).map_or(true, |end| end > flash.capacity()) {
                return Err(LayoutError::Outside { start, len });
            }
            for &(other, other_len) in areas.get(index + 1..).unwrap_or_default() {
                let other_end = u64::from(other) + u64::from(other_len);
                if u64::from(start) < other_end && u64::from(other) < end {
                    return Err(LayoutError::Overlap { start, other });
                }
            }
        }
        Ok(())
    }
}

/// The flash's erase page, in bytes.
#[expect(
    clippy::cast_possible_truncation,
    reason = "at most 1 GiB, asserted by Layout::check"
)]
pub(super) const fn page<F: NorFlash>() -> u32 {
    F::ERASE_SIZE as u32
}

/// Why a [`Layout`] does not suit a flash.
///
/// ```
/// use gofarm_hal::update::LayoutError;
///
/// let error = LayoutError::Overlap { start: 0, other: 4096 };
/// assert_eq!(error.to_string(), "the areas at 0 and 4096 overlap");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LayoutError {
    /// An area does not begin or end at an erase page, or is shorter than two.
    #[error("the area of {len} bytes at {start} is not two or more whole erase pages")]
    Unaligned {
        /// Where it begins, in bytes.
        start: u32,
        /// Its length in bytes.
        len: u32,
    },
    /// An area ends behind the flash.
    #[error("the area of {len} bytes at {start} is not inside the flash")]
    Outside {
        /// Where it begins, in bytes.
        start: u32,
        /// Its length in bytes.
        len: u32,
    },
    /// Two areas share bytes.
    #[error("the areas at {start} and {other} overlap")]
    Overlap {
        /// Where one begins, in bytes.
        start: u32,
        /// Where the other begins, in bytes.
        other: u32,
    },
}

impl Classify for LayoutError {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }
}
