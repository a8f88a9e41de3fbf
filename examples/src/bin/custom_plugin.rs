//! A filter and a score of one's own in the scheduler: no work in a box that is too hot, and rather where the battery is
//! full. Places work as the day gets warmer, and prints why where.
//!
//! ```console
//! $ cargo run --bin custom_plugin
//! $ cargo run --bin custom_plugin -- --jobs 6 --hottest 35
//! ```
#![expect(clippy::print_stdout, reason = "a person runs it")]

extern crate alloc;

use alloc::sync::Arc;
use core::error::Error;
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Mutex;

use clap::Parser;
use gofarm_core::time::{Instant, minutes};
use gofarm_examples::command_line;
use gofarm_sched::load::Load;
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{Candidate, Filter, Reason, Scheduler, Score, Sensitivity};
use gofarm_sched::plugin::Shared;
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

/// Places jobs on three gateways by their load, the heat in their boxes and their batteries.
#[derive(Parser)]
#[command(name = "custom_plugin", version)]
struct Arguments {
    /// How many jobs to place, one a minute
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=20))]
    jobs: u8,
    /// Above how many degrees Celsius a box takes no work
    #[arg(long, value_name = "CEL", default_value_t = 60, value_parser = clap::value_parser!(i16).range(-40..=85),
          allow_negative_numbers = true)]
    hottest: i16,
}

/// What the boxes of the nodes tell; it changes while the scheduler runs.
type Boxes = Arc<Mutex<HashMap<NodeId, Housing>>>;

/// The inside of a box.
#[derive(Clone, Copy, Debug)]
struct Housing {
    /// In degrees Celsius.
    heat: i16,
    /// Charge of the battery, 0 to 1.
    charge: f32,
}

fn housing(boxes: &Boxes, candidate: &Candidate<'_>) -> Option<Housing> {
    boxes.read(|boxes| boxes.get(&candidate.id()).copied())
}

/// Refuses boxes that are too hot, or tell nothing.
#[derive(Debug)]
struct CoolBox {
    boxes: Boxes,
    hottest: i16,
}

impl Filter for CoolBox {
    fn name(&self) -> &'static str {
        "cool box"
    }

    /// The heat is no part of the node: the scheduler must not remember an answer.
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
        match housing(&self.boxes, candidate) {
            Some(housing) if housing.heat <= self.hottest => None,
            Some(_) => Some(Reason::Other("its box is too hot")),
            None => Some(Reason::Other("its box tells nothing")),
        }
    }
}

/// Prefers full batteries: 0 is best, for a full one.
#[derive(Debug)]
struct FullBattery(Boxes);

impl Score for FullBattery {
    fn name(&self) -> &'static str {
        "battery"
    }

    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        housing(&self.0, candidate).map_or(1.0, |housing| 1.0 - housing.charge)
    }
}

fn main() -> ExitCode {
    let arguments: Arguments = command_line::read();
    command_line::end::<Arguments>(place(&arguments))
}

fn place(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let boxes = Boxes::default();
    let mut scheduler = Scheduler::builder()
        .filter(CoolBox {
            boxes: Arc::clone(&boxes),
            hottest: arguments.hottest,
        })
        .score(40, FullBattery(Arc::clone(&boxes)))
        .build()?;
    let machine = Resources::new(4_000, 8 << 30); // 4 processors, 8 GiB
    // Degrees at first, degrees more each minute, charge: the sun is on the pump's box.
    let nodes = [
        ("barn", 24, 1, 0.3),
        ("pump", 40, 7, 0.95),
        ("mast", 31, 1, 0.7),
    ];
    let nodes = nodes.map(|(name, heat, warming, charge)| {
        let node = scheduler.add_node(Node::new(name, machine));
        (node, warming, Housing { heat, charge })
    });
    for job in 1..=arguments.jobs {
        let now = Instant::ZERO + minutes(job.into());
        for (node, warming, at_first) in nodes {
            let heat = at_first.heat + warming * i16::from(job - 1);
            let mut boxes = boxes.lock().map_err(|_| "a plugin panicked")?;
            boxes.insert(node, Housing { heat, ..at_first });
            scheduler.observe(node, Load::idle().cpu(0.2), now)?;
        }
        let request = Request::new(Ask::new(500, 256 << 20));
        match scheduler.place(&request, now) {
            Ok(decision) => {
                println!("job {job}: {decision:#}");
                scheduler.commit(decision, now)?;
            }
            Err(unplaced) => println!("job {job}: {unplaced}"),
        }
    }
    Ok(())
}
