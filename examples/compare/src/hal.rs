//! gofarm-hal beside the rings, Modbus stacks and payload codecs of the field.

mod ring;

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    ring::measure(figures);
}
