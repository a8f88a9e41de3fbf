//! [`Entry`]: what is kept of one node.

use crate::resource::DeviceSet;

/// What is kept of one node for one shape, in few bytes, for there are many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// What the scores of the node say; NaN where it is refused, other than for its load.
    node: f32,
    /// What the scores of the group say; NaN where it is refused.
    group: f32,
    pub(super) devices: DeviceSet,
    pub(super) saw_load: bool,
}

impl Entry {
    pub(super) const REFUSED: Self = Self {
        node: f32::NAN,
        group: f32::NAN,
        devices: DeviceSet::EMPTY,
        saw_load: false,
    };

    pub(super) const fn new(
        node: Option<(DeviceSet, f32)>,
        group: Option<f32>,
        saw_load: bool,
    ) -> Self {
        let mut entry = Self::REFUSED;
        if let Some((devices, cost)) = node {
            (entry.node, entry.devices) = (cost, devices);
        }
        if let Some(group) = group {
            entry.group = group;
        }
        entry.saw_load = saw_load;
        entry
    }

    pub(super) fn node(self) -> Option<(DeviceSet, f32)> {
        (!self.node.is_nan()).then_some((self.devices, self.node))
    }

    /// Both costs.
    pub(super) fn costs(self) -> Option<(f32, f32)> {
        (!self.node.is_nan() && !self.group.is_nan()).then_some((self.node, self.group))
    }
}
