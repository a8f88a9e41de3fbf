//! One probe as the controller sees it: every sample through quality and contract.

use gofarm_core::observe::Observer;
use gofarm_core::quality::{Grade, Pipeline, Quality};
use gofarm_core::reading::Reading;
use gofarm_core::time::Instant;
use gofarm_core::{Device, Validate};

use crate::season::contract::SoilProbe;

/// The readings of one probe.
#[derive(Debug)]
pub(super) struct WaterReading {
    water: Pipeline,
    temperature: Pipeline,
}

impl WaterReading {
    pub(super) fn new() -> Self {
        // The rules are those of the contract; a property that it does not have would have none.
        let rules = |name| {
            SoilProbe::DESCRIPTOR
                .property(name)
                .map_or_else(Pipeline::new, Pipeline::of)
        };
        Self {
            water: rules("water"),
            temperature: rules("temperature"),
        }
    }

    /// Takes a sample, or that there was none, and gives its water content in m³/m³, or says why not.
    pub(super) fn take(
        &mut self,
        now: Instant,
        sample: Option<SoilProbe>,
        observer: &impl Observer,
    ) -> Result<f32, &'static str> {
        let Some(raw) = sample else {
            self.water.failed();
            self.temperature.failed();
            let quality = self.water.quality(now);
            observer.observe(&quality.signal());
            return Err(quality.as_str());
        };
        let water = self.water.assess(now, raw.water);
        let temperature = self.temperature.assess(now, raw.temperature);
        let quality: Quality = water.quality().worst(temperature.quality());
        observer.observe(&quality.signal());
        if !quality.satisfies(Grade::Good) {
            return Err(quality.as_str());
        }
        let reading = Reading::new(raw, now)
            .graded(quality)
            .numbered(water.sequence());
        let good = reading.validated().map_err(|_| "contract")?;
        Ok(good.value().water)
    }
}
