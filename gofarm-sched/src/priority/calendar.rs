//! [`CropCalendar`]: what a crop's growth stage adds to the priority of its work.

use alloc::vec::Vec;

use gofarm_core::time::UnixMillis;

use super::PriorityClass;
use crate::ConfigError;

/// A principal growth stage of the BBCH scale, 0..=9; match it fully.
///
/// Source: Meier (ed.), *Growth stages of mono- and dicotyledonous plants, BBCH Monograph*, 2nd edition, 2001.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum GrowthStage {
    /// 0: germination, sprouting, bud development.
    Germination = 0,
    /// 1: leaf development.
    Leaves = 1,
    /// 2: formation of side shoots, tillering.
    SideShoots = 2,
    /// 3: stem elongation, rosette growth.
    Stem = 3,
    /// 4: development of harvestable vegetative parts, booting.
    Booting = 4,
    /// 5: emergence of the inflorescence, heading.
    Inflorescence = 5,
    /// 6: flowering.
    Flowering = 6,
    /// 7: development of fruit.
    Fruit = 7,
    /// 8: ripening.
    Ripening = 8,
    /// 9: senescence, beginning of dormancy.
    Senescence = 9,
}

impl GrowthStage {
    /// How many there are.
    pub const COUNT: usize = 10;
}

/// When a crop enters its growth stages, and what each adds to a priority.
///
/// By default the stages at which a day without water costs yield add most: flowering 20 000, fruit 10 000,
/// ripening 50 000, germination and inflorescence 5 000, the others nothing. A raised priority stays below
/// [`PriorityClass::URGENT_HARVEST`]: a season's plan does not outrank what a person calls urgent.
///
/// ```
/// use gofarm_core::time::{UnixMillis, days};
/// use gofarm_sched::priority::{CropCalendar, GrowthStage};
///
/// let sown = UnixMillis::new(1_790_000_000_000);
/// let tomatoes = CropCalendar::new(&[
///     (sown, GrowthStage::Germination),
///     (sown + days(60), GrowthStage::Flowering),
/// ])?;
/// assert_eq!(tomatoes.priority(1_000, Some(sown + days(61))), 21_000);
/// // Without a known date nothing is raised.
/// assert_eq!(tomatoes.priority(1_000, None), 1_000);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CropCalendar {
    starts: Vec<(UnixMillis, GrowthStage)>,
    raises: [u32; GrowthStage::COUNT],
}

impl CropCalendar {
    /// A calendar by when each stage begins; a stage lasts until the next one.
    ///
    /// # Errors
    /// The beginnings are not in ascending order.
    pub fn new(starts: &[(UnixMillis, GrowthStage)]) -> Result<Self, ConfigError> {
        if !starts.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(ConfigError::new("starts", "in ascending order"));
        }
        Ok(Self {
            starts: starts.to_vec(),
            raises: [5_000, 0, 0, 0, 0, 5_000, 20_000, 10_000, 50_000, 0],
        })
    }

    /// The same with another raise for a stage.
    #[must_use]
    pub const fn raise(mut self, stage: GrowthStage, by: u32) -> Self {
        self.raises[stage as usize] = by;
        self
    }

    /// The stage at a time; `None` before the first.
    #[must_use]
    pub fn stage(&self, at: UnixMillis) -> Option<GrowthStage> {
        let begun = self.starts.partition_point(|(start, _)| *start <= at);
        self.starts
            .get(begun.checked_sub(1)?)
            .map(|(_, stage)| *stage)
    }

    /// A priority, raised by the stage at that time; never lowered.
    #[must_use]
    pub fn priority(&self, base: i32, at: Option<UnixMillis>) -> i32 {
        let stage = at.and_then(|at| self.stage(at));
        let by = stage.map_or(0, |stage| self.raises[stage as usize]);
        let most = PriorityClass::URGENT_HARVEST.value() - 1;
        base.saturating_add_unsigned(by).min(most).max(base)
    }
}
