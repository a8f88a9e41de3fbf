//! [`PriorityClass`]: a level of urgency with a name.

/// A level of urgency with a name; more is more urgent, 0 is ordinary.
///
/// ```
/// use gofarm_sched::priority::PriorityClass;
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::Ask;
///
/// let harvest = Request::new(Ask::new(500, 0)).priority(PriorityClass::URGENT_HARVEST.value());
/// assert!(harvest.urgency() > PriorityClass::BATCH_ANALYTICS.value());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PriorityClass {
    name: &'static str,
    value: i32,
}

impl PriorityClass {
    /// A harvest that cannot wait: 1 000 000.
    pub const URGENT_HARVEST: Self = Self::new("urgent-harvest", 1_000_000);

    /// Reports and training: 1 000.
    pub const BATCH_ANALYTICS: Self = Self::new("batch-analytics", 1_000);

    /// A class of one's own.
    #[must_use]
    pub const fn new(name: &'static str, value: i32) -> Self {
        Self { name, value }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The priority that its work has.
    #[must_use]
    pub const fn value(&self) -> i32 {
        self.value
    }
}
