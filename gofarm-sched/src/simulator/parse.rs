//! Traces out of text.

use core::str::{FromStr, Split};
use core::time::Duration;

use gofarm_core::time::Instant;

use super::trace::{check_at, check_delay, check_every, check_latency, check_name, check_share};
use super::write::HEADER;
use super::{Event, Feed, Flaw, Name, NodeSpec, Site, Trace, TraceError, WorkSpec};
use crate::eviction::{Stakes, WorkId};
use crate::load::{Load, Metric};
use crate::resource::Ask;

/// The most bytes that a line has.
const LONGEST_LINE: usize = 512;

const WHOLE: Flaw = Flaw::NotNumber("a whole number, or too large");
const DECIMAL: Flaw = Flaw::NotNumber("a number like 12 or 0.5");
const SECONDS: Flaw =
    Flaw::NotNumber("seconds with at most six digits after the point, or too large");

impl FromStr for Trace {
    type Err = TraceError;

    /// Reads a trace; see [its text](Trace#text).
    ///
    /// # Errors
    /// The first line that is not of a trace, with the field.
    fn from_str(text: &str) -> Result<Self, TraceError> {
        let mut lines = (1..).zip(text.lines());
        let header = lines.next().map(|(_, line)| line);
        if header != Some(HEADER) {
            return Err(TraceError::new(1, (1, "header"), Flaw::Header));
        }
        let mut trace = Self::new();
        for (number, line) in lines {
            if line.len() > LONGEST_LINE {
                let (bytes, limit) = (line.len(), LONGEST_LINE);
                let flaw = Flaw::LineTooLong { bytes, limit };
                return Err(TraceError::new(number, (1, "at"), flaw));
            }
            if line.trim_ascii().is_empty() || line.starts_with('#') {
                continue;
            }
            let mut row = Row::new(number, line);
            let at = Instant::ZERO + row.read("at", |text| within(text, check_at))?;
            let event = row.event(&trace)?;
            row.end()?;
            trace
                .push(at, event)
                .map_err(|flaw| TraceError::new(number, flaw.field(), flaw))?;
        }
        Ok(trace)
    }
}

/// What is left of a line.
#[derive(Debug)]
struct Row<'a> {
    line: usize,
    column: usize,
    fields: Split<'a, char>,
}

impl<'a> Row<'a> {
    fn new(line: usize, text: &'a str) -> Self {
        Self {
            line,
            column: 0,
            fields: text.split(','),
        }
    }

    fn event(&mut self, trace: &Trace) -> Result<Event, TraceError> {
        let known = |name: &str| trace.known(name).ok_or(Flaw::UnknownNode);
        Ok(match self.read("event", Ok)? {
            "node" => Event::Node(self.node()?),
            "metrics" => {
                let node = |name: &str| (name != "*").then(|| known(name)).transpose();
                Event::Metrics(self.read("node", node)?, self.feed()?)
            }
            "load" => Event::Background(self.read("node", known)?, self.load()?),
            "work" => Event::Work(self.work()?),
            "done" => Event::Done(WorkId::new(self.read("work", whole)?)),
            "fail" => Event::Fail(self.read("node", known)?),
            "return" => Event::Return(self.read("node", known)?),
            "remove" => Event::Remove(self.read("node", known)?),
            "cut" => Event::Cut,
            "heal" => Event::Heal,
            "charge" => Event::Charge(self.read("charge", |t| optional(t, share))?),
            "until" => Event::Until,
            _ => return Err(self.error("event", Flaw::UnknownEvent)),
        })
    }

    fn node(&mut self) -> Result<NodeSpec, TraceError> {
        let site = |text: &str| match text {
            "farm" => Ok(Site::Farm),
            "cloud" => Ok(Site::Cloud),
            _ => Err(Flaw::NeitherOf("farm", "cloud")),
        };
        Ok(NodeSpec {
            name: self.read("node", name)?,
            site: self.read("site", site)?,
            cpu_milli: self.read("cpu_milli", above_0)?,
            memory: self.read("memory", above_0)?,
            zone: self.read("zone", |text| optional(text, name))?,
            host: self.read("host", |text| optional(text, name))?,
        })
    }

    fn feed(&mut self) -> Result<Feed, TraceError> {
        Ok(Feed {
            every: self.read("every", |text| within(text, check_every))?,
            delay: self.read("delay", |text| within(text, check_delay))?,
            loss: self.read("loss", share)?,
            noise: self.read("noise", share)?,
        })
    }

    fn load(&mut self) -> Result<Load, TraceError> {
        let mut load = Load::new();
        for metric in Metric::ALL {
            let is_share = metric.unit() == "1";
            let value = |text: &str| if is_share { share(text) } else { latency(text) };
            if let Some(value) = self.read(metric.as_str(), |text| optional(text, value))? {
                load = load.with(metric, value);
            }
        }
        Ok(load)
    }

    fn work(&mut self) -> Result<WorkSpec, TraceError> {
        let stakes = |text: &str| match text {
            "ordinary" => Ok(Stakes::Ordinary),
            "critical" => Ok(Stakes::CropCritical),
            _ => Err(Flaw::NeitherOf("ordinary", "critical")),
        };
        Ok(WorkSpec {
            id: WorkId::new(self.read("work", whole)?),
            kind: self.read("kind", |text| optional(text, name))?,
            group: self.read("group", |text| optional(text, name))?,
            tenant: self.read("tenant", |text| optional(text, name))?,
            stakes: self.read("stakes", stakes)?,
            priority: self.read("priority", signed)?,
            ask: Ask::new(self.read("cpu_milli", whole)?, self.read("memory", whole)?),
            expected: self.read("expected", |text| optional(text, share))?,
            uses_milli: self.read("uses_milli", whole)?,
            life: self.read("life", |text| optional(text, seconds))?,
        })
    }

    /// Reads the next field.
    fn read<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&'a str) -> Result<T, Flaw>,
    ) -> Result<T, TraceError> {
        self.column += 1;
        let text = self.fields.next().ok_or(Flaw::Missing);
        text.and_then(read).map_err(|flaw| self.error(field, flaw))
    }

    fn end(&mut self) -> Result<(), TraceError> {
        if self.fields.next().is_none() {
            return Ok(());
        }
        self.column += 1;
        Err(self.error("end of line", Flaw::Extra))
    }

    const fn error(&self, field: &'static str, flaw: Flaw) -> TraceError {
        TraceError::new(self.line, (self.column, field), flaw)
    }
}

fn optional<'a, T>(
    text: &'a str,
    read: impl FnOnce(&'a str) -> Result<T, Flaw>,
) -> Result<Option<T>, Flaw> {
    (!text.is_empty()).then(|| read(text)).transpose()
}

fn name(text: &str) -> Result<Name, Flaw> {
    check_name(text).map(|()| text.into())
}

/// Digits only: `parse` itself takes a sign.
fn whole<T: FromStr>(text: &str) -> Result<T, Flaw> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(WHOLE);
    }
    text.parse().map_err(|_| WHOLE)
}

fn above_0<T: FromStr + Default + PartialEq>(text: &str) -> Result<T, Flaw> {
    let number = whole(text)?;
    if number == T::default() {
        return Err(Flaw::OutOfRange("above 0"));
    }
    Ok(number)
}

fn signed(text: &str) -> Result<i32, Flaw> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    whole::<u32>(digits)?;
    text.parse().map_err(|_| WHOLE)
}

fn decimal(text: &str) -> Result<f32, Flaw> {
    let digits = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = text.parse().ok().filter(|number: &f32| number.is_finite());
    number.filter(|_| digits).ok_or(DECIMAL)
}

fn share(text: &str) -> Result<f32, Flaw> {
    let share = decimal(text)?;
    check_share(share).map(|()| share)
}

fn latency(text: &str) -> Result<f32, Flaw> {
    let seconds = decimal(text)?;
    check_latency(seconds).map(|()| seconds)
}

fn within(text: &str, check: fn(Duration) -> Result<(), Flaw>) -> Result<Duration, Flaw> {
    let time = seconds(text)?;
    check(time).map(|()| time)
}

fn seconds(text: &str) -> Result<Duration, Flaw> {
    let (seconds, part) = text.split_once('.').unwrap_or((text, "0"));
    if part.len() > 6 {
        return Err(SECONDS);
    }
    let whole = |text| whole::<u64>(text).map_err(|_| SECONDS);
    let scale = (part.len()..6).fold(1, |scale, _| scale * 10);
    let micros = whole(seconds)?.checked_mul(1_000_000);
    let micros = micros.and_then(|micros| micros.checked_add(whole(part).ok()? * scale));
    micros.map(Duration::from_micros).ok_or(SECONDS)
}
