//! Which library measures: [`Scope`].

use alloc::borrow::Cow;
use alloc::sync::Arc;

use super::labels::Labels;

/// The instrumentation scope of a metric: the library that measures.
///
/// ```
/// use gofarm_otel::instrument::Scope;
///
/// assert_eq!(Scope::new(Scope::GOFARM).name(), "gofarm");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(Arc<Parts>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parts {
    name: Cow<'static, str>,
    version: Cow<'static, str>,
    attributes: Labels,
}

impl Scope {
    /// The name under which every signal of GoFarm's crates is exported.
    pub const GOFARM: &'static str = "gofarm";

    /// A scope without version and attributes.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self::with(name.into(), Cow::Borrowed(""), Labels::new(&[]))
    }

    pub(crate) fn with(
        name: Cow<'static, str>,
        version: Cow<'static, str>,
        attributes: Labels,
    ) -> Self {
        Self(Arc::new(Parts {
            name,
            version,
            attributes,
        }))
    }

    /// The name; empty if the library did not say.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The library's version; empty if unknown.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// What else is said about the library.
    #[must_use]
    pub fn attributes(&self) -> &Labels {
        &self.0.attributes
    }
}
