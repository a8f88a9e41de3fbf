//! The valve node in the emulator: its valve closes, whatever becomes of the controller.

use gofarm_core::command::CommandId;
use gofarm_core::time::{minutes, secs};
use gofarm_firmware::valve_message::Message;
use gofarm_firmware_host::node::Node;
use gofarm_firmware_host::valve::{Controller, Said, micros, open, wall};

/// How late a close may be, in the node's own time: it looks at the clock each millisecond; the rest is for an emulator
/// that shares its machine.
const LATE: u64 = 250_000;

const FIRST: CommandId = CommandId::new([1; 16]);
const SECOND: CommandId = CommandId::new([2; 16]);

/// A node that was just installed, closed and ready.
async fn installed() -> (Node, Controller) {
    let mut node = Node::start("valve_node").await.unwrap();
    let mut controller = Controller::new(node.line(1).await.unwrap());
    node.says("memory missing").await.unwrap();
    closes_first(&mut node).await;
    controller.send(Message::Commission).await.unwrap();
    node.says("commissioned").await.unwrap();
    (node, controller)
}

/// The first thing that goes high after a start is the side that closes.
async fn closes_first(node: &mut Node) {
    node.says("started").await.unwrap();
    loop {
        let line = node.said().await.unwrap();
        assert!(!line.starts_with("pin open 1"), "{line}");
        if line.starts_with("pin close 1") {
            break;
        }
    }
    node.says("valve unconfirmed").await.unwrap();
}

async fn irrigating(node: &mut Node, controller: &mut Controller, message: Message) -> u64 {
    controller.send(Message::Time(wall())).await.unwrap();
    controller.send(message).await.unwrap();
    assert!(matches!(
        controller.hears().await.unwrap(),
        Said::Accepted(_)
    ));
    let accepted = node.says("command accepted").await.unwrap();
    node.says("pin open 1").await.unwrap();
    node.says("valve opened").await.unwrap();
    micros(&accepted)
}

#[tokio::test]
async fn it_closes_by_the_end_of_the_lease_though_the_line_is_cut() {
    let (mut node, mut controller) = installed().await;
    let accepted = irrigating(&mut node, &mut controller, open(FIRST, secs(2))).await;
    drop(controller);
    let ended = accepted + 2_000_000;
    let closing = micros(&node.says("pin close 1").await.unwrap());
    println!(
        "closing began {} us after the end of the lease",
        closing - ended
    );
    assert!(
        (ended..=ended + LATE).contains(&closing),
        "{accepted} {closing}"
    );
    node.says("valve unconfirmed").await.unwrap();

    // The line is plugged in again: what ran does not run again, and another command does.
    let mut controller = Controller::new(node.line(1).await.unwrap());
    controller.send(open(FIRST, secs(2))).await.unwrap();
    let repeated = Said::Refused(FIRST, "repeated".to_owned());
    assert_eq!(controller.hears().await.unwrap(), repeated);
    irrigating(&mut node, &mut controller, open(SECOND, minutes(10))).await;
    controller.send(Message::Close { id: FIRST }).await.unwrap();
    node.says("valve closing commanded").await.unwrap();
    node.says("pin close 1").await.unwrap();
}

#[tokio::test]
async fn a_reset_in_mid_irrigation_closes_first_and_never_opens_again() {
    let (mut node, mut controller) = installed().await;
    let order = open(FIRST, minutes(10));
    irrigating(&mut node, &mut controller, order).await;
    node.reset().await.unwrap();
    closes_first(&mut node).await;

    // It knows the command, before it knows the time and after.
    let repeated = Said::Refused(FIRST, "repeated".to_owned());
    controller.send(order).await.unwrap();
    assert_eq!(controller.hears().await.unwrap(), repeated);
    controller.send(Message::Time(wall())).await.unwrap();
    controller.send(order).await.unwrap();
    assert_eq!(controller.hears().await.unwrap(), repeated);

    // It remembers without being commissioned again, and takes what is new.
    irrigating(&mut node, &mut controller, open(SECOND, minutes(10))).await;
}

#[tokio::test]
async fn it_opens_for_nobody_before_it_knows_the_time_and_what_it_has_run() {
    let mut node = Node::start("valve_node").await.unwrap();
    let mut controller = Controller::new(node.line(1).await.unwrap());
    closes_first(&mut node).await;
    controller.send(open(FIRST, secs(2))).await.unwrap();
    let unknown = Said::Refused(FIRST, "time_unknown".to_owned());
    assert_eq!(controller.hears().await.unwrap(), unknown);
    controller.send(Message::Time(wall())).await.unwrap();
    controller.send(open(FIRST, secs(2))).await.unwrap();
    let lost = Said::Refused(FIRST, "may_repeat".to_owned());
    assert_eq!(controller.hears().await.unwrap(), lost);
}
