//! What one export carries: [`Batch`], and how much of each kind: [`Counts`].

/// Which of the three OTLP services takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `ExportTraceServiceRequest`.
    Traces,
    /// `ExportMetricsServiceRequest`.
    Metrics,
    /// `ExportLogsServiceRequest`.
    Logs,
}

impl Kind {
    /// All kinds, in the order of declaration.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// The kind's name in lower case, as in the path of OTLP over HTTP: `traces`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

/// One request of OTLP, ready to be sent or kept: protobuf bytes and how many things they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The service that it is for.
    pub kind: Kind,
    /// Spans, data points or log records in it; what a loss is counted in.
    pub items: u32,
    /// The request message in protobuf.
    pub body: Vec<u8>,
}

/// Spans, data points and log records, counted apart.
///
/// ```
/// use gofarm_otel::batch::{Counts, Kind};
///
/// let mut counts = Counts::ZERO;
/// counts.add(Kind::Traces, 3);
/// assert_eq!((counts.of(Kind::Traces), counts.of(Kind::Logs), counts.total()), (3, 0, 3));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts([u64; 3]);

impl Counts {
    /// None of any kind.
    pub const ZERO: Self = Self([0; 3]);

    /// How many of that kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> u64 {
        let [traces, metrics, logs] = self.0;
        match kind {
            Kind::Traces => traces,
            Kind::Metrics => metrics,
            Kind::Logs => logs,
        }
    }

    /// How many of all kinds.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let [traces, metrics, logs] = self.0;
        traces.saturating_add(metrics).saturating_add(logs)
    }

    /// Counts `items` more of that kind.
    pub fn add(&mut self, kind: Kind, items: u64) {
        let count = self.count(kind);
        *count = count.saturating_add(items);
    }

    /// Takes `items` of that kind off; stops at zero.
    pub fn subtract(&mut self, kind: Kind, items: u64) {
        let count = self.count(kind);
        *count = count.saturating_sub(items);
    }

    /// Counts all of `other` as well.
    pub fn add_all(&mut self, other: &Self) {
        for kind in Kind::ALL {
            self.add(kind, other.of(kind));
        }
    }

    const fn count(&mut self, kind: Kind) -> &mut u64 {
        let [traces, metrics, logs] = &mut self.0;
        match kind {
            Kind::Traces => traces,
            Kind::Metrics => metrics,
            Kind::Logs => logs,
        }
    }
}
