//! How much one span may say.

/// Bounds for one span; what goes beyond is left out and counted in the span's `dropped_*_count`.
///
/// The numbers are those of the OpenTelemetry specification, which bounds neither the length of a value nor the
/// whole span; a gateway must.
///
/// ```
/// use gofarm_otel::tracer::Limits;
///
/// let small = Limits::new().attributes(16).value_bytes(256).span_bytes(2048);
/// # let _ = small;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) attributes: u32,
    pub(super) events: u32,
    pub(super) links: u32,
    pub(crate) value_bytes: usize,
    pub(crate) span_bytes: usize,
}

impl Limits {
    /// 128 attributes, events and links, 128 attributes for each event and link, 4 KiB for a text, 64 KiB in all.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            attributes: 128,
            events: 128,
            links: 128,
            value_bytes: 4 << 10,
            span_bytes: 64 << 10,
        }
    }

    /// The number of attributes of a span, and of each event and each link.
    #[must_use]
    pub const fn attributes(mut self, attributes: u32) -> Self {
        self.attributes = attributes;
        self
    }

    /// The number of events.
    #[must_use]
    pub const fn events(mut self, events: u32) -> Self {
        self.events = events;
        self
    }

    /// The number of links.
    #[must_use]
    pub const fn links(mut self, links: u32) -> Self {
        self.links = links;
        self
    }

    /// The length in bytes to which names and texts are cut, at the end of a character.
    #[must_use]
    pub const fn value_bytes(mut self, bytes: usize) -> Self {
        self.value_bytes = bytes;
        self
    }

    /// The length in bytes of all attributes, events and links together, as they are sent.
    #[must_use]
    pub const fn span_bytes(mut self, bytes: usize) -> Self {
        self.span_bytes = bytes;
        self
    }
}

/// As [`Limits::new`].
impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
