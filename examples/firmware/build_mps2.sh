#!/usr/bin/env bash
# Builds the nodes for the emulated board.
set -euo pipefail
cd "$(dirname "$0")"
cargo build -q --release --target thumbv7m-none-eabi --features mps2 \
    --bin selftest --bin modbus_server --bin valve_node --bin full_node
