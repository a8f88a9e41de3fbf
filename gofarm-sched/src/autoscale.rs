//! How many workers a service needs: Kubernetes' horizontal scaling, as a value that runs anywhere.
//!
//! A queue that fills before the rain needs more workers now and fewer an hour later, and whoever follows the metric
//! directly starts and stops workers all day. Kubernetes' `HorizontalPodAutoscaler` has the rules that years of such
//! flapping have taught, and operators know them by name, so they are kept as they are: the formula
//! `desired = ceil(current × metric / target)` with a tolerance, what missing metrics count for, stabilisation windows,
//! and policies that limit how much may change in a period. Sources: "Horizontal Pod Autoscaling", sections
//! "Algorithm details" and "Configurable scaling behavior" (kubernetes.io), and the published tables of
//! `replica_calculator_test.go` and `horizontal_test.go`, which the tests of this module follow.
//!
//! What differs, because it runs in a fixed space: a window is kept in 24 slots, so that several recommendations or
//! changes in one slot leave the window together, with the last of them, at most 1/23 of the window later than each
//! alone would. With one decision each 15 s, windows up to 345 s are exact.
//!
//! What it does not do: it starts nothing, reads no metric, and knows neither readiness delays nor rolling updates;
//! whether a worker is ready is the caller's to say.

mod config;
mod demand;
mod machine;
mod recent;
mod rules;
mod signal;

pub use config::AutoscaleConfig;
pub use demand::{Demand, Target, Unmeasured, Usage, rain_weighted};
pub use machine::{Autoscaler, Limit, Scaling};
pub use rules::{PolicySelect, ScalingPolicy, ScalingRules};
pub use signal::{INSTRUMENTS, observe};
