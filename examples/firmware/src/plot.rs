//! What the full node replicates, [`Plot`].

use core::time::Duration;

use gofarm_core::command::CommandId;
use gofarm_core::text::Text;
use gofarm_core::time::UnixMillis;
use gofarm_crdt::Replicated;
use gofarm_crdt::capacity::Fixed;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::register::Lww;

/// Moisture in permille, temperature in tenths of a degree Celsius, conductivity in µS/cm.
pub type Soil = (u16, i16, u16);

/// Moisture in permille and temperature in tenths of a degree Celsius.
pub type Deep = (u16, i16);

/// Soil at 10 cm and at 50 cm if it was measured, whether water may flow, and what became of the last order: `accepted`, or why not.
///
/// One register, since one node writes all of it: each type of register costs 1.2 KB of flash, and what decodes its value.
pub type Report = (Option<Soil>, Option<Deep>, bool, Text<16>);

/// The id of a command to open, when it expires, and its lease.
pub type Order = (CommandId, UnixMillis, Duration);

/// The state of a plot: the node measures and reports, its gateway orders.
#[derive(Replicated, Debug, Default)]
pub struct Plot {
    /// What the node says.
    pub report: Lww<Report, Fixed<1>>,
    /// Opens the valve; taken back, it closes it.
    pub order: Lww<Order, Fixed<1>>,
    /// What the water meter counted.
    pub litres: GCounter<Fixed<2>>,
}
