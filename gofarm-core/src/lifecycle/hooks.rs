//! [`Hook`], and the sets of them that a lifecycle can call: arrays, slices and, with `alloc`, [`Registry`].

use core::ops::ControlFlow;

use super::Moment;
use crate::time::Instant;

/// What a hook says of a moment.
///
/// See [`Lifecycle`](super::Lifecycle) and its module for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a veto that nobody reads is no veto"]
pub enum Verdict {
    /// Go on.
    Proceed,
    /// Do not, for this reason.
    Veto(&'static str),
}

/// Code that has a say at the moments of a device's life.
///
/// ```
/// use gofarm_core::lifecycle::{Hook, Moment, Verdict};
/// use gofarm_core::time::Instant;
///
/// /// Refuses data that is too long for this device.
/// struct Cap(usize);
/// impl Hook for Cap {
///     fn name(&self) -> &'static str { "cap" }
///     fn on(&mut self, _: Instant, moment: &Moment<'_>) -> Verdict {
///         match moment {
///             Moment::DataValidate { data, .. } if data.len() > self.0 => Verdict::Veto("too long"),
///             _ => Verdict::Proceed,
///         }
///     }
/// }
///
/// let long = Moment::DataValidate { source: "cloud", data: &[0; 100] };
/// assert_eq!(Cap(64).on(Instant::ZERO, &long), Verdict::Veto("too long"));
/// ```
pub trait Hook {
    /// The name under which a veto is reported.
    fn name(&self) -> &'static str;

    /// Takes part in `moment`; called for every moment, so ignore those of no interest.
    fn on(&mut self, now: Instant, moment: &Moment<'_>) -> Verdict;
}

/// An ordered set of hooks.
///
/// Given for arrays and slices of `&mut dyn Hook`, for `()` and, with `alloc`, for [`Registry`].
pub trait Hooks {
    /// Calls `f` with each hook in order until it breaks.
    fn visit(&mut self, f: &mut dyn FnMut(&mut dyn Hook) -> ControlFlow<()>);
}

/// No hooks.
impl Hooks for () {
    fn visit(&mut self, _: &mut dyn FnMut(&mut dyn Hook) -> ControlFlow<()>) {}
}

/// In the order of the array.
impl<const N: usize> Hooks for [&mut dyn Hook; N] {
    fn visit(&mut self, f: &mut dyn FnMut(&mut dyn Hook) -> ControlFlow<()>) {
        let _ = self.iter_mut().try_for_each(|hook| f(*hook));
    }
}

/// In the order of the slice.
impl Hooks for &mut [&mut dyn Hook] {
    fn visit(&mut self, f: &mut dyn FnMut(&mut dyn Hook) -> ControlFlow<()>) {
        let _ = self.iter_mut().try_for_each(|hook| f(*hook));
    }
}

#[cfg(feature = "alloc")]
pub use registry::Registry;

#[cfg(feature = "alloc")]
mod registry {
    use alloc::boxed::Box;
    use alloc::vec::Vec;
    use core::fmt;
    use core::ops::ControlFlow;

    use super::{Hook, Hooks};

    /// A growing set of hooks, called by ascending order number.
    ///
    /// Several libraries can add theirs without knowing each other: the number decides, and among equal numbers
    /// the order of adding.
    ///
    /// ```
    /// use gofarm_core::lifecycle::{BootCause, Hook, Lifecycle, Moment, Registry, Verdict};
    /// use gofarm_core::time::Instant;
    ///
    /// struct Say(&'static str);
    /// impl Hook for Say {
    ///     fn name(&self) -> &'static str { self.0 }
    ///     fn on(&mut self, _: Instant, _: &Moment<'_>) -> Verdict { Verdict::Veto("not today") }
    /// }
    ///
    /// let mut hooks = Registry::new();
    /// hooks.add(200, Say("radio"));
    /// hooks.add(100, Say("valves"));
    /// let vetoed = Lifecycle::new(hooks).boot(Instant::ZERO, BootCause::PowerOn).unwrap_err();
    /// assert_eq!(vetoed.to_string(), "boot vetoed by valves: not today");
    /// ```
    #[derive(Default)]
    pub struct Registry {
        hooks: Vec<(i32, Box<dyn Hook + Send>)>,
    }

    impl Registry {
        /// Creates an empty registry.
        #[must_use]
        pub const fn new() -> Self {
            Self { hooks: Vec::new() }
        }

        /// Adds `hook` after those with the same or a lower `order`.
        pub fn add(&mut self, order: i32, hook: impl Hook + Send + 'static) {
            let at = self.hooks.partition_point(|(other, _)| *other <= order);
            self.hooks.insert(at, (order, Box::new(hook)));
        }
    }

    impl Hooks for Registry {
        fn visit(&mut self, f: &mut dyn FnMut(&mut dyn Hook) -> ControlFlow<()>) {
            let _ = self
                .hooks
                .iter_mut()
                .try_for_each(|(_, hook)| f(hook.as_mut()));
        }
    }

    impl fmt::Debug for Registry {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_list()
                .entries(self.hooks.iter().map(|(order, hook)| (order, hook.name())))
                .finish()
        }
    }
}
