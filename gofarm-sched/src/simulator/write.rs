//! Traces as text.

use core::fmt;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::{Event, Name, Site, Trace};
use crate::eviction::Stakes;
use crate::load::Metric;

pub(super) const HEADER: &str = "gofarm-trace,1";

impl fmt::Display for Trace {
    /// Writes [its text](Trace#text), which reads back as the same trace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        for (at, event) in self.events() {
            let at = Seconds(at.saturating_since(Instant::ZERO));
            writeln!(f, "{at},{}", Row(event))?;
        }
        Ok(())
    }
}

struct Row<'a>(&'a Event);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Event::Node(node) => {
                let site = match node.site {
                    Site::Farm => "farm",
                    Site::Cloud => "cloud",
                };
                write!(
                    f,
                    "node,{},{site},{},{},{},{}",
                    node.name,
                    node.cpu_milli,
                    node.memory,
                    text(node.zone.as_ref()),
                    text(node.host.as_ref()),
                )
            }
            Event::Metrics(node, feed) => write!(
                f,
                "metrics,{},{},{},{},{}",
                node.as_deref().unwrap_or("*"),
                Seconds(feed.every),
                Seconds(feed.delay),
                feed.loss.abs(),
                feed.noise.abs(),
            ),
            Event::Background(node, load) => {
                write!(f, "load,{node}")?;
                Metric::ALL
                    .iter()
                    .try_for_each(|metric| write!(f, ",{}", Maybe(load.get(*metric).map(f32::abs))))
            }
            Event::Work(work) => {
                let stakes = match work.stakes {
                    Stakes::Ordinary => "ordinary",
                    Stakes::CropCritical => "critical",
                };
                write!(
                    f,
                    "work,{},{},{},{},{stakes},{},{},{},{},{},{}",
                    work.id.number(),
                    text(work.kind.as_ref()),
                    text(work.group.as_ref()),
                    text(work.tenant.as_ref()),
                    work.priority,
                    work.ask.cpu_milli(),
                    work.ask.memory(),
                    Maybe(work.expected.map(f32::abs)),
                    work.uses_milli,
                    Maybe(work.life.map(Seconds)),
                )
            }
            Event::Done(work) => write!(f, "done,{}", work.number()),
            Event::Fail(node) => write!(f, "fail,{node}"),
            Event::Return(node) => write!(f, "return,{node}"),
            Event::Remove(node) => write!(f, "remove,{node}"),
            Event::Cut => f.write_str("cut"),
            Event::Heal => f.write_str("heal"),
            Event::Charge(charge) => write!(f, "charge,{}", Maybe(charge.map(f32::abs))),
            Event::Until => f.write_str("until"),
        }
    }
}

fn text(name: Option<&Name>) -> &str {
    name.map_or("", |name| name)
}

struct Maybe<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for Maybe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

/// A time in seconds, with as many digits after the point as it needs.
pub(super) struct Seconds(pub(super) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs())?;
        let (mut part, mut digits) = (self.0.subsec_micros(), 6);
        if part == 0 {
            return Ok(());
        }
        while part % 10 == 0 {
            (part, digits) = (part / 10, digits - 1);
        }
        write!(f, ".{part:0digits$}")
    }
}
