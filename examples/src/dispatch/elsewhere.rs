//! What stands in for the rest of the farm: two machines that report, people who want things done, work that ends.

use core::time::Duration;
use std::collections::HashMap;

use gofarm_core::time::{millis, secs};
use gofarm_sched::load::Load;
use gofarm_sched::node::Node;
use gofarm_sched::placement::PlacementId;
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};
use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::task::JoinSet;

use super::{Answer, Message};

const GIB: u64 = 1 << 30;
/// Between two reports of a machine, and between two jobs.
const REPORT: Duration = secs(1);
const ARRIVAL: Duration = millis(250);

/// The other machines.
#[must_use]
pub fn machines() -> [Node; 2] {
    [
        Node::new("barn", Resources::new(8_000, 16 * GIB)).zone("yard"),
        Node::new("greenhouse", Resources::new(4_000, 8 * GIB)).zone("south"),
    ]
}

/// Sends so many jobs, starts what is answered, and tells what came of it; ends when all have ended or were refused.
///
/// Every fifth job fails; the last one asks for more than there is.
pub async fn play(
    jobs: u64,
    messages: Sender<Message>,
    mut answers: UnboundedReceiver<Answer>,
    mut tell: impl FnMut(&Answer),
) {
    let mut reports = tokio::time::interval(REPORT);
    let mut arrivals = tokio::time::interval(ARRIVAL);
    let mut works: JoinSet<(PlacementId, u64)> = JoinSet::new();
    let mut busy: HashMap<PlacementId, String> = HashMap::new();
    let (mut sent, mut over) = (0, 0);
    while over < jobs {
        let message = tokio::select! {
            biased;
            _ = reports.tick() => {
                for machine in machines() {
                    let report = report(&machine, &busy);
                    if messages.send(report).await.is_err() {
                        return;
                    }
                }
                continue;
            }
            Some(answer) = answers.recv() => {
                tell(&answer);
                match answer {
                    Answer::Start { job, machine, placement, .. } => {
                        busy.insert(placement, machine);
                        works.spawn(async move {
                            tokio::time::sleep(secs(1 + job % 4)).await;
                            (placement, job)
                        });
                    }
                    Answer::Refused { .. } => over += 1,
                }
                continue;
            }
            Some(Ok((placement, job))) = works.join_next() => {
                busy.remove(&placement);
                over += 1;
                Message::Ended { placement, well: job % 5 != 4 }
            }
            _ = arrivals.tick(), if sent < jobs => {
                sent += 1;
                let ask = if sent == jobs {
                    Ask::new(64_000, GIB)
                } else {
                    Ask::new(1_000, GIB / 2)
                };
                Message::Job { job: sent, request: Request::new(ask).group("images") }
            }
        };
        if messages.send(message).await.is_err() {
            return;
        }
    }
}

/// A machine's report: something of its own, and the jobs that run there.
fn report(machine: &Node, busy: &HashMap<PlacementId, String>) -> Message {
    let here = busy.values().filter(|name| *name == machine.name()).count();
    let share = here as f32 * 1_000.0 / machine.capacity().cpu_milli() as f32;
    let load = Load::new().cpu(0.1 + share).memory(0.3).io_wait(0.02);
    Message::Report {
        machine: machine.name().to_owned(),
        load,
    }
}
