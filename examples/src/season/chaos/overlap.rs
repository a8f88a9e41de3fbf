//! What may not go wrong at the same time, and why.
//!
//! A season is held to its promises whatever goes wrong. Some failures together leave no way to keep one, or no way to
//! tell whether it was kept, and a script with these is refused ([`Excluded`]). Everything else may overlap, also both
//! gateways cut off, dark or with a full disk, a node's power cut in a radio cut, or a wrong clock on a slow disk.
//!
//! What merely hides something may overlap as well, but not in a script that is drawn ([`hides`]): there each failure
//! is to be seen.

use super::failure::Failure;
use super::trouble::{Trouble, TroubleKind as Kind};

/// Why two failures may not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Excluded {
    /// The same is the case twice: it would be over when the first of them ends.
    #[error("the end of the one would end the other")]
    Same,
    /// The cloud has one document for a gateway and one image for all nodes.
    #[error("the cloud offers one at a time")]
    Offer,
    /// Two of the three probes of a field are wrong, and water would be given by them.
    #[error("two wrong probes outvote the one that is right")]
    Probes,
    /// Water runs past a lease while the valve is stuck and its node restarts or is dark. Both are told apart in the
    /// report: seconds in which a valve does not close that is driven, and seconds in which it is not driven, which is 0.
    #[error("water that runs on could not be put down to the valve or to its node")]
    Blame,
    /// A close is sent whether or not the disk has room to note it. A gateway that loses its power before there is room
    /// forgets such commands, and its account of them could not balance.
    #[error("a gateway on a full disk has its account of commands in memory only")]
    Account,
    /// A gateway that starts in a power cut, or a clock that jumps while it is unknown.
    #[error("a gateway without power cannot start, and an unknown clock cannot jump")]
    Boot,
}

/// Why two failures that overlap in time may not, or `None` if they may.
pub(super) fn excluded(a: &Failure, b: &Failure) -> Option<Excluded> {
    if !a.overlaps(b) {
        return None;
    }
    let (a, b) = (a.what(), b.what());
    excluded_in_order(&a, &b).or_else(|| excluded_in_order(&b, &a))
}

fn excluded_in_order(a: &Trouble, b: &Trouble) -> Option<Excluded> {
    let is_same_gateway = a.gateway() == b.gateway();
    let is_same_field = a.field() == b.field();
    let is_same = is_same_gateway && is_same_field && a.probe() == b.probe();
    match (a.kind(), b.kind()) {
        (one, other) if one == other && is_same => Some(Excluded::Same),
        (Kind::GoodConfig, Kind::BadConfig) if is_same_gateway => Some(Excluded::Offer),
        (Kind::GoodFirmware, Kind::BadFirmware) => Some(Excluded::Offer),
        (Kind::ProbeStuck | Kind::ProbeLies, Kind::ProbeStuck | Kind::ProbeLies)
            if is_same_field =>
        {
            Some(Excluded::Probes)
        }
        (Kind::ValveStuck, Kind::NodePowerCut) if is_same_field => Some(Excluded::Blame),
        // Nodes restart into an image, whichever field they are in.
        (Kind::ValveStuck, Kind::GoodFirmware | Kind::BadFirmware) => Some(Excluded::Blame),
        (Kind::DiskFull, Kind::GatewayPowerCut | Kind::ClockUnknown) if is_same_gateway => {
            Some(Excluded::Account)
        }
        (Kind::ClockUnknown, Kind::GatewayPowerCut | Kind::ClockJump) if is_same_gateway => {
            Some(Excluded::Boot)
        }
        _ => None,
    }
}

/// Whether one of two failures that overlap hides the other.
pub(super) fn hides(a: &Failure, b: &Failure) -> bool {
    let (one, other) = (a.what(), b.what());
    a.overlaps(b) && (hides_in_order(&one, &other) || hides_in_order(&other, &one))
}

fn hides_in_order(a: &Trouble, b: &Trouble) -> bool {
    let is_same_gateway = a.gateway() == b.gateway();
    let is_same_field = a.field() == b.field();
    match a.kind() {
        // It does not arrive, or cannot be stored, or a power cut ends its trial and a good image is rolled back.
        Kind::GoodFirmware | Kind::BadFirmware => matches!(
            b.kind(),
            Kind::GatewayCut
                | Kind::BrokerDown
                | Kind::RadioCut
                | Kind::NodePowerCut
                | Kind::GatewayPowerCut
                | Kind::ClockUnknown
                | Kind::DiskFull
        ),
        Kind::GoodConfig | Kind::BadConfig => match b.kind() {
            Kind::BrokerDown => true,
            Kind::GatewayCut | Kind::GatewayPowerCut | Kind::ClockUnknown | Kind::DiskFull => {
                is_same_gateway
            }
            _ => false,
        },
        // Nothing arrives that could be late or double.
        Kind::Duplicates | Kind::Delays => match b.kind() {
            Kind::RadioCut => is_same_field,
            _ => false,
        },
        // It is refused before it could be slow.
        Kind::DiskSlow => b.kind() == Kind::DiskFull && is_same_gateway,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::season::chaos::Chaos;

    /// Two failures at the same time, as a script's lines after `at` and `lasts`.
    fn together(a: &str, b: &str) -> Option<Excluded> {
        let only = |lines: &str| {
            let text = format!("[[failure]]\nat = \"day 2 00:00\"\nlasts = \"1h\"\n{lines}");
            Chaos::read(&text, 30).unwrap().failures()[0]
        };
        let (a, b) = (only(a), only(b));
        assert_eq!(excluded(&a, &b), excluded(&b, &a), "{a} / {b}");
        excluded(&a, &b)
    }

    #[test]
    fn what_makes_a_promise_impossible_is_excluded_and_its_neighbour_is_not() {
        let broker = "what = \"broker_down\"";
        let good = "what = \"good_firmware\"";
        let bad = "what = \"bad_firmware\"";
        let at = |what: &str, gateway: u8| format!("what = \"{what}\"\ngateway = {gateway}");
        let on = |what: &str, field: u8| format!("what = \"{what}\"\nfield = {field}");
        let stuck = |field| on("probe_stuck", field) + "\nprobe = 0";
        let lies = on("probe_lies", 1) + "\nprobe = 2\nby = 0.05";
        let late = on("delays", 1) + "\nby = \"10m\"";
        let open = |field| on("valve_stuck", field) + "\nholds = \"20m\"";
        let jump = |gateway| at("clock_jump", gateway) + "\nby = \"2h\"";
        let full = |gateway| at("disk_full", gateway);
        let dark = |gateway| at("gateway_power_cut", gateway);
        let unknown = at("clock_unknown", 2);
        for (a, b, wanted) in [
            (broker, broker, Some(Excluded::Same)),
            (&full(1), &full(1), Some(Excluded::Same)),
            (&full(1), &full(2), None),
            (&stuck(2), &stuck(2), Some(Excluded::Same)),
            (&late, &on("duplicates", 1), None),
            (
                &at("good_config", 1),
                &at("bad_config", 1),
                Some(Excluded::Offer),
            ),
            (&at("good_config", 1), &at("bad_config", 2), None),
            (good, bad, Some(Excluded::Offer)),
            (&stuck(1), &lies, Some(Excluded::Probes)),
            (&stuck(2), &lies, None),
            (&open(1), &on("node_power_cut", 1), Some(Excluded::Blame)),
            (&open(1), &on("node_power_cut", 2), None),
            (&open(3), good, Some(Excluded::Blame)),
            (&open(3), bad, Some(Excluded::Blame)),
            (&full(1), &dark(1), Some(Excluded::Account)),
            (&full(1), &dark(2), None),
            (&full(2), &unknown, Some(Excluded::Account)),
            (&unknown, &dark(2), Some(Excluded::Boot)),
            (&unknown, &jump(2), Some(Excluded::Boot)),
            (&unknown, &jump(1), None),
            (&at("gateway_cut", 1), &at("gateway_cut", 2), None),
            (&at("gateway_cut", 1), broker, None),
        ] {
            assert_eq!(together(a, b), wanted, "{a} / {b}");
        }
    }

    #[test]
    fn what_follows_at_once_does_not_overlap() {
        let text = "[[failure]]\nat = \"day 2 00:00\"\nlasts = \"1h\"\nwhat = \"broker_down\"\n\
                    [[failure]]\nat = \"day 2 01:00\"\nlasts = \"1h\"\nwhat = \"broker_down\"\n";
        assert_eq!(Chaos::read(text, 30).unwrap().failures().len(), 2);
    }
}
