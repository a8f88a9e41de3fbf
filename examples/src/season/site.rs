//! The site's machines and the work that is placed on them: what an integrator writes around a [`Scheduler`].
//!
//! Five machines share the work of the field: two of them stand in it, one of these lives on the sun, and one is at the
//! other end of a line that is cut now and then. Work has its place by the load that machines really have, and is placed
//! again when its machine is gone. [`Autonomy`] says what waits while the line is cut: the cameras and the training, never
//! the water.

mod account;
mod battery;
mod machine;
mod uplink;
mod work;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gofarm_core::time::{self, Instant, hours, minutes};
use gofarm_sched::ConfigError;
use gofarm_sched::affinity::{NodeRequirement, Operator};
use gofarm_sched::autonomy::{self, Action, Autonomy, AutonomyConfig, DISASTER_72_H, WorkRule};
use gofarm_sched::load::{LoadWeights, StalePolicy, after};
use gofarm_sched::node::NodeId;
use gofarm_sched::placement::{PlacementId, Scheduler};
use gofarm_sched::plugin::{
    Emergencies, HarvestDeadline, MoistureMap, SoilMoistureTopology, VolumetricMoisture,
};
use gofarm_sched::request::Request;
use gofarm_sched::resource::Ask;
use gofarm_sched::topology::SpreadOver;

pub(super) use self::account::Account;
pub(super) use self::machine::Affairs;

use self::battery::Battery;
use self::machine::Machine;
use self::uplink::Uplink;
use self::work::{PLOT, Work};
use super::field::SLOTS;
use super::listener::Listener;
use crate::weather::WeatherDay;

const SLOT_HOURS: f64 = 24.0 / SLOTS as f64;
/// The harvest is in the last days of the season.
const HARVEST: u64 = 10;
/// Rain in mm/d of which the farm is warned, and the water content in m³/m³ at which a field is too wet to drive on after
/// it.
const RAIN_ALERT: f64 = 5.0;
const WET: f32 = 0.2;
/// By then every part of the farm has come to terms with a cut of the uplink.
const SETTLED: Duration = minutes(15);

/// The harvest is not for a policy to stop either.
const RULES: [WorkRule; 10] =
    WorkRule::join(&DISASTER_72_H, &[WorkRule::essential(Work::Harvest.name())]);

type Moisture = Arc<Mutex<MoistureMap>>;

/// What happens on the farm in a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Its number in the day.
    pub(super) number: usize,
    /// The share of the day's sun in it.
    pub(super) daylight: f64,
    pub(super) affairs: Affairs,
    /// Water content of the soil in m³/m³, as far as the controller trusts its probes.
    pub(super) water: Option<f64>,
    /// A run of the valve begins, of this length.
    pub(super) opens: Option<Duration>,
    /// The field's gateway loses its power for a moment.
    pub(super) gateway_restarts: bool,
}

/// All machines of the site, and what runs on them.
#[derive(Debug)]
pub(super) struct Site {
    sched: Scheduler,
    autonomy: Autonomy<{ RULES.len() }>,
    listener: Listener,
    moisture: Moisture,
    emergencies: Emergencies,
    uplink: Uplink,
    battery: Battery,
    nodes: [(Machine, NodeId); Machine::ALL.len()],
    /// The machines that cannot be heard.
    away: Vec<Machine>,
    running: BTreeMap<PlacementId, Job>,
    /// Lost with its machine, or without a place so far.
    waiting: Vec<Job>,
    end: Instant,
    sun: f64,
    account: Account,
}

/// One piece of work, until its end.
#[derive(Clone, Copy, Debug)]
struct Job {
    work: Work,
    ends: Instant,
}

impl Site {
    /// All machines there and idle, for a season of so many days.
    pub(super) fn new(seed: u64, days: usize) -> Self {
        let end = Instant::ZERO + time::days(days as u64);
        let moisture = Moisture::default();
        let mut sched = scheduler(&moisture).expect("figures within their rules");
        let nodes = Machine::ALL.map(|machine| (machine, sched.add_node(machine.node())));
        Self {
            sched,
            listener: Listener::default(),
            autonomy: Autonomy::new(AutonomyConfig::new(), RULES)
                .expect("figures within their rules"),
            moisture,
            emergencies: Emergencies::new(),
            uplink: Uplink::new(seed, end),
            battery: Battery::full(),
            nodes,
            away: Vec::new(),
            running: BTreeMap::new(),
            waiting: Vec::new(),
            end,
            sun: 0.0,
            account: Account::default(),
        }
    }

    /// Takes in what the day will be like. A rain alert makes the work of a wet field urgent until the day is over.
    pub(super) fn start_day(&mut self, now: Instant, weather: &WeatherDay) {
        self.sun = weather.radiation;
        if weather.rain >= RAIN_ALERT
            && let Ok(wet) = VolumetricMoisture::new(WET)
        {
            let map = lock(&self.moisture);
            let marked = self.emergencies.rain_alert(&map, wet, now + hours(24));
            self.account.alerts += u32::from(marked.critical > 0);
        }
    }

    /// Plays one slot: what ended, which machines are there, how busy they are; then places what is due.
    pub(super) fn play(&mut self, now: Instant, slot: &Slot) {
        self.end_jobs(now);
        self.follow_uplink(now);
        self.follow_battery(now, slot);
        if slot.gateway_restarts {
            self.lose(Machine::FieldGateway);
            self.hear(Machine::FieldGateway);
        }
        self.observe(now, slot);
        self.place_due(now, slot);
        self.sched.report(&self.listener);
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.listener = listener.clone();
    }

    fn end_jobs(&mut self, now: Instant) {
        self.end_where(now, |job| job.ends <= now);
        self.waiting.retain(|job| job.ends > now);
    }

    fn end_where(&mut self, now: Instant, is_over: impl Fn(&Job) -> bool) -> u32 {
        let mut count = 0;
        self.running.retain(|placement, job| {
            let stays = !is_over(job);
            if !stays {
                let ended = self.sched.completed(*placement, now);
                debug_assert!(ended.is_ok(), "it ran");
                count += 1;
            }
            stays
        });
        count
    }

    /// The machine at the other end comes and goes with the line, and some work must wait while it is cut.
    fn follow_uplink(&mut self, now: Instant) {
        while let Some((at, is_up)) = self.uplink.poll(now) {
            self.autonomy.handle_link(at, is_up);
            if is_up {
                self.hear(Machine::Cloud);
            } else {
                self.lose(Machine::Cloud);
            }
        }
        self.autonomy.handle_timeout(now);
        while let Some(event) = self.autonomy.poll_event() {
            autonomy::observe(&self.listener, &event);
        }
        let stopped = Work::ALL.map(|work| (work, self.action(work) == Action::Stop));
        for (work, _) in stopped.into_iter().filter(|(_, is_stopped)| *is_stopped) {
            self.waiting.retain(|job| job.work != work);
            self.account.stopped += self.end_where(now, |job| job.work == work);
        }
    }

    /// The mast goes off with its battery, and as long as it is on it says for how long.
    fn follow_battery(&mut self, now: Instant, slot: &Slot) {
        let mast = Machine::SolarMast;
        let id = self.id(mast);
        let busy = mast.busy(asks(&self.sched, id));
        self.battery.step(self.sun * slot.daylight, busy);
        match (self.battery.is_on(), self.away.contains(&mast)) {
            (false, false) => {
                self.lose(mast);
                self.account.mast_off += 1;
            }
            (true, true) => self.hear(mast),
            _ => {}
        }
        if self.battery.is_on() {
            let end = now + self.battery.lasts();
            let told = self.sched.set_power_until(id, Some(end));
            debug_assert!(told.is_ok(), "the node is there");
        }
    }

    /// Hands over what the machines measured, and who has the field's newest readings.
    fn observe(&mut self, now: Instant, slot: &Slot) {
        let heard = self.nodes.iter();
        let heard = heard.filter(|(machine, _)| !self.away.contains(machine));
        for &(machine, id) in heard.clone() {
            let load = machine.measure(&slot.affairs, asks(&self.sched, id));
            let observed = self.sched.observe(id, load, now);
            debug_assert!(observed.is_ok(), "the node is there");
        }
        #[expect(clippy::cast_possible_truncation, reason = "a share, 0 to 1")]
        let water = slot
            .water
            .and_then(|w| VolumetricMoisture::new(w as f32).ok());
        if let Some(water) = water {
            let mut map = lock(&self.moisture);
            map.measured(PLOT, water, now);
            for &(machine, id) in heard {
                map.received(PLOT, id, now, machine.delay_from_field());
            }
        }
    }

    /// Places what waits and what is due, the most urgent first.
    fn place_due(&mut self, now: Instant, slot: &Slot) {
        let mut due = core::mem::take(&mut self.waiting);
        if let Some(run) = slot.opens {
            // The last run is over, also where its watch has some minutes left.
            self.end_where(now, |job| job.work == Work::Irrigation);
            due.retain(|job| job.work != Work::Irrigation);
            let ends = now + run + minutes(15);
            due.extend([Job::new(Work::Irrigation, ends); 2]);
        }
        let is_harvest = now + time::days(HARVEST) >= self.end;
        for work in Work::ALL {
            let action = self.action(work);
            if !work.is_due(slot.number, action == Action::Slow, is_harvest) {
                continue;
            }
            if action == Action::Stop {
                self.account.held_back += 1;
            } else {
                due.push(Job::new(work, now + work.time()));
            }
        }
        let mut due: Vec<_> = due
            .into_iter()
            .map(|job| (self.emergencies.apply(job.work.request(), now), job))
            .collect();
        due.sort_by_key(|(request, _)| core::cmp::Reverse(request.urgency()));
        for (request, job) in due {
            if self.place(now, &request, job).is_none() {
                self.no_place(job);
            }
        }
    }

    /// Finds a machine for a job, and starts it there.
    fn place(&mut self, now: Instant, request: &Request, job: Job) -> Option<()> {
        let decision = self.sched.place(request, now).ok()?;
        let placement = self.sched.commit(&decision, now).ok()?;
        let is_cut = self.uplink.cut_for(now) >= SETTLED;
        self.account.placed(job.work, &decision, is_cut);
        self.running.insert(placement, job);
        Some(())
    }

    /// What the crop needs waits for the next slot; the rest is left out.
    fn no_place(&mut self, job: Job) {
        if job.work.is_crop_critical() {
            self.account.waited += 1;
            self.waiting.push(job);
        } else {
            self.account.no_room += 1;
        }
    }

    fn action(&self, work: Work) -> Action {
        let rule = self.autonomy.find(work.name());
        rule.map_or(Action::Run, |rule| self.autonomy.action(rule))
    }

    fn id(&self, machine: Machine) -> NodeId {
        let mut nodes = self.nodes.iter();
        let found = nodes.find(|(known, _)| *known == machine);
        found.expect("all machines have a node").1
    }

    /// A machine reports again, which is all that the scheduler needs.
    fn hear(&mut self, machine: Machine) {
        self.away.retain(|known| *known != machine);
    }

    /// A machine is gone, and what ran on it has to be placed again.
    fn lose(&mut self, machine: Machine) {
        let id = self.id(machine);
        self.away.push(machine);
        lock(&self.moisture).node_removed(id);
        let lost = self.sched.lost(id).unwrap_or_default();
        for job in lost.iter().filter_map(|id| self.running.remove(id)) {
            self.account.lost += 1;
            self.waiting.push(job);
        }
    }

    /// What came of it.
    pub(super) fn account(&self) -> Account {
        self.account.clone().with_uplink(&self.uplink)
    }
}

impl Job {
    const fn new(work: Work, ends: Instant) -> Self {
        Self { work, ends }
    }
}

/// The rules of the site.
fn scheduler(moisture: &Moisture) -> Result<Scheduler, ConfigError> {
    Scheduler::builder()
        // How far a machine is from the field is for the moisture map to say: latencies count less here.
        .weights(LoadWeights::new([0.45, 0.35, 0.05, 0.1, 0.05])?)
        // Machines report each quarter of an hour.
        .stale(after(minutes(20)), StalePolicy::Penalise)
        .settling(minutes(10))
        .in_flight(minutes(20))
        .slow_start(minutes(30))
        .filter(NodeRequirement::new("site", Operator::AsRequested))
        .filter(HarvestDeadline::hours(48).labelled("harvest"))
        .filter(SpreadOver::host())
        .score(SpreadOver::ZONE_WEIGHT, SpreadOver::zone())
        .score(20, SoilMoistureTopology::new(Arc::clone(moisture)))
        .build()
}

/// What runs on a machine.
fn asks(sched: &Scheduler, node: NodeId) -> impl Iterator<Item = Ask> {
    let here = sched.placements_on(node);
    here.map(|(_, claim)| *claim.request().ask())
}

fn lock(moisture: &Moisture) -> MutexGuard<'_, MoistureMap> {
    moisture.lock().unwrap_or_else(PoisonError::into_inner)
}
