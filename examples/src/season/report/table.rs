//! The report as a table for a person, within 80 columns.

use alloc::collections::BTreeMap;
use core::fmt;

use super::Report;

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

        heading(f, "Water")?;
        let water = &self.water;
        millimetres(
            f,
            "reference evapotranspiration (FAO-56)",
            water.reference_mm,
        )?;
        millimetres(f, "used by the crop", water.used_mm)?;
        millimetres(f, "rain", water.rain_mm)?;
        millimetres(f, "given through the valve", water.given_mm)?;
        millimetres(
            f,
            "  by the run times that the valve reported",
            water.given_as_reported_mm,
        )?;
        millimetres(f, "drained below the roots", water.drained_mm)?;
        millimetres(
            f,
            "  the same field on rain alone",
            water.drained_on_rain_alone_mm,
        )?;
        count(f, "days under stress", water.stress_days, "")?;
        let on_rain_alone = "  the same field on rain alone";
        count(f, on_rain_alone, water.stress_days_on_rain_alone, "")?;

        heading(f, "Readings of 3 probes")?;
        let readings = &self.readings;
        count(f, "taken", readings.taken, "")?;
        count(f, "spared: silent before", readings.spared, "")?;
        count(f, "accepted", readings.accepted, "")?;
        by_reason(f, "refused", &readings.refused)?;
        count(f, "decisions made", readings.decisions, "")?;
        let withheld = "  withheld: fewer than 2 probes to be trusted";
        count(f, withheld, readings.decisions_withheld, "")?;
        let held_back = "  held back: the radio carried none of the last";
        count(f, held_back, readings.openings_held_back, "")?;

        heading(f, "Commands to the valve")?;
        let commands = &self.commands;
        count(f, "issued", commands.issued, "")?;
        count(f, "  executed, each once", commands.executed, "")?;
        count(f, "  expired on the way, not run", commands.expired, "")?;
        count(f, "  refused by the device, not run", commands.refused, "")?;
        count(
            f,
            "  indeterminate, never run again",
            commands.indeterminate,
            "",
        )?;
        count(f, "  pending", commands.pending, "")?;
        by_reason(
            f,
            "deliveries that the device refused",
            &self.deliveries.refused_by,
        )?;

        heading(f, "Valve")?;
        let valve = &self.valve;
        count(
            f,
            "commands that took effect",
            valve.commands_with_effect as u64,
            "",
        )?;
        count(f, "  more than once", valve.executed_twice as u64, "")?;
        count(
            f,
            "  executed, and not seen by the flow meter",
            valve.unconfirmed,
            "",
        )?;
        by_reason(f, "closed", &valve.closes)?;
        count(
            f,
            "restarts, and those with water running",
            valve.restarts,
            &format!("({})", valve.restarts_with_water),
        )?;
        seconds(
            f,
            "longest past a lease without the close driven",
            valve.longest_past_lease_s,
        )?;
        seconds(
            f,
            "longest from due to closed (sticky valve)",
            valve.longest_close_s,
        )?;

        heading(f, "Link")?;
        let link = &self.link;
        count(
            f,
            "outages, and hours down",
            link.outages,
            &format!("({:.1} h)", link.down_h),
        )?;
        count(f, "connections made by the valve's node", link.connects, "")?;
        count(f, "alarms: broker out of reach", link.alarms, "")?;
        count(
            f,
            "messages lost, and doubled",
            link.lost,
            &format!("({})", link.duplicated),
        )?;

        heading(f, "State of the field, on both sides of the link")?;
        let sync = &self.sync;
        let frames = format!("({})", sync.lost);
        count(f, "frames sent, and lost", sync.frames, &frames)?;
        count(f, "bytes sent", sync.bytes, "")?;
        count(f, "cells refused by the other side", sync.troubles, "")?;
        let conflicts = "conflicts: both sides wrote, unaware of each other";
        count(f, conflicts, sync.conflicts, "")?;
        let cuts = "power cuts of the gateway, and with damage";
        let damaged = format!("({})", sync.damaged_by_power_cuts);
        count(f, cuts, sync.gateway_power_cuts, &damaged)?;
        count(f, "litres through the valve", sync.litres, "")?;
        let same = if sync.is_same_on_both_sides {
            "yes"
        } else {
            "no"
        };
        row(f, "both sides read the same at the end", same, "")?;
        let complete = if sync.is_complete { "yes" } else { "no" };
        row(f, "both have all that was committed", complete, "")?;

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

fn heading(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    writeln!(f, "{text}")
}

fn row(f: &mut fmt::Formatter<'_>, what: &str, value: &str, unit: &str) -> fmt::Result {
    let line = format!("  {what:<50}{value:>10} {unit}");
    writeln!(f, "{}", line.trim_end())
}

fn millimetres(f: &mut fmt::Formatter<'_>, what: &str, value: f64) -> fmt::Result {
    row(f, what, &format!("{value:.1}"), "mm")
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
fn wrapped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
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
