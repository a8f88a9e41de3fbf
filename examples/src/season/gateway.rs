//! A gateway: what an integrator writes around replicas, controllers and links, without any I/O.
//!
//! Everything that happens to it is an [`Input`], everything that it does an [`Output`]. So a season can play it, a flight
//! recorder can keep all of its inputs, and the same inputs give the same outputs, bit for bit.

mod dispatch;
mod packet;

use alloc::collections::VecDeque;
use core::time::Duration;

use gofarm_core::command::{CommandId, Outcome};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::Instant;
use gofarm_crdt::clock::Now;
use gofarm_crdt::dot::Dot;
use serde::{Deserialize, Serialize};

pub(super) use self::dispatch::{Dispatch, Dispatches};
pub(super) use self::packet::Packet;

use super::controller::{Choice, Controller, Issue, Morning, Quarter, Verdict};
use super::copies::Copies;
use super::disk::Disk;
use super::listener::Listener;
use super::message::{ToGateway, ToValve};
use super::party::Party;
use super::plan::Plan;
use super::replica::{Settled, Side};
use super::upkeep::{Configuration, Settings, SettingsAccount};

/// Something that happens to a gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Input {
    /// A new day.
    Morning(Morning),
    /// It is time to poll the probes of a field; which of them may be is in [`Output::Poll`].
    Poll { field: u8 },
    /// A quarter of an hour of a field was measured.
    Quarter { field: u8, quarter: Quarter },
    /// A valve's node says something.
    Heard { field: u8, message: ToGateway },
    /// The connection to the broker is there, or gone.
    Linked(bool),
    /// Another party has sent a packet.
    Packet { from: Party, packet: Vec<u8> },
    /// The disk gets better or worse: whether it is full, and what a commit takes.
    Disk {
        is_full: bool,
        commit_time: Duration,
    },
    /// A person has mended the leak of a field.
    Mended { field: u8 },
    /// The power went, and is back.
    PowerCut,
    /// Time has come for [`Gateway::poll_timeout`].
    Time,
}

/// Something that a gateway does or tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) enum Output {
    /// Which probes of a field to poll.
    Poll { field: u8, probes: [bool; 3] },
    /// A message for a valve's node.
    Radio { field: u8, message: ToValve },
    /// A packet for another party.
    Packet { to: Party, packet: Vec<u8> },
    /// Opens or closes the main to a field.
    Main { field: u8, is_open: bool },
    /// What became of the samples, what was decided on them and why, and what became of that.
    Decided {
        field: u8,
        verdicts: [Verdict; 3],
        choice: Choice,
        issue: Issue,
    },
    /// How a command ended, as far as is known.
    Ended {
        field: u8,
        id: CommandId,
        outcome: Outcome,
    },
    /// Good readings of these probes are durable.
    Committed { field: u8, readings: Vec<(u8, f32)> },
    /// A dispatch to the cloud is durable: from now on it must arrive.
    Dispatched(Dot),
    /// Two writes met, and how it was settled.
    Settled { field: u8, settled: Settled },
    /// Settings came, and were taken, or refused for this reason.
    Configured { refused: Option<String> },
    /// After a power cut: how much that was committed is missing.
    Restored { damaged: u32 },
}

/// A gateway with the controllers of its fields, and a copy of every field.
#[derive(Debug)]
pub(super) struct Gateway {
    controllers: Vec<Controller>,
    copies: Copies,
    dispatches: Dispatches,
    configuration: Configuration,
    /// The last settings that came, and whether they were taken.
    settings: (u32, bool),
    outputs: VecDeque<Output>,
    power_cuts: u32,
}

impl Gateway {
    /// The gateway of the fields whose home is `own`.
    #[expect(clippy::expect_used, reason = "a test reads the defaults")]
    pub(super) fn new(own: Party, plan: Plan, seed: u64, now: Now) -> Self {
        let mut random = SplitMix64::new(seed);
        let fields = Plan::fields().filter(|field| Plan::home(*field) == own);
        Self {
            controllers: fields
                .map(|field| Controller::new(field, random.next_u64(), plan))
                .collect(),
            copies: Copies::new(own, random.next_u64(), now),
            dispatches: Dispatches::new(own, random.next_u64()),
            configuration: Configuration::new(Settings::default())
                .expect("the defaults are within their rules"),
            settings: (0, true),
            outputs: VecDeque::new(),
            power_cuts: 0,
        }
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.copies.listen(listener);
        for controller in &mut self.controllers {
            controller.listen(listener);
        }
    }

    /// Takes an input; then take all of [`poll_output`](Self::poll_output).
    pub(super) fn handle(&mut self, at: Now, input: Input) {
        match input {
            Input::Morning(morning) => {
                self.copies.maintain(at);
                for controller in &mut self.controllers {
                    controller.start_day(morning);
                }
            }
            Input::Poll { field } => {
                // Nothing else comes of it.
                return self.poll_probes(at.instant(), field);
            }
            Input::Quarter { field, quarter } => {
                let mut out = outlet(&mut self.outputs, &mut self.dispatches);
                if let Some(controller) = find(&mut self.controllers, field) {
                    let state = self.copies.field_mut(field);
                    let settings = self.configuration.load();
                    controller.take_quarter(at, &quarter, &settings, state, &mut out);
                }
            }
            Input::Heard {
                field,
                message: ToGateway::Sync(frame),
            } => self.merge(at, field, Side::Node, &frame),
            Input::Heard { field, message } => {
                let mut out = outlet(&mut self.outputs, &mut self.dispatches);
                if let Some(controller) = find(&mut self.controllers, field) {
                    controller.handle(at, &message, &mut out);
                }
            }
            Input::Linked(is_linked) => self.copies.linked(is_linked),
            Input::Packet { from, packet } => match Packet::decode(&packet) {
                Some(Packet::Frame { field, frame }) => {
                    self.merge(at, field, Side::Party(from), frame);
                }
                Some(Packet::Taken(dot)) => self.dispatches.taken(dot),
                Some(Packet::Settings { number, document }) => {
                    self.take_settings(from, number, document);
                }
                Some(Packet::Dispatch { .. } | Packet::SettingsSeen { .. }) | None => {}
            },
            Input::Disk {
                is_full,
                commit_time,
            } => {
                for disk in self.disks() {
                    disk.set_full(is_full);
                    disk.set_commit_time(commit_time);
                }
            }
            Input::Mended { field } => {
                let mut out = outlet(&mut self.outputs, &mut self.dispatches);
                if let Some(controller) = find(&mut self.controllers, field) {
                    controller.mended(&mut out);
                }
            }
            Input::PowerCut => self.lose_power(at),
            Input::Time => {}
        }
        self.act(at);
    }

    fn poll_probes(&mut self, now: Instant, field: u8) {
        if let Some(controller) = find(&mut self.controllers, field) {
            let probes = controller.poll_probes(now);
            self.outputs.push_back(Output::Poll { field, probes });
        }
    }

    fn merge(&mut self, at: Now, field: u8, from: Side, frame: &[u8]) {
        for settled in self.copies.handle(at, field, from, frame) {
            self.outputs.push_back(Output::Settled { field, settled });
        }
    }

    /// Takes settings as a whole or not at all; the same ones may come twice.
    fn take_settings(&mut self, from: Party, number: u32, document: &str) {
        if number > self.settings.0 {
            let taken = self.configuration.push(document);
            self.settings = (number, taken.is_ok());
            let refused = taken.err().map(|error| error.to_string());
            self.outputs.push_back(Output::Configured { refused });
        }
        let (number, is_taken) = self.settings;
        let packet = Packet::SettingsSeen { number, is_taken }.encode();
        self.outputs.push_back(Output::Packet { to: from, packet });
    }

    fn lose_power(&mut self, at: Now) {
        self.power_cuts += 1;
        let damaged = self.copies.restart(at) + self.dispatches.restart();
        for controller in &mut self.controllers {
            controller.lose_power();
        }
        self.outputs.push_back(Output::Restored { damaged });
    }

    /// Everything that is due now.
    fn act(&mut self, at: Now) {
        let now = at.instant();
        for controller in &mut self.controllers {
            if controller.poll_timeout() <= now {
                controller.poll(at, &mut outlet(&mut self.outputs, &mut self.dispatches));
            }
        }
        let outputs = &mut self.outputs;
        self.dispatches
            .commit(|dot| outputs.push_back(Output::Dispatched(dot)));
        self.copies.transmit(at, |field, to, frame| {
            outputs.push_back(match to {
                Side::Node => Output::Radio {
                    field,
                    message: ToValve::Sync(frame),
                },
                Side::Party(to) => Output::Packet {
                    to,
                    packet: Packet::Frame {
                        field,
                        frame: &frame,
                    }
                    .encode(),
                },
            });
        });
        if self.copies.is_linked() {
            self.dispatches.transmit(now, |packet| {
                let to = Party::Cloud;
                outputs.push_back(Output::Packet { to, packet });
            });
        }
    }

    /// What it will do and tell, in order.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &Output> {
        self.outputs.iter()
    }

    /// What it does and tells, in order.
    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to give it [`Input::Time`] at the latest.
    pub(super) fn poll_timeout(&self) -> Instant {
        let controllers = self.controllers.iter().map(Controller::poll_timeout);
        let dispatches = match self.copies.is_linked() {
            true => self.dispatches.poll_timeout(),
            false => Instant::FAR_FUTURE,
        };
        controllers
            .chain([self.copies.poll_timeout(), dispatches])
            .min()
            .unwrap_or(Instant::FAR_FUTURE)
    }

    pub(super) fn controllers(&self) -> &[Controller] {
        &self.controllers
    }

    pub(super) fn copies(&self) -> &Copies {
        &self.copies
    }

    pub(super) fn dispatches(&self) -> &Dispatches {
        &self.dispatches
    }

    pub(super) fn disks(&self) -> impl Iterator<Item = &Disk> {
        self.copies.disks().chain([self.dispatches.disk()])
    }

    /// What came of the settings that were pushed.
    pub(super) fn settings(&self) -> &SettingsAccount {
        self.configuration.account()
    }

    /// What a commit takes now.
    pub(super) fn commit_time(&self) -> Duration {
        self.dispatches.disk().commit_time()
    }

    pub(super) fn power_cuts(&self) -> u32 {
        self.power_cuts
    }
}

fn find(controllers: &mut [Controller], field: u8) -> Option<&mut Controller> {
    let mut controllers = controllers.iter_mut();
    controllers.find(|controller| controller.number() == field)
}

/// Where a controller's outputs go: how a command has ended is told to the cloud too, exactly once.
fn outlet<'a>(
    outputs: &'a mut VecDeque<Output>,
    dispatches: &'a mut Dispatches,
) -> impl FnMut(Output) + 'a {
    |output| {
        if let Output::Ended { field, id, outcome } = output {
            dispatches.push(&Dispatch { field, id, outcome });
        }
        outputs.push_back(output);
    }
}
