//! What farms want to be told about: recorded series, alerts and panels, by the names of instruments.

/// How loud an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Somebody goes to the field now: water runs, a crop dries.
    Critical,
    /// Somebody looks today.
    Warning,
    /// For the record.
    Info,
}

impl Severity {
    /// The value of the label `severity`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// Rules that are evaluated together.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) records: &'static [Record],
    pub(super) alerts: &'static [Alert],
}

/// A series that is computed once and used often.
pub(super) struct Record {
    pub(super) name: &'static str,
    pub(super) expression: &'static str,
}

/// Something that a person is told.
pub(super) struct Alert {
    pub(super) name: &'static str,
    pub(super) expression: &'static str,
    /// How long it must hold; empty: at once.
    pub(super) hold: &'static str,
    pub(super) severity: Severity,
    pub(super) summary: &'static str,
}

const fn alert(
    name: &'static str,
    severity: Severity,
    hold: &'static str,
    expression: &'static str,
    summary: &'static str,
) -> Alert {
    Alert {
        name,
        expression,
        hold,
        severity,
        summary,
    }
}

const fn record(name: &'static str, expression: &'static str) -> Record {
    Record { name, expression }
}

use Severity::{Critical, Info, Warning};

pub(super) static GROUPS: [Group; 8] = [
    Group {
        name: "gofarm-golden-signals",
        records: &[
            record(
                "route:http_server_requests:rate5m",
                "sum by (job, http_route) (rate([[http.server.request.duration]]_count[5m]))",
            ),
            record(
                "route:http_server_errors:rate5m",
                "sum by (job, http_route) (rate([[http.server.request.duration]]_count{http_response_status_code=~\"5..\"}[5m]))",
            ),
            record(
                "route:http_server_duration:p99_5m",
                "histogram_quantile(0.99, sum by (job, http_route, le) (rate([[http.server.request.duration]]_bucket[5m])))",
            ),
            record(
                "job:http_server_errors:ratio_rate1h",
                "sum by (job) (rate([[http.server.request.duration]]_count{http_response_status_code=~\"5..\"}[1h])) / sum by (job) (rate([[http.server.request.duration]]_count[1h]))",
            ),
            record(
                "instance:runtime_busy:ratio_rate5m",
                "sum by (job, instance) (rate([[gofarm.runtime.busy]][5m])) / sum by (job, instance) ([[gofarm.runtime.workers]])",
            ),
        ],
        alerts: &[
            alert(
                "TargetDown",
                Critical,
                "5m",
                "up == 0",
                "{{ $labels.instance }} of {{ $labels.job }} cannot be scraped",
            ),
            alert(
                "HttpErrorBudget",
                Warning,
                "5m",
                "sum by (job) (rate([[http.server.request.duration]]_count{http_response_status_code=~\"5..\"}[1h])) / sum by (job) (rate([[http.server.request.duration]]_count[1h])) >= 0.01",
                "{{ $labels.job }}: {{ $value | humanizePercentage }} of the last hour's requests failed, 1 % is allowed",
            ),
            alert(
                "HttpSlow",
                Warning,
                "10m",
                "histogram_quantile(0.99, sum by (job, http_route, le) (rate([[http.server.request.duration]]_bucket[5m]))) > 0.2",
                "{{ $labels.http_route }} of {{ $labels.job }}: one request in a hundred takes longer than {{ $value | humanizeDuration }}",
            ),
            alert(
                "RuntimeSaturated",
                Warning,
                "10m",
                "sum by (job, instance) (rate([[gofarm.runtime.busy]][5m])) / sum by (job, instance) ([[gofarm.runtime.workers]]) > 0.9",
                "the worker threads of {{ $labels.instance }} are {{ $value | humanizePercentage }} busy",
            ),
            alert(
                "TaskStuck",
                Warning,
                "",
                "increase([[gofarm.task.stuck]][10m]) > 0",
                "task {{ $labels.task }} of {{ $labels.instance }} stands still: {{ $labels.reason }}",
            ),
        ],
    },
    Group {
        name: "gofarm-valves",
        records: &[],
        alerts: &[
            alert(
                "ValveLeak",
                Critical,
                "",
                "increase([[gofarm.valve.events]]{event=\"leak\"}[15m]) > 0",
                "{{ $labels.instance }}: water flows while all valves are closed",
            ),
            alert(
                "ValveCloseUnconfirmed",
                Critical,
                "",
                "increase([[gofarm.valve.events]]{event=~\"unconfirmed|overdue\"}[15m]) > 0",
                "{{ $labels.instance }}: a valve was told to close and did not confirm it ({{ $labels.event }})",
            ),
            alert(
                "ValveFault",
                Warning,
                "",
                "increase([[gofarm.valve.events]]{event=~\"over_current|under_current|not_charged|stalled|switches|pin|no_flow|reserve_low\"}[1h]) > 0",
                "{{ $labels.instance }}: valve fault {{ $labels.event }}",
            ),
            alert(
                "ValveClosesLate",
                Critical,
                "",
                "histogram_quantile(0.99, sum by (job, instance, le) (rate([[gofarm.command.close.delay]]_bucket[15m]))) > 10",
                "{{ $labels.instance }}: valves close {{ $value | humanizeDuration }} after they had to",
            ),
            alert(
                "CommandIndeterminate",
                Warning,
                "",
                "increase([[gofarm.command.outcomes]]{outcome=\"indeterminate\"}[1h]) > 0",
                "{{ $labels.instance }}: nobody knows whether a command was executed; look at the device",
            ),
        ],
    },
    Group {
        name: "gofarm-readings",
        records: &[record(
            "instance:readings_not_good:ratio_rate15m",
            "sum by (job, instance) (rate([[gofarm.reading.assessed]]{quality!=\"good\"}[15m])) / sum by (job, instance) (rate([[gofarm.reading.assessed]][15m]))",
        )],
        alerts: &[
            alert(
                "ReadingsBad",
                Warning,
                "30m",
                "sum by (job, instance) (rate([[gofarm.reading.assessed]]{quality!=\"good\"}[15m])) / sum by (job, instance) (rate([[gofarm.reading.assessed]][15m])) > 0.1",
                "{{ $labels.instance }}: {{ $value | humanizePercentage }} of the readings are not good",
            ),
            alert(
                "ModbusFailing",
                Warning,
                "15m",
                "sum by (job, instance) (rate([[gofarm.modbus.requests]]{outcome!=\"answered\"}[15m])) / sum by (job, instance) (rate([[gofarm.modbus.requests]][15m])) > 0.2",
                "{{ $labels.instance }}: {{ $value | humanizePercentage }} of the Modbus requests get no right answer",
            ),
            alert(
                "RecordsLost",
                Warning,
                "",
                "increase([[gofarm.hal.ring.lost]][1h]) > 0",
                "{{ $labels.instance }}: ring {{ $labels.ring }} was full, {{ $value }} records are lost",
            ),
        ],
    },
    Group {
        name: "gofarm-links",
        records: &[],
        alerts: &[
            alert(
                "LinkDown",
                Warning,
                "10m",
                "[[gofarm.link.state]] != 3",
                "{{ $labels.instance }} has had no connection for ten minutes",
            ),
            alert(
                "FarmCutOff",
                Warning,
                "1h",
                "[[gofarm.sched.autonomy.cut_off]] == 1",
                "{{ $labels.instance }} has decided alone for an hour",
            ),
            alert(
                "AutonomyHorizon",
                Critical,
                "",
                "increase([[gofarm.sched.autonomy.horizons]][1h]) > 0",
                "{{ $labels.instance }} is cut off for as long as it was made for",
            ),
        ],
    },
    Group {
        name: "gofarm-breakers",
        records: &[record(
            "layer:calls_rejected:rate5m",
            "sum by (job, layer, reason) (rate([[gofarm.resilience.rejected]][5m]))",
        )],
        alerts: &[
            alert(
                "BreakerOpened",
                Warning,
                "",
                "sum by (job, instance, layer, cause) (increase([[gofarm.resilience.breaker.transitions]]{to=\"open\"}[10m])) > 0",
                "{{ $labels.instance }}: circuit breaker {{ $labels.layer }} opened ({{ $labels.cause }})",
            ),
            alert(
                "BreakerFlapping",
                Warning,
                "",
                "sum by (job, instance, layer) (increase([[gofarm.resilience.breaker.transitions]]{to=\"open\"}[1h])) > 10",
                "{{ $labels.instance }}: circuit breaker {{ $labels.layer }} opened {{ $value }} times in an hour",
            ),
            alert(
                "NotReady",
                Critical,
                "5m",
                "[[gofarm.resilience.health.ready]] == 0",
                "{{ $labels.instance }} is not ready",
            ),
        ],
    },
    Group {
        name: "gofarm-state",
        records: &[],
        alerts: &[
            alert(
                "CellsRefused",
                Warning,
                "",
                "increase([[gofarm.crdt.refused]][1h]) > 0",
                "{{ $labels.instance }}: {{ $value }} cells of peers were not merged ({{ $labels.reason }})",
            ),
            alert(
                "WritesConflict",
                Info,
                "",
                "increase([[gofarm.crdt.conflicts]][1h]) > 0",
                "{{ $labels.instance }}: {{ $value }} concurrent writes met; somebody may have to decide",
            ),
            alert(
                "FlashWear",
                Warning,
                "",
                "increase([[gofarm.crdt.record.size]][1d]) > 67108864",
                "{{ $labels.instance }} wrote {{ $value | humanize1024 }}B of state in a day",
            ),
        ],
    },
    Group {
        name: "gofarm-scheduler",
        records: &[],
        alerts: &[
            alert(
                "WorkUnplaced",
                Warning,
                "10m",
                "increase([[gofarm.sched.placement.requests]]{result=\"unplaced\"}[10m]) > 0",
                "{{ $labels.instance }}: {{ $value }} requests found no node",
            ),
            alert(
                "NodeOverloaded",
                Warning,
                "5m",
                "[[gofarm.sched.node.load]] > 0.92",
                "node {{ $labels.node }} has a load of {{ $value }}",
            ),
            alert(
                "RolloutRolledBack",
                Warning,
                "",
                "increase([[gofarm.sched.rollout.events]]{step=\"rolled_back\"}[1h]) > 0",
                "rollout {{ $labels.rollout }} was rolled back ({{ $labels.cause }})",
            ),
            alert(
                "FirmwareRolledBack",
                Warning,
                "",
                "increase([[gofarm.update.trials]]{outcome=\"rolled_back\"}[1h]) > 0",
                "{{ $labels.instance }} went back to its old firmware",
            ),
        ],
    },
    Group {
        name: "gofarm-telemetry",
        records: &[],
        alerts: &[alert(
            "TelemetryLost",
            Info,
            "",
            "increase([[gofarm.otel.dropped]][1h]) > 0",
            "{{ $labels.instance }}: {{ $value }} items of telemetry were dropped ({{ $labels.reason }})",
        )],
    },
];

/// A panel of the golden dashboard.
pub(super) struct Plot {
    pub(super) row: &'static str,
    pub(super) title: &'static str,
    pub(super) expression: &'static str,
    pub(super) legend: &'static str,
    /// Grafana's name of the unit.
    pub(super) unit: &'static str,
}

const fn plot(
    row: &'static str,
    title: &'static str,
    unit: &'static str,
    legend: &'static str,
    expression: &'static str,
) -> Plot {
    Plot {
        row,
        title,
        expression,
        legend,
        unit,
    }
}

pub(super) static PLOTS: [Plot; 19] = [
    plot(
        "Golden signals",
        "Traffic",
        "reqps",
        "{{http_route}}",
        "sum by (http_route) (rate([[http.server.request.duration]]_count{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "Golden signals",
        "Errors",
        "percentunit",
        "{{http_route}}",
        "sum by (http_route) (rate([[http.server.request.duration]]_count{instance=~\"$instance\",http_response_status_code=~\"5..\"}[$__rate_interval])) / sum by (http_route) (rate([[http.server.request.duration]]_count{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "Golden signals",
        "Latency, 99th percentile",
        "s",
        "{{http_route}}",
        "histogram_quantile(0.99, sum by (http_route, le) (rate([[http.server.request.duration]]_bucket{instance=~\"$instance\"}[$__rate_interval])))",
    ),
    plot(
        "Golden signals",
        "Saturation: busy worker threads",
        "percentunit",
        "{{instance}}",
        "sum by (instance) (rate([[gofarm.runtime.busy]]{instance=~\"$instance\"}[$__rate_interval])) / sum by (instance) ([[gofarm.runtime.workers]]{instance=~\"$instance\"})",
    ),
    plot(
        "Golden signals",
        "Saturation: requests under way",
        "short",
        "{{instance}} {{http_request_method}}",
        "sum by (instance, http_request_method) ([[http.server.active_requests]]{instance=~\"$instance\"})",
    ),
    plot(
        "Golden signals",
        "CPU",
        "percentunit",
        "{{instance}} {{cpu_mode}}",
        "rate([[process.cpu.time]]{instance=~\"$instance\"}[$__rate_interval])",
    ),
    plot(
        "Golden signals",
        "Memory",
        "bytes",
        "{{instance}}",
        "[[process.memory.usage]]{instance=~\"$instance\"}",
    ),
    plot(
        "Water",
        "What valves told",
        "short",
        "{{event}}",
        "sum by (event) (increase([[gofarm.valve.events]]{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "Water",
        "Commands by outcome",
        "short",
        "{{outcome}}",
        "sum by (outcome) (increase([[gofarm.command.outcomes]]{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "Water",
        "Close after it had to, 99th percentile",
        "s",
        "{{instance}}",
        "histogram_quantile(0.99, sum by (instance, le) (rate([[gofarm.command.close.delay]]_bucket{instance=~\"$instance\"}[$__rate_interval])))",
    ),
    plot(
        "Readings",
        "Readings by quality",
        "short",
        "{{quality}}",
        "sum by (quality) (rate([[gofarm.reading.assessed]]{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "Readings",
        "Modbus requests by outcome",
        "short",
        "{{outcome}}",
        "sum by (outcome) (rate([[gofarm.modbus.requests]]{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "Breakers",
        "Moves of breakers",
        "short",
        "{{layer}}: {{from}} to {{to}} ({{cause}})",
        "sum by (layer, from, to, cause) (increase([[gofarm.resilience.breaker.transitions]]{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "Breakers",
        "Calls that were not admitted",
        "reqps",
        "{{layer}} {{reason}}",
        "sum by (layer, reason) (rate([[gofarm.resilience.rejected]]{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "State",
        "Conflicts",
        "short",
        "{{instance}}",
        "increase([[gofarm.crdt.conflicts]]{instance=~\"$instance\"}[$__rate_interval])",
    ),
    plot(
        "State",
        "Bytes to the store",
        "Bps",
        "{{instance}}",
        "rate([[gofarm.crdt.record.size]]{instance=~\"$instance\"}[$__rate_interval])",
    ),
    plot(
        "Scheduler",
        "Load of nodes",
        "percentunit",
        "{{node}}",
        "[[gofarm.sched.node.load]]{instance=~\"$instance\"}",
    ),
    plot(
        "Scheduler",
        "Requests by result",
        "reqps",
        "{{result}}",
        "sum by (result) (rate([[gofarm.sched.placement.requests]]{instance=~\"$instance\"}[$__rate_interval]))",
    ),
    plot(
        "Telemetry",
        "Telemetry that was dropped",
        "short",
        "{{reason}}",
        "sum by (reason) (increase([[gofarm.otel.dropped]]{instance=~\"$instance\"}[$__rate_interval]))",
    ),
];
