//! A [`Replay`] as text, within 80 columns.

use core::fmt;
use core::time::Duration;

use gofarm_core::command::Report;
use gofarm_core::time::{Instant, UnixMillis};
use jiff::SignedDuration;

use super::account::{Account, Made, Run};
use super::word::{Told, Word};
use super::{AFTERMATH, Replay};
use crate::season::controller::{Decision, Issue, Verdict};
use crate::season::plan::Plan;
use crate::season::probe::Sample;
use crate::season::record::{Ending, Moment};

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flight = &self.flight;
        writeln!(
            f,
            "{}, in the season of {} days from {}, seed {}\n\
             {} inputs of both gateways to there, each answered as it was recorded",
            self.moment,
            flight.days(),
            flight.from(),
            flight.plan.seed,
            self.inputs
        )?;
        for account in &self.fields {
            self.field(f, account)?;
        }
        Ok(())
    }
}

impl Replay {
    fn field(&self, f: &mut fmt::Formatter<'_>, account: &Account) -> fmt::Result {
        let (field, gateway) = (account.field, Plan::home(account.field));
        write!(f, "\nField {field}, {gateway}: ")?;
        let Some(made) = &account.decision else {
            return writeln!(f, "nothing decided yet");
        };
        writeln!(f, "decided on {}", Moment::of(made.at.instant()))?;
        let truth = self.flight.wall(made.at.instant());
        row(f, "clock", &clock(made.at.wall(), truth))?;
        rests_on(f, made)?;
        decided(f, made)?;
        match account.run() {
            Some(run) => self.run(f, run),
            None => Ok(()),
        }
    }

    /// What came of the command, up to the time that was asked for and after it.
    fn run(&self, f: &mut fmt::Formatter<'_>, run: &Run) -> fmt::Result {
        let is_before = |word: &&(Instant, Word)| word.0 <= self.at;
        for word in run.words.iter().take_while(is_before) {
            line(f, run, word)?;
        }
        let mut later = run.words.iter().skip_while(is_before).peekable();
        if later.peek().is_none() && run.is_over() {
            return Ok(());
        }
        writeln!(f, "  after {}, as far as it is recorded:", self.moment)?;
        for word in later {
            line(f, run, word)?;
        }
        if run.is_over() {
            return Ok(());
        }
        match self.ending {
            Some(Ending::Finished) => writeln!(f, "  the recording ends here"),
            Some(Ending::CutOff { .. }) => {
                let last = Moment::of(self.last);
                writeln!(f, "  the recording was cut off after {last}")
            }
            None => writeln!(f, "  no word of a close within {}", span(AFTERMATH)),
        }
    }
}

/// What was measured, what of it was trusted, and what was known besides.
fn rests_on(f: &mut fmt::Formatter<'_>, made: &Made) -> fmt::Result {
    let now = made.at.instant();
    let samples = made.quarter.samples.iter().zip(made.verdicts);
    for (place, (sample, verdict)) in samples.enumerate() {
        let mut text = measured(sample, verdict);
        let mut trusted = made.trusted.iter();
        if let Some((_, at, water)) = trusted.find(|(of, at, _)| *of == place && *at < now) {
            let age = span(now.saturating_since(*at));
            text += &format!("; {water:.3} of {age} ago");
        }
        row(f, &format!("probe {}", place + 1), &text)?;
    }
    let (rain, flow) = (made.quarter.rain, f64::from(made.quarter.flow) / 1_000.0);
    let gauges =
        format!("{rain:.1} mm of rain in a quarter of an hour, {flow:.0} l/min in the main");
    row(f, "gauges", &gauges)?;

    let choice = &made.choice;
    row(f, "trusted", &trusted(made))?;
    let missing = choice.depletion.map_or_else(
        || "not known".to_owned(),
        |mm| format!("{mm:.1} mm to field capacity"),
    );
    row(f, "depletion", &missing)?;
    let (available, share) = (choice.readily_available, 100.0 * choice.stop_at);
    let available = format!("{available:.1} mm without stress; a run ends at {share:.0} % of it");
    row(f, "available", &available)?;
    let rain = format!(
        "{:.1} mm to come today, by the forecast",
        choice.rain_to_come
    );
    row(f, "forecast", &rain)
}

fn measured(sample: &Sample, verdict: Verdict) -> String {
    let value = match sample {
        Sample::Record(raw) => format!("{:.3} m³/m³ at {:.1} °C", raw.water, raw.temperature),
        Sample::Silent => "no answer".to_owned(),
        Sample::Spared => return "not polled: a breaker spares it or the bus".to_owned(),
    };
    match verdict {
        Verdict::Good => format!("{value}: good"),
        Verdict::Refused(why) => format!("{value}: refused, {why}"),
        Verdict::Spared => value,
    }
}

fn trusted(made: &Made) -> String {
    let probes = made.trusted.iter();
    let probes: Vec<String> = probes.map(|(place, ..)| (place + 1).to_string()).collect();
    match (made.choice.water, probes.as_slice()) {
        (Some(water), probes) => {
            format!("{water:.4} m³/m³, the mean of probes {}", probes.join(", "))
        }
        (None, []) => "no probe".to_owned(),
        (None, probes) => format!("probe {} alone, which is not enough", probes.join(", ")),
    }
}

fn decided(f: &mut fmt::Formatter<'_>, made: &Made) -> fmt::Result {
    row(f, "reason", made.choice.reason.as_str())?;
    let decision = match made.choice.decision {
        Decision::Hold => "hold".to_owned(),
        Decision::Withhold => "withhold".to_owned(),
        Decision::Open(run) => format!("open for {}", span(run)),
        Decision::Close => "close".to_owned(),
    };
    match made.issue {
        Issue::NotWanted => row(f, "decision", &decision),
        Issue::Sent(id) => row(f, "decision", &format!("{decision}: command {id}")),
        Issue::HeldBack { why, retry_after } => {
            row(
                f,
                "decision",
                &format!("{decision}, which a breaker holds back"),
            )?;
            row(f, "breaker", &format!("{why}, {} more", span(retry_after)))
        }
        Issue::NoRoom => {
            let why = "not sent, too many commands are under way";
            row(f, "decision", &format!("{decision}: {why}"))
        }
    }
}

fn line(f: &mut fmt::Formatter<'_>, run: &Run, (at, word): &(Instant, Word)) -> fmt::Result {
    let at = Moment::of(*at).to_string();
    let which = |id| if run.opens(id) { "open" } else { "close" };
    let text = match word {
        Word::Sent(told) => sent(told),
        Word::SentAgain(id) => format!("{} sent again, it had no answer", which(*id)),
        Word::Reported(id, Report::Accepted) => format!("node: {} accepted", which(*id)),
        Word::Reported(id, Report::Ended(how)) => format!("node: {} {}", which(*id), how.as_str()),
        Word::Reported(id, _) => format!("node: a word of {}", which(*id)),
        Word::Seen(id) if run.opens(*id) => "node: the flow meter turns".to_owned(),
        Word::Seen(_) => "node: the flow meter has stopped".to_owned(),
        Word::Closed(closed) => {
            let ran = closed.ran().map_or_else(
                || "no run that it knows of".to_owned(),
                |ran| format!("after {}", span(ran)),
            );
            let late = match Duration::from_secs(closed.delay().as_secs()) {
                Duration::ZERO => String::new(),
                delay => format!(", {} late", span(delay)),
            };
            format!("node: closed, {}, {ran}{late}", closed.why().as_str())
        }
        Word::Ended(id, how) => format!("gateway: {} {}", which(*id), how.as_str()),
    };
    writeln!(f, "  {at:<17} {text}")
}

fn sent(told: &Told) -> String {
    let id = told.id;
    let name = if told.is_open { "open" } else { "close" };
    let lease = told.lease.map(|lease| format!("lease {}", span(lease)));
    let valid = told.valid.map(|valid| format!("valid for {}", span(valid)));
    let limits: Vec<String> = [lease, valid].into_iter().flatten().collect();
    match limits.as_slice() {
        [] => format!("{name} sent: {id}"),
        limits => format!("{name} sent: {id}\n{:20}{}", "", limits.join(", ")),
    }
}

/// What the gateway's wall clock says, beside the truth.
fn clock(wall: Option<UnixMillis>, truth: UnixMillis) -> String {
    let Some(wall) = wall else {
        return "it does not know what time it is".to_owned();
    };
    let off = wall.as_millis().abs_diff(truth.as_millis());
    let off = span(Duration::from_millis(off));
    match wall.cmp(&truth) {
        core::cmp::Ordering::Less => format!("{off} behind"),
        core::cmp::Ordering::Equal => "right".to_owned(),
        core::cmp::Ordering::Greater => format!("{off} ahead"),
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    writeln!(f, "  {name:<10} {text}")
}

/// A length of time to the second: `1h 5m`.
fn span(time: Duration) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    format!("{:#}", SignedDuration::from_secs(seconds))
}
