//! What the node says of itself in the field's state, and when.

use gofarm_core::command::Report;
use gofarm_core::time::Instant;

use super::{Power, ValveNode};
use crate::season::message::ToGateway;
use crate::season::radio::Radio;
use crate::season::referee::Referee;
use crate::season::replica::FieldReplica;
use crate::season::state::LastCommand;

/// What flows through the open valve: 10 mm/h on 0.36 ha.
const LITRES_PER_SECOND: u64 = 10;

impl ValveNode {
    /// Writes what is new into the field's state, and sends what the gateway lacks; after everything else.
    pub(in crate::season) fn sync(
        &mut self,
        now: Instant,
        radio: &mut Radio,
        referee: &mut Referee,
    ) {
        let Power::On { clock, .. } = self.power else {
            return;
        };
        let clock = clock.now(now);
        let field = self.state.read();
        if field.open.get() != Some(&self.pipe.is_flowing()) {
            self.publish_flow(now, referee);
        }
        if let Some((id, Report::Ended(outcome))) = self.ended.front() {
            let last = LastCommand::new(*id, *outcome);
            if self.state.read().last_command.get() != Some(&last) {
                self.state
                    .write(clock, |field| field.last_command.set(last));
            }
        }
        self.state.transmit(clock, |_, frame| {
            radio.send_to_gateway(now, ToGateway::Sync(frame));
        });
    }

    /// What the node does every quarter of an hour.
    pub(in crate::season) fn housekeep(&mut self, now: Instant, referee: &mut Referee) {
        if let Power::On { clock, .. } = self.power {
            if self.quarters.is_multiple_of(96) {
                self.state.maintain(clock.now(now));
            }
            self.quarters += 1;
            if self.pipe.is_flowing() {
                self.publish_flow(now, referee);
            }
        }
    }

    /// Writes whether water flows and how much did.
    fn publish_flow(&mut self, now: Instant, referee: &mut Referee) {
        let Power::On { clock, .. } = self.power else {
            return;
        };
        let open = self.pipe.is_flowing();
        let litres = self.pipe.take_metered(now) * LITRES_PER_SECOND;
        self.state.write(clock.now(now), |field| {
            field.open.set(open);
            field.litres.add(litres);
        });
        referee.committed_litres(litres);
    }

    /// Somebody at the valve sets how far the soil is to be filled up.
    pub(in crate::season) fn set_by_hand(&mut self, now: Instant, stop_at: f32) {
        if let Power::On { clock, .. } = self.power {
            self.state
                .write(clock.now(now), |field| field.stop_at.set(stop_at));
        }
    }

    pub(in crate::season) fn state(&self) -> &FieldReplica {
        &self.state
    }
}
