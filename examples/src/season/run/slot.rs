//! A quarter of an hour: what is measured, decided and placed at its start.

use core::time::Duration;

use gofarm_core::time::minutes;

use super::{GATEWAYS, Season, Stopwatch};
use crate::season::controller::Quarter;
use crate::season::gateway::{Input, Output};
use crate::season::party::Party;
use crate::season::plan::{FIELDS, Plan};
use crate::season::site::{Affairs, Slot};

const SLOT: Duration = minutes(15);
/// A gateway loses its power for a moment about every fourth day.
const POWER_CUTS: u64 = 400;

impl Season<'_> {
    /// Moves the fields' water, samples, decides, and then everything that happens until the next slot.
    pub(super) fn play_slot(&mut self, slot: usize, stopwatch: &mut impl Stopwatch) {
        let mut opens = None;
        for place in 0..FIELDS {
            opens = opens.max(self.play_field(place, slot, stopwatch));
        }
        let mut gateway_restarts = false;
        for party in GATEWAYS {
            let background = self.plan.background;
            if background.strikes(&mut self.accidents, POWER_CUTS) && self.may_restart(party) {
                self.tell(party, Input::PowerCut);
                self.tell_link(party);
                gateway_restarts |= party == Party::Gateway1;
            }
        }
        self.play_site(slot, opens, gateway_restarts);
        self.reach_nodes();
        self.happen();
        self.play_until(self.now + SLOT);
        self.note_quarter();
    }

    /// One field; the length of the run that was opened.
    fn play_field(
        &mut self,
        place: usize,
        slot: usize,
        stopwatch: &mut impl Stopwatch,
    ) -> Option<Duration> {
        let now = self.now;
        let field = self.plots[place].number();
        let home = Plan::home(field);
        let plot = &mut self.plots[place];
        plot.step(now, slot);
        plot.housekeep(now);
        if self.standings[home.index()].is_dark {
            return None;
        }
        let (rain, flow) = (plot.field.course().rain(slot), plot.valve.flow());
        self.hand(home, Input::Poll { field }, &mut || 0);
        let gateway = &mut self.gateways[home.index()];
        let mut outputs = core::iter::from_fn(|| gateway.poll_output());
        let may = outputs.find_map(|output| match output {
            Output::Poll { probes, .. } => Some(probes),
            _ => None,
        });
        let samples = self.plots[place].sample(now, slot, may.unwrap_or_default());
        let quarter = Quarter {
            samples,
            rain,
            flow,
        };
        let nanos = self.hand(home, Input::Quarter { field, quarter }, stopwatch);
        self.decision_nanos.push(nanos);
        let opened = self.route(home);
        if self.plots[place].is_mended(now) {
            self.tell(home, Input::Mended { field });
        }
        opened
    }

    /// Tells the site's machines what happens in the slot.
    fn play_site(&mut self, slot: usize, opens: Option<Duration>, gateway_restarts: bool) {
        let course = self.plots[0].field.course();
        let copies = self.gateways[0].copies();
        let is_open = |number| copies.field(number).read().open.get() == Some(&true);
        #[expect(clippy::cast_possible_truncation, reason = "°C and mm")]
        let affairs = Affairs {
            by_day: (7 * 4..18 * 4).contains(&slot),
            hottest: course.hottest() as f32,
            rain: course.rain(slot) as f32,
            watering: Plan::fields().any(is_open),
        };
        let first = self.gateways[0].controllers().first();
        let slot = Slot {
            number: slot,
            daylight: course.daylight(slot),
            affairs,
            water: first.and_then(|controller| controller.water_content(self.now)),
            opens,
            gateway_restarts,
        };
        self.site.play(self.now, &slot);
    }

    /// Says which nodes the cloud reaches.
    fn reach_nodes(&mut self) {
        for (place, plot) in self.plots.iter().enumerate() {
            let home = Plan::home(plot.number());
            let is_linked = |party: Party| {
                let standing = &self.standings[party.index()];
                standing.is_linked && !standing.is_dark
            };
            let is_reached =
                is_linked(Party::Cloud) && is_linked(home) && plot.radio.is_connected();
            self.firmware.set_reachable(place, is_reached);
        }
    }
}
