//! Two gateways write the same valve's state while the link between them is cut, and agree when it is back: who wrote
//! what, what held, and what a person decided.
//!
//! Everything is drawn from a seed, so the same one prints the same.
//!
//! ```console
//! $ cargo run --bin two_gateways
//! $ cargo run --bin two_gateways -- --seed 7
//! ```
#![expect(clippy::print_stdout, reason = "a person runs it")]

use core::error::Error;
use std::process::ExitCode;

use clap::Parser;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, hours, millis, minutes};
use gofarm_crdt::clock::Now;
use gofarm_crdt::conflict::{Conflict, Resolution, Written};
use gofarm_crdt::dot::{Dot, ReplicaId};
use gofarm_crdt::register::Person;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
use gofarm_crdt::{Asked, FieldName, GCounter, Handle, Lww, Replica, Replicated, Timestamp};
use gofarm_examples::command_line;

/// Midnight of the day that is played.
const MIDNIGHT: UnixMillis = UnixMillis::new(1_789_948_800_000);
const NORTH: usize = 0;
const SOUTH: usize = 1;
const NAMES: [&str; 2] = ["north", "south"];

/// Plays a cut between two gateways and what becomes of their writes.
#[derive(Parser)]
#[command(name = "two_gateways", version)]
struct Arguments {
    /// Seed of all chance: the same seed prints the same
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    seed: u64,
}

/// What both know of the valve. The type of a field says what becomes of writes that did not know of each other.
#[derive(Debug, Default, Replicated)]
struct Valve {
    /// The later write holds; the other is listed as a conflict.
    open: Lww<bool>,
    /// All are counted.
    litres: GCounter,
    /// In minutes; neither holds until a person decides.
    longest_run: Asked<u16>,
}

struct Gateway {
    replica: Replica<MemoryStore>,
    valve: Handle<Valve>,
    session: Session,
}

impl Gateway {
    fn new(own: usize, random: &mut SplitMix64, now: Now) -> Result<Self, Box<dyn Error>> {
        let mut replica = Replica::open(MemoryStore::new(id(own), random.next_u64()), now)?;
        let peer = PeerIdentity::own_only(id(1 - own));
        let number = u32::try_from(random.next_u64() >> 32)?;
        Ok(Self {
            valve: replica.register("valve/7")?,
            session: Session::new(peer, Limits::mqtt(), number),
            replica,
        })
    }

    fn valve(&self) -> &Valve {
        self.replica.read(&self.valve)
    }

    /// Writes, and makes it durable, whatever the link does.
    fn write(
        &mut self,
        now: Now,
        write: impl FnOnce(&mut ValveEdit<'_>),
    ) -> Result<(), Box<dyn Error>> {
        self.replica.update(now, &self.valve, write);
        Ok(self.replica.commit()?)
    }
}

fn main() -> ExitCode {
    let arguments: Arguments = command_line::read();
    command_line::end::<Arguments>(play(arguments.seed))
}

fn play(seed: u64) -> Result<(), Box<dyn Error>> {
    let mut random = SplitMix64::new(seed);
    let start = at(hours(6).as_secs());
    let mut both = [
        Gateway::new(NORTH, &mut random, start)?,
        Gateway::new(SOUTH, &mut random, start)?,
    ];
    both[NORTH].write(start, |valve| {
        valve.open.set(false);
        valve.longest_run.set(20);
    })?;
    println!("{} north: closed, runs of 20 min at most", clock(start));
    let now = meet(&mut both, start, &mut random)?;

    println!("{} the link is cut", clock(now));
    let mut writes = Vec::new();
    for own in [NORTH, SOUTH] {
        let second = hours(7).as_secs() + random.below(hours(3).as_secs());
        let run = u16::try_from(15 + random.below(30))?;
        writes.push((second, own, 50 + random.below(100), run));
    }
    writes.sort_unstable();
    for (second, own, litres, run) in writes {
        let (now, is_open) = (at(second), own == NORTH);
        both[own].write(now, |valve| {
            valve.open.set(is_open);
            valve.litres.add(litres);
            valve.longest_run.set(run);
        })?;
        let (name, state) = (NAMES[own], shown(is_open));
        let when = clock(now);
        println!("{when} {name}: {state}, {litres} l more, runs of {run} min at most");
    }

    println!("{} the link is back", clock(at(hours(11).as_secs())));
    let now = meet(&mut both, at(hours(11).as_secs()), &mut random)?;
    show(&both);
    settle_open(&mut both, now)?;
    settle_run(&mut both[NORTH], now)?;
    let now = meet(&mut both, now, &mut random)?;
    println!("{} both have heard of the decisions", clock(now));
    show(&both);
    let [north, south] = both.each_ref().map(|gateway| {
        let valve = gateway.valve();
        (
            valve.open.get(),
            valve.litres.value(),
            valve.longest_run.get(),
        )
    });
    if north != south {
        return Err(format!("they differ: {north:?} and {south:?}").into());
    }
    println!("both hold the same");
    Ok(())
}

/// A person looks at the writes of `open` that met, at the gateway where they did, and keeps a close.
fn settle_open(both: &mut [Gateway; 2], now: Now) -> Result<(), Box<dyn Error>> {
    let open = FieldName::new("open").number();
    for (name, gateway) in NAMES.iter().zip(both) {
        let is_of_open = |met: &&Conflict| met.field() == open;
        let found = gateway.replica.conflicts().find(is_of_open).cloned();
        let Some(conflict) = found else {
            continue; // it got what the other one had made of both writes
        };
        let (here, came) = (conflict.here(), conflict.came());
        println!("conflict at {name}: {}; {}", told(here)?, told(came)?);
        let winner = conflict.winner().ok_or("a write without a time")?;
        let loser = if winner == here { came } else { here };
        println!("  {} was later and holds", NAMES[writer(winner.dot())]);
        let resolution = if winner.value::<bool>()? == Some(true) {
            println!(
                "  a person keeps the close of {}",
                NAMES[writer(loser.dot())]
            );
            Resolution::Keep(loser.dot())
        } else {
            println!("  a person accepts it");
            Resolution::Accept
        };
        gateway.replica.resolve(now, conflict.id(), resolution)?;
        gateway.replica.commit()?;
        break;
    }
    Ok(())
}

/// A person decides between the longest runs that are held.
fn settle_run(gateway: &mut Gateway, now: Now) -> Result<(), Box<dyn Error>> {
    let proposals = gateway.valve().longest_run.proposals();
    let held: Vec<(Dot, Timestamp, u16)> = proposals
        .filter_map(|(dot, stamp, run)| Some((dot, stamp, *run?)))
        .collect();
    for (dot, stamp, run) in &held {
        let name = NAMES[writer(*dot)];
        println!(
            "held: runs of {run} min, by {name} at {}",
            time(stamp.unix())
        );
    }
    let Some((dot, _, run)) = held.iter().min_by_key(|(_, _, run)| *run) else {
        return Ok(()); // both had the same in mind
    };
    println!("  person 41 approves the shorter, {run} min");
    let approve = |valve: &mut ValveEdit<'_>| valve.longest_run.approve(*dot, Person::new(41));
    gateway.replica.update(now, &gateway.valve, approve)?;
    Ok(gateway.replica.commit()?)
}

/// Carries frames both ways, and loses every fifth on average, until both know that they have the same.
fn meet(
    both: &mut [Gateway; 2],
    mut now: Now,
    random: &mut SplitMix64,
) -> Result<Now, Box<dyn Error>> {
    let patience = now.instant() + hours(1);
    let (mut sent, mut lost) = (0, 0);
    let mut buf = [0; 1_024];
    both.iter_mut().for_each(|gateway| gateway.session.greet());
    while now.instant() < patience {
        let mut is_quiet = true;
        for from in [NORTH, SOUTH] {
            let [north, south] = &mut *both;
            let (here, there) = if from == NORTH {
                (north, south)
            } else {
                (south, north)
            };
            while let Some(len) = here.session.poll_transmit(&mut here.replica, now, &mut buf) {
                (sent, is_quiet) = (sent + 1, false);
                if random.below(5) == 0 {
                    lost += 1;
                    continue;
                }
                // A frame that is refused changes nothing, and what was in it is sent again.
                let _ = there
                    .session
                    .handle_input(&mut there.replica, now, &buf[..len]);
                there.replica.commit()?;
            }
        }
        if is_quiet && both.iter().all(|gateway| gateway.session.is_synced()) {
            println!(
                "{} in step after {sent} frames, {lost} of them lost",
                clock(now)
            );
            return Ok(now);
        }
        if is_quiet {
            let wake = both
                .each_ref()
                .map(|gateway| gateway.session.poll_timeout());
            let wake = wake[NORTH].min(wake[SOUTH]).max(now.instant() + millis(1));
            now = at_instant(wake);
        }
    }
    Err("they were not in step within an hour".into())
}

fn show(both: &[Gateway; 2]) {
    for (name, gateway) in NAMES.iter().zip(both) {
        let valve = gateway.valve();
        let (open, run) = (valve.open.get_or_default(), valve.longest_run.get());
        let held = if valve.longest_run.is_held() {
            ", others held"
        } else {
            ""
        };
        let (open, litres) = (shown(open), valve.litres.value());
        println!(
            "  {name} reads: {open}, {litres} l, runs of {} min{held}",
            run.copied().unwrap_or(0)
        );
    }
}

fn told(written: &Written) -> Result<String, Box<dyn Error>> {
    let state = shown(written.value()?.unwrap_or(false));
    let when = written
        .stamp()
        .map_or_else(String::new, |stamp| time(stamp.unix()));
    Ok(format!(
        "{} wrote {state} at {when}",
        NAMES[writer(written.dot())]
    ))
}

const fn shown(is_open: bool) -> &'static str {
    if is_open { "open" } else { "closed" }
}

const fn id(own: usize) -> ReplicaId {
    ReplicaId::new(own as u64 + 1)
}

fn writer(dot: Dot) -> usize {
    usize::from(dot.actor().replica() == id(SOUTH))
}

/// Both clocks at this second of the day.
fn at(second: u64) -> Now {
    at_instant(Instant::from_secs(second))
}

fn at_instant(instant: Instant) -> Now {
    Now::new(
        instant,
        Some(MIDNIGHT + instant.saturating_since(Instant::ZERO)),
    )
}

fn clock(now: Now) -> String {
    now.wall().map_or_else(String::new, time)
}

fn time(wall: UnixMillis) -> String {
    let minute = wall.saturating_since(MIDNIGHT).as_secs() / minutes(1).as_secs();
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
