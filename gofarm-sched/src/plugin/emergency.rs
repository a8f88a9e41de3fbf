//! [`Emergencies`]: a rain alert makes the work of wet plots harvest-critical for a time.

use alloc::string::String;

use gofarm_core::time::Instant;
use hashbrown::HashMap;

use super::{MoistureMap, VolumetricMoisture};
use crate::priority::PriorityClass;
use crate::request::Request;

/// Which plots are harvest-critical, and until when.
///
/// Requests pass through [`apply`](Self::apply) before they are placed. What was placed before an alert keeps its
/// priority: place it again where that matters. An alert ends by its time; nothing has to be called for that.
///
/// ```
/// use gofarm_core::time::{Instant, hours};
/// use gofarm_sched::plugin::{Emergencies, MoistureMap, VolumetricMoisture};
/// use gofarm_sched::priority::PriorityClass;
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::Ask;
///
/// let mut map = MoistureMap::new();
/// map.measured("7", VolumetricMoisture::new(0.38)?, Instant::ZERO);
/// let mut emergencies = Emergencies::new();
/// let until = Instant::ZERO + hours(6);
/// emergencies.rain_alert(&map, VolumetricMoisture::new(0.35)?, until);
///
/// let request = || Request::new(Ask::NOTHING).label("plot", "7");
/// let urgent = emergencies.apply(request(), Instant::ZERO);
/// assert_eq!(urgent.urgency(), PriorityClass::URGENT_HARVEST.value());
/// assert_eq!(urgent.labels().get("emergency"), Some("harvest-critical"));
/// assert_eq!(emergencies.apply(request(), until), request());
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Emergencies {
    until: HashMap<String, Instant>,
}

/// How many plots an alert concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Marked {
    /// Wet ones, which are harvest-critical now.
    pub critical: usize,
    /// Plots whose moisture is not known; they are not marked.
    pub unknown: usize,
}

impl Emergencies {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rain is coming: plots at least this wet are harvest-critical until then, if not for longer already.
    pub fn rain_alert(
        &mut self,
        map: &MoistureMap,
        wet: VolumetricMoisture,
        until: Instant,
    ) -> Marked {
        let mut marked = Marked {
            critical: 0,
            unknown: 0,
        };
        for plot in map.plots() {
            match map.moisture(plot) {
                None => marked.unknown += 1,
                Some(moisture) if moisture >= wet => {
                    marked.critical += 1;
                    self.mark(plot, until);
                }
                Some(_) => {}
            }
        }
        marked
    }

    /// Makes one plot harvest-critical until then, if it is not for longer already.
    pub fn mark(&mut self, plot: &str, until: Instant) {
        let end = self.until.entry_ref(plot).or_insert(until);
        *end = (*end).max(until);
    }

    /// The emergency of a plot is over.
    pub fn clear(&mut self, plot: &str) {
        self.until.remove(plot);
    }

    /// Whether a plot is harvest-critical; not any more at the end of its time.
    #[must_use]
    pub fn is_critical(&self, plot: &str, now: Instant) -> bool {
        self.until.get(plot).is_some_and(|until| now < *until)
    }

    /// The request, raised to [`PriorityClass::URGENT_HARVEST`] and labelled `emergency` if its plot (its label
    /// `plot`) is harvest-critical; never lowered.
    #[must_use]
    pub fn apply(&self, request: Request, now: Instant) -> Request {
        let plot = request.labels().get("plot");
        if !plot.is_some_and(|plot| self.is_critical(plot, now)) {
            return request;
        }
        let urgency = request.urgency().max(PriorityClass::URGENT_HARVEST.value());
        request
            .priority(urgency)
            .label("emergency", "harvest-critical")
    }
}
