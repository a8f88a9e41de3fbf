//! The report as a table for a person, within 80 columns.

use alloc::collections::BTreeMap;
use core::fmt;

use super::{FieldReport, Readings, Report, Water};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let season = &self.season;
        writeln!(
            f,
            "{} on {}, {} to {} ({} days), seed {}\n",
            capitalised(season.crop),
            season.soil,
            season.from,
            season.to,
            season.days,
            season.seed
        )?;

        self.water(f)?;
        self.promises(f)?;
        self.readings(f)?;
        self.valves(f)?;
        self.links(f)?;

        heading(f, "Work of the site's machines")?;
        let work = &self.work;
        for (kind, placed) in &work.placed {
            let cut = format!("({})", placed.while_uplink_cut);
            let what = format!("{kind}, and while the uplink was cut");
            count(f, &what, placed.times, &cut)?;
        }
        count(f, "no place when due: irrigation, harvest", work.waited, "")?;
        count(f, "no place when due: the rest", work.no_room, "")?;
        let held_back = "held back while cut off, and stopped for it";
        let stopped = format!("({})", work.stopped);
        count(f, held_back, work.held_back, &stopped)?;
        count(f, "lost with their machine", work.lost, "")?;
        let cuts = "cuts of the uplink, and the longest";
        let longest = format!("({:.1} h)", work.longest_uplink_cut_h);
        count(f, cuts, work.uplink_cuts, &longest)?;
        count(
            f,
            "times that the mast's battery was empty",
            work.mast_off,
            "",
        )?;
        count(f, "rain alerts on a wet field", work.rain_alerts, "")?;
        by_reason(f, "placed", &work.machines)?;
        wrapped(f, &work.reasons)?;

        self.upkeep(f)?;
        if let Some(reference) = &self.reference {
            write!(f, "{reference}")?;
        }

        heading(f, "Measured on this machine")?;
        row(
            f,
            "decision, p99",
            &format!("{:.2}", self.measured.decision_p99_us),
            "us",
        )?;
        row(
            f,
            "whole season",
            &format!("{:.2}", self.measured.run_s),
            "s",
        )
    }
}

/// A column of millimetres.
type Column = fn(&Water) -> f64;

impl Report {
    fn water(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<47}", "Water in mm")?;
        for number in self.fields.keys() {
            write!(f, "{:>11}", format!("field {number}"))?;
        }
        writeln!(f)?;
        let rows: [(&str, Column); 7] = [
            ("reference evapotranspiration (FAO-56)", |w| w.reference_mm),
            ("used by the crop", |w| w.used_mm),
            ("rain", |w| w.rain_mm),
            ("given through the valve", |w| w.given_mm),
            ("  by the run times that the valve reported", |w| {
                w.given_as_reported_mm
            }),
            ("drained below the roots", |w| w.drained_mm),
            ("  the same field on rain alone", |w| {
                w.drained_on_rain_alone_mm
            }),
        ];
        for (what, of) in rows {
            self.columns(f, what, |field| format!("{:.1}", of(&field.water)))?;
        }
        self.columns(f, "days under stress", |field| {
            field.water.stress_days.to_string()
        })?;
        let alone = "  the same field on rain alone";
        self.columns(f, alone, |field| {
            field.water.stress_days_on_rain_alone.to_string()
        })
    }

    fn columns(
        &self,
        f: &mut fmt::Formatter<'_>,
        what: &str,
        of: impl Fn(&FieldReport) -> String,
    ) -> fmt::Result {
        write!(f, "  {what:<45}")?;
        for field in self.fields.values() {
            write!(f, "{:>11}", of(field))?;
        }
        writeln!(f)
    }

    fn promises(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "Promises")?;
        let promises = &self.promises;
        count(f, "commands issued", promises.commands_issued, "")?;
        count(f, "  executed, each once", promises.executed, "")?;
        count(f, "  expired on the way, not run", promises.expired, "")?;
        count(f, "  refused by the device, not run", promises.refused, "")?;
        let unknown = promises.indeterminate;
        count(f, "  indeterminate, never run again", unknown, "")?;
        count(f, "  pending", promises.pending, "")?;
        let twice = promises.commands_executed_twice as u64;
        count(f, "commands executed twice", twice, "")?;
        let past = promises.seconds_past_lease_without_close_driven;
        seconds(f, "longest past a lease without the close driven", past)?;
        let stuck = promises.stuck_valve_seconds;
        seconds(f, "water through valves that stuck", stuck)?;
        count(f, "messages lost", promises.messages_lost, "")?;
        count(
            f,
            "committed writes lost",
            promises.committed_writes_lost,
            "",
        )?;
        count(f, "replicas diverged", promises.replicas_diverged, "")?;
        let flash = format!("{:.1}", promises.flash_bytes_per_day as f64 / 1e6);
        row(f, "written to flash in a day", &flash, "MB")
    }

    fn readings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "Readings of 3 probes in each field")?;
        let sum = |of: fn(&Readings) -> u32| self.sum(|field| of(&field.readings));
        count(f, "taken", sum(|r| r.taken), "")?;
        count(f, "spared: silent before", sum(|r| r.spared), "")?;
        count(f, "accepted", sum(|r| r.accepted), "")?;
        by_reason(f, "refused", &self.promises.readings_refused)?;
        count(f, "decisions made", sum(|r| r.decisions), "")?;
        let withheld = "  withheld: fewer than 2 probes to be trusted";
        count(f, withheld, sum(|r| r.decisions_withheld), "")?;
        let held_back = "  held back: the radio carried none of the last";
        count(f, held_back, sum(|r| r.openings_held_back), "")?;
        let waited = "  waited for rain that was forecast";
        count(f, waited, sum(|r| r.waited_for_rain), "")?;
        count(f, "leaks, stopped at the main", sum(|r| r.leaks), "")
    }

    fn valves(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "Valves")?;
        let effects = self.sum(|field| field.valve.commands_with_effect as u64);
        count(f, "commands that took effect", effects, "")?;
        let unseen = "  executed, and not seen by the flow meter";
        count(f, unseen, self.sum(|field| field.valve.unconfirmed), "")?;
        by_reason(f, "closed", &self.reasons(|field| &field.valve.closes))?;
        let refused = self.reasons(|field| &field.deliveries.refused_by);
        by_reason(f, "deliveries that nodes refused", &refused)?;
        let wet = self.sum(|field| field.valve.restarts_with_water);
        let restarts = self.sum(|field| field.valve.restarts);
        let what = "restarts of nodes, and with water running";
        count(f, what, restarts, &format!("({wet})"))
    }

    fn links(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "Radios, and the state of the fields on all sides")?;
        let down: f64 = self.fields.values().map(|field| field.link.down_h).sum();
        let outages = self.sum(|field| field.link.outages);
        count(
            f,
            "outages, and hours down",
            outages,
            &format!("({down:.1} h)"),
        )?;
        let alarms = self.sum(|field| field.link.alarms);
        count(f, "alarms: broker out of reach", alarms, "")?;
        let doubled = self.sum(|field| field.link.duplicated);
        let lost = self.sum(|field| field.link.lost);
        count(
            f,
            "messages lost on the way, and doubled",
            lost,
            &format!("({doubled})"),
        )?;
        let sync = &self.sync;
        let frames = format!("({})", sync.lost);
        count(f, "frames sent, and lost on radios", sync.frames, &frames)?;
        count(f, "bytes sent", sync.bytes, "")?;
        let conflicts = "conflicts: two sides wrote, unaware of each other";
        count(f, conflicts, sync.conflicts, "")?;
        count(f, "power cuts of gateways", sync.gateway_power_cuts, "")?;
        let refused = "commits that a full disk refused";
        count(f, refused, sync.commits_refused, "")?;
        count(f, "litres through all valves", sync.litres, "")?;
        let settled = "all sides were of one mind after";
        seconds(f, settled, sync.settled_after_s)
    }

    fn upkeep(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "Sent out by the cloud, and failures by script")?;
        let upkeep = &self.upkeep;
        let aborted = format!("({})", upkeep.aborted);
        count(f, "firmware images, and given up", upkeep.images, &aborted)?;
        let rolled_back = "  rolled back by the node that tried them";
        count(f, rolled_back, upkeep.rolled_back, "")?;
        let bad = "  bad ones that a node kept";
        count(f, bad, upkeep.bad_confirmed, "")?;
        let taken = format!("({})", upkeep.settings_taken);
        count(f, "settings, and taken", upkeep.settings, &taken)?;
        count(f, "failures by script", self.incidents.len() as u64, "")
    }

    fn sum<N: core::iter::Sum>(&self, of: impl Fn(&FieldReport) -> N) -> N {
        self.fields.values().map(of).sum()
    }

    fn reasons(
        &self,
        of: impl Fn(&FieldReport) -> &BTreeMap<&'static str, u32>,
    ) -> BTreeMap<&'static str, u32> {
        let mut sum = BTreeMap::new();
        for (reason, count) in self.fields.values().flat_map(of) {
            *sum.entry(*reason).or_default() += count;
        }
        sum
    }
}

fn heading(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    writeln!(f, "{text}")
}

fn row(f: &mut fmt::Formatter<'_>, what: &str, value: &str, unit: &str) -> fmt::Result {
    let line = format!("  {what:<50}{value:>10} {unit}");
    writeln!(f, "{}", line.trim_end())
}

fn seconds(f: &mut fmt::Formatter<'_>, what: &str, value: f64) -> fmt::Result {
    row(f, what, &format!("{value:.1}"), "s")
}

fn count(f: &mut fmt::Formatter<'_>, what: &str, value: impl Into<u64>, note: &str) -> fmt::Result {
    row(f, what, &value.into().to_string(), note)
}

fn by_reason<K: AsRef<str>>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    reasons: &BTreeMap<K, u32>,
) -> fmt::Result {
    count(f, what, reasons.values().sum::<u32>(), "")?;
    for (reason, number) in reasons {
        count(
            f,
            &format!("  {}", reason.as_ref().replace('_', " ")),
            *number,
            "",
        )?;
    }
    Ok(())
}

/// A long text over as many lines as it needs.
pub(in crate::season) fn wrapped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut line = String::from(" ");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 80 {
            writeln!(f, "{line}")?;
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    writeln!(f, "{line}")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
