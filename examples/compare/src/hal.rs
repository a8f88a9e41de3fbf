//! gofarm-hal beside the rings, Modbus stacks and payload codecs of the field.

mod payload;
mod ring;

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    payload::measure(figures);
    ring::measure(figures);
}
