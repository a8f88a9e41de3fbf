//! What a person sees of a season while it goes on.

use gofarm_resilience::policy::breaker::Phase;

use super::Season;
use crate::season::live::{BreakerView, FieldView, LinkView, View};

/// So many of the last decisions and incidents.
pub(super) const SHOWN: usize = 20;

impl Season<'_> {
    /// What a person sees of it now.
    #[must_use]
    pub fn view(&self) -> View {
        let history = self.chronicle.history();
        let last = self.days.get(usize::from(self.played).saturating_sub(1));
        let fields = self.plots.iter().enumerate().map(|(place, plot)| {
            let water = plot.field.water();
            let copies = self.gateways[0].copies();
            FieldView {
                name: format!("field {}", plot.number()),
                water_content: self.trusted(plot.number()),
                depletion_mm: water.depletion,
                readily_available_mm: water.readily_available,
                total_available_mm: water.total_available,
                is_open: copies.field(plot.number()).read().open.get().copied(),
                is_up: plot.radio.is_connected(),
                history: history.of(place).map(|(_, day)| day.depletion_mm).collect(),
            }
        });
        let links = self.links().into_iter();
        let breakers = self.breakers().into_iter();
        let incidents = history.incidents.iter().rev().take(SHOWN);
        View {
            title: format!("{}, seed {}", self.plan.crop.name, self.plan.seed),
            date: last.map(|day| day.date),
            played: usize::from(self.played),
            days: self.days.len(),
            fields: fields.collect(),
            links: links
                .map(|(name, is_up)| LinkView { name, is_up })
                .collect(),
            breakers: breakers
                .map(|(name, phase)| BreakerView {
                    name,
                    state: phase.as_str(),
                    is_closed: phase == Phase::Closed,
                })
                .collect(),
            decisions: self.chronicle.decisions().to_vec(),
            incidents: incidents
                .map(|incident| format!("{} {}", incident.at, incident.text))
                .collect(),
        }
    }
}
