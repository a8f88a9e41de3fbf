//! What one export carries: [`Batch`].

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
