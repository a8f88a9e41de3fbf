//! To be written.
use crate::error::Kind;
/// A trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    _k: Kind,
}
