//! Who began the trace has decided: [`ParentBased`].

use super::{Decision, Head, Parent, Sample};

/// Follows the decision of the span that caused this one; asks `S` where there is none.
///
/// Debug traces are kept always. A stranger who sends `traceparent` with the sampled flag makes us record: on an
/// address that strangers reach, use [`ignore_remote`](Self::ignore_remote).
///
/// ```
/// use gofarm_core::trace_context::TraceId;
/// use gofarm_otel::sampler::{Decision, Head, Parent, ParentBased, Ratio, Sample};
///
/// let sampler = ParentBased::new(Ratio::NEVER);
/// let trace = TraceId::new([1; 16]).ok_or("zero")?;
/// let asked = Head::new(trace, Parent::Remote { sampled: true }, "GET /plots");
/// assert_eq!(sampler.sample(&asked), Decision::Keep);
/// assert_eq!(sampler.ignore_remote().sample(&asked), Decision::Drop);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ParentBased<S> {
    root: S,
    remote: Trust,
}

/// Whether what another process decided counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Trust {
    Followed,
    Ignored,
}

impl<S> ParentBased<S> {
    /// Asks `root` about spans without a parent that has decided.
    #[must_use]
    pub const fn new(root: S) -> Self {
        Self {
            root,
            remote: Trust::Followed,
        }
    }

    /// The same sampler, but it asks `root` about each request that comes from another process as well, also
    /// where that wants to debug it.
    #[must_use]
    pub fn ignore_remote(mut self) -> Self {
        self.remote = Trust::Ignored;
        self
    }

    /// The sampler that decides about roots.
    pub const fn root(&self) -> &S {
        &self.root
    }

    /// The same, to change it.
    pub const fn root_mut(&mut self) -> &mut S {
        &mut self.root
    }
}

impl<S: Sample> Sample for ParentBased<S> {
    fn sample(&self, head: &Head<'_>) -> Decision {
        match inherited(head.parent, self.remote) {
            Some(decision) => decision,
            None => self.root.sample(head),
        }
    }
}

/// What the parent decided, if it counts.
pub(super) const fn inherited(parent: Parent, remote: Trust) -> Option<Decision> {
    match (parent, remote) {
        (Parent::Local { sampled }, _) | (Parent::Remote { sampled }, Trust::Followed) => {
            Some(Decision::keep_if(sampled))
        }
        (Parent::Debug, Trust::Followed) => Some(Decision::Keep),
        (Parent::None, _) | (Parent::Remote { .. } | Parent::Debug, Trust::Ignored) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::Ratio;
    use gofarm_core::trace_context::TraceId;

    #[test]
    fn each_parent_is_followed_or_not() {
        use Decision::{Drop, Keep};
        // parent, roots are: never kept, always kept, never kept and remote ignored
        let rows = [
            (Parent::None, Drop, Keep, Drop),
            (Parent::Remote { sampled: true }, Keep, Keep, Drop),
            (Parent::Remote { sampled: false }, Drop, Drop, Drop),
            (Parent::Local { sampled: true }, Keep, Keep, Keep),
            (Parent::Local { sampled: false }, Drop, Drop, Drop),
            (Parent::Debug, Keep, Keep, Drop),
        ];
        for (parent, never, always, ignored) in rows {
            let head = Head::new(TraceId::new([1; 16]).unwrap(), parent, "");
            assert_eq!(ParentBased::new(Ratio::NEVER).sample(&head), never);
            assert_eq!(ParentBased::new(Ratio::ALWAYS).sample(&head), always);
            let ignoring = ParentBased::new(Ratio::NEVER).ignore_remote();
            assert_eq!(ignoring.sample(&head), ignored, "{parent:?}");
        }
    }
}
