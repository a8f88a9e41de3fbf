//! The board's own tests, in the emulator.

use gofarm_firmware_host::node::Node;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn the_board_passes_its_own_tests() {
    let node = Node::start("selftest").await.unwrap();
    let mut line = node.line(1).await.unwrap();
    let mut bytes = [0; 6];
    line.read_exact(&mut bytes).await.unwrap();
    line.write_all(&bytes).await.unwrap();
    let (status, console) = node.ended().await.unwrap();
    assert!(status.success(), "{console}");
}
