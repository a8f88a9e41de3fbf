//! What the simulated valve can be told.

use gofarm_core::contract::{ActionContract, OnLinkLoss};
use gofarm_core::time::secs;
use gofarm_core::{Action, Validate, Violation};

macro_rules! action {
    ($name:ident, $contract:expr) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name;
        impl Validate for $name {
            fn validate(&self) -> Result<(), Violation> {
                Ok(())
            }
        }
        impl Action for $name {
            const CONTRACT: &'static ActionContract = &$contract;
        }
    };
}

action!(Open, ActionContract::new("open").max_run(secs(30)));
action!(
    Flush,
    ActionContract::new("flush")
        .max_run(secs(10))
        .on_link_loss(OnLinkLoss::Close)
);
action!(Tare, ActionContract::new("tare"));
action!(Close, ActionContract::new("close").closing());
