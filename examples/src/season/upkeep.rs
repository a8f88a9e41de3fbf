//! What is changed in the field without anybody going there: the nodes' firmware and the gateways' settings.
//!
//! Both come from the cloud, and both can be bad. The rule is the same: what is bad is found where it can do least, it
//! changes nothing there, and what was good before goes on.

mod firmware;
mod settings;

pub(super) use self::firmware::{Event, Firmware, Image};
pub(super) use self::settings::{
    Account as SettingsAccount, BAD_DOCUMENTS, Configuration, GOOD_DOCUMENTS, Settings,
};
