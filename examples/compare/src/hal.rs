//! gofarm-hal beside the rings, Modbus stacks and payload codecs of the field.

mod modbus;
mod payload;
mod ring;

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    modbus::measure(figures);
    payload::measure(figures);
    ring::measure(figures);
}
