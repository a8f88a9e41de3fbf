//! Dashboards for Grafana 10 and later: [`golden_dashboard`] and [`farm_dashboard`].

use gofarm_core::observe::{Instrument, InstrumentKind};
use serde_json::{Value, json};

use super::catalogue::PLOTS;
use super::expression::resolve;
use super::{Lists, all, metric_name};

/// The golden signals and what farms fear, in rows; the panels whose instruments are in `lists`.
///
/// Returns the JSON that Grafana imports. It asks for the data source and for the instances to show.
///
/// See the [module](super) for an example.
#[must_use]
pub fn golden_dashboard(lists: &Lists<'_>) -> String {
    let mut layout = Layout::default();
    let mut row = "";
    for plot in &PLOTS {
        let Ok(expression) = resolve(plot.expression, lists) else {
            continue;
        };
        if row != plot.row {
            row = plot.row;
            layout.row(row);
        }
        layout.panel(plot.title, "", plot.unit, &[(expression, plot.legend)]);
    }
    layout.dashboard("gofarm-golden", "GoFarm: golden signals")
}

/// A panel for each instrument in `lists`, in a row for each part of the names, with its description.
///
/// Counters are shown as rates, histograms as their median, 90th and 99th percentile. Returns the JSON that Grafana
/// imports.
///
/// See the [module](super) for an example.
#[must_use]
pub fn farm_dashboard(lists: &Lists<'_>) -> String {
    let mut instruments: Vec<_> = all(lists).collect();
    instruments.sort_unstable_by_key(|instrument| instrument.name());
    instruments.dedup();
    let mut layout = Layout::default();
    let mut row = String::new();
    for instrument in instruments {
        let part = part(instrument.name());
        if row != part {
            layout.row(&part);
            row = part;
        }
        let queries = queries(instrument);
        let queries: Vec<_> = queries
            .iter()
            .map(|(expression, legend)| (expression.clone(), *legend))
            .collect();
        let description = instrument.description();
        layout.panel(instrument.name(), description, unit(instrument), &queries);
    }
    layout.dashboard("gofarm-instruments", "GoFarm: all instruments")
}

/// `gofarm.sched.node.load` belongs to `gofarm.sched`, `process.uptime` to `process`.
fn part(name: &str) -> String {
    let parts: Vec<_> = name.split('.').collect();
    let len = if parts.first() == Some(&"gofarm") {
        2
    } else {
        1
    };
    parts
        .get(..len.min(parts.len()))
        .unwrap_or_default()
        .join(".")
}

fn queries(instrument: &Instrument) -> Vec<(String, &'static str)> {
    let name = metric_name(instrument);
    let of = "{instance=~\"$instance\"}";
    match instrument.kind() {
        InstrumentKind::Counter => vec![(format!("rate({name}{of}[$__rate_interval])"), "")],
        InstrumentKind::UpDownCounter | InstrumentKind::Gauge => vec![(format!("{name}{of}"), "")],
        InstrumentKind::Histogram => [("0.5", "median"), ("0.9", "90 %"), ("0.99", "99 %")]
            .into_iter()
            .map(|(q, legend)| {
                let buckets = format!("rate({name}_bucket{of}[$__rate_interval])");
                (
                    format!("histogram_quantile({q}, sum by (le) ({buckets}))"),
                    legend,
                )
            })
            .collect(),
    }
}

/// Grafana's name for the unit; of a counter it is that of the rate.
fn unit(instrument: &Instrument) -> &'static str {
    let rate = instrument.kind() == InstrumentKind::Counter;
    match (instrument.unit(), rate) {
        ("s", true) => "percentunit", // seconds a second
        ("s", false) => "s",
        ("By", true) => "Bps",
        ("By", false) => "bytes",
        ("%", _) => "percent",
        (_, true) => "cps",
        (_, false) => "short",
    }
}

/// Two panels a line, below each other.
#[derive(Default)]
struct Layout {
    panels: Vec<Value>,
    y: u32,
    second: bool,
}

impl Layout {
    const WIDTH: u32 = 12;
    const HEIGHT: u32 = 8;

    fn row(&mut self, title: &str) {
        if self.second {
            self.end_line();
        }
        let position = json!({ "h": 1, "w": 2 * Self::WIDTH, "x": 0, "y": self.y });
        self.y += 1;
        self.push(json!({ "type": "row", "title": title, "collapsed": false, "gridPos": position, "panels": [] }));
    }

    fn panel(&mut self, title: &str, description: &str, unit: &str, queries: &[(String, &str)]) {
        let x = if self.second { Self::WIDTH } else { 0 };
        let position = json!({ "h": Self::HEIGHT, "w": Self::WIDTH, "x": x, "y": self.y });
        let source = json!({ "type": "prometheus", "uid": "${source}" });
        let targets: Vec<_> = queries
            .iter()
            .zip('A'..)
            .map(|((expression, legend), id)| {
                let legend = if legend.is_empty() { "__auto" } else { legend };
                json!({
                    "refId": id.to_string(), "expr": expression, "legendFormat": legend,
                    "datasource": source, "exemplar": true,
                })
            })
            .collect();
        self.push(json!({
            "type": "timeseries", "title": title, "description": description, "gridPos": position,
            "datasource": source, "targets": targets,
            "fieldConfig": { "defaults": { "unit": unit, "min": 0 }, "overrides": [] },
            "options": { "legend": { "showLegend": true }, "tooltip": { "mode": "multi" } },
        }));
        if self.second {
            self.end_line();
        } else {
            self.second = true;
        }
    }

    fn end_line(&mut self) {
        self.second = false;
        self.y += Self::HEIGHT;
    }

    fn push(&mut self, mut panel: Value) {
        panel["id"] = json!(self.panels.len() + 1);
        self.panels.push(panel);
    }

    fn dashboard(self, uid: &str, title: &str) -> String {
        let source = json!({
            "name": "source", "label": "Data source", "type": "datasource", "query": "prometheus",
        });
        let instances = json!({
            "name": "instance", "label": "Instance", "type": "query", "multi": true, "includeAll": true,
            "query": { "query": "label_values(up, instance)", "refId": "instances" }, "refresh": 2,
            "datasource": { "type": "prometheus", "uid": "${source}" }, "allValue": ".*",
            "current": { "text": "All", "value": "$__all" },
        });
        let dashboard = json!({
            "uid": uid, "title": title, "tags": ["gofarm"], "schemaVersion": 39, "version": 1, "editable": true,
            "refresh": "30s", "time": { "from": "now-6h", "to": "now" }, "timezone": "browser",
            "templating": { "list": [source, instances] }, "annotations": { "list": [] },
            "panels": self.panels,
        });
        format!("{dashboard:#}\n")
    }
}
