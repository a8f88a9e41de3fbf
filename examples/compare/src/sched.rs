//! gofarm-sched beside published placement policies, textbook loops, sketches of quantiles, streaming statistics and
//! tower's balancer.

mod features;
mod herding;
mod node_table;
mod openb;
mod p2c;
mod placement;
mod quantiles;
mod textbook;

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    openb::measure(figures);
    herding::measure(figures);
    node_table::measure(figures);
    placement::measure(figures);
    p2c::measure(figures);
    quantiles::measure(figures);
    features::measure(figures);
}

/// Notes how much of a peer's time in a case one of ours takes.
fn note_share(figures: &mut Figures, case: &str, ours: &str, peer: &str) {
    let least = |engine| figures.find(case, engine, "ns");
    if let (Some(own), Some(other)) = (least(ours), least(peer)) {
        let name = format!("{ours}, of the peer's");
        figures.note(case, &name, "%", 100.0 * own / other);
    }
}
