//! gofarm-sched beside published placement policies, textbook loops, sketches-ddsketch and tower's balancer.

mod openb;
mod p2c;
mod quantiles;
mod textbook;

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    openb::measure(figures);
    textbook::measure(figures);
    quantiles::measure(figures);
    p2c::measure(figures);
}
