//! A report as the head of its page.

use super::Report;
use crate::season::measured_field::{Account, Reference};
use crate::season::page::{Promise, Summary, Table};

impl Report {
    /// What was played, what was promised, and what came of it.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let season = &self.season;
        let mut summary = Summary::new(format!(
            "{} on {}, {} to {}",
            season.crop, season.soil, season.from, season.to
        ));
        let fact = |name: &str, value: String| (name.to_owned(), value);
        summary.facts = vec![
            fact("days", season.days.to_string()),
            fact("seed", season.seed.to_string()),
            fact("failures by script", self.incidents.len().to_string()),
        ];
        summary.promises = self.kept();
        summary.tables = vec![self.water_table(), self.command_table()];
        summary
            .tables
            .extend(self.reference.as_ref().map(reference_table));
        summary
    }

    fn kept(&self) -> Vec<Promise> {
        let promises = &self.promises;
        let ended =
            promises.executed + promises.expired + promises.refused + promises.indeterminate;
        let none = |name: &str, count: u64| Promise::new(name, count.to_string(), count == 0);
        let past = promises.seconds_past_lease_without_close_driven;
        let twice = promises.commands_executed_twice as u64;
        vec![
            Promise::new(
                "each command has one end, or is pending",
                format!("{} issued", promises.commands_issued),
                promises.commands_issued == ended + promises.pending,
            ),
            none("commands executed twice", twice),
            Promise::new(
                "longest time past a lease without the close driven",
                format!("{past:.1} s"),
                past == 0.0,
            ),
            none("messages lost", promises.messages_lost),
            none(
                "committed writes lost",
                promises.committed_writes_lost.into(),
            ),
            none(
                "replicas that differ at the end",
                promises.replicas_diverged.into(),
            ),
            none(
                "bad firmware that a node kept",
                self.upkeep.bad_confirmed.into(),
            ),
            none(
                "nodes that started from half an image",
                self.upkeep.broken_starts.into(),
            ),
        ]
    }

    fn water_table(&self) -> Table {
        let mut table = Table {
            title: "Water and stress".to_owned(),
            columns: [
                "field",
                "given, mm",
                "rain, mm",
                "drained, mm",
                "days under stress",
                "on rain alone",
            ]
            .map(str::to_owned)
            .into(),
            rows: Vec::new(),
            note: None,
        };
        for (number, field) in &self.fields {
            let water = &field.water;
            table.rows.push(vec![
                format!("field {number}"),
                format!("{:.0}", water.given_mm),
                format!("{:.0}", water.rain_mm),
                format!("{:.0}", water.drained_mm),
                water.stress_days.to_string(),
                water.stress_days_on_rain_alone.to_string(),
            ]);
        }
        table
    }

    fn command_table(&self) -> Table {
        let promises = &self.promises;
        let rows = [
            ("issued", promises.commands_issued),
            ("executed, each once", promises.executed),
            ("expired on the way, not run", promises.expired),
            ("refused by the device, not run", promises.refused),
            ("indeterminate, never run again", promises.indeterminate),
            ("pending", promises.pending),
        ];
        Table {
            title: "Commands".to_owned(),
            columns: vec!["how it ended".to_owned(), "commands".to_owned()],
            rows: rows
                .map(|(how, count)| vec![how.to_owned(), count.to_string()])
                .into(),
            note: None,
        }
    }
}

/// What became of the water of the measured season, then and now.
fn reference_table(reference: &Reference) -> Table {
    let row = |who: String, account: &Account| {
        let used = account.transpired_mm + account.evaporated_mm;
        vec![
            who,
            format!("{:.0}", account.irrigation_mm),
            format!("{used:.0}"),
            format!("{:.0}", account.drained_mm),
            account.stress_days.to_string(),
        ]
    };
    let then = row("as it was given then".to_owned(), &reference.as_given);
    let fields = (1..).zip(&reference.as_controlled);
    let now = fields.map(|(number, account)| row(format!("field {number}"), account));
    Table {
        title: format!("Measured season {}", reference.name),
        columns: [
            "water",
            "given, mm",
            "used, mm",
            "drained, mm",
            "days under stress",
        ]
        .map(str::to_owned)
        .into(),
        rows: [then].into_iter().chain(now).collect(),
        note: reference.probe_note(),
    }
}
