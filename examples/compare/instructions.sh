#!/usr/bin/env bash
# Counts the instructions of a derived `validate` and of hand-written code, and fails above 1.1 to 1.
set -euo pipefail
cd "$(dirname "$0")"

cargo build -q --release
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
        --toggle-collect="*check_$1*" target/release/gofarm-compare "instructions:$1" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
hand=$(count hand)
derived=$(count gofarm)
awk -v h="$hand" -v d="$derived" 'BEGIN {
    if (h == 0 || d == 0) { print "nothing was counted"; exit 1 }
    printf "validate, 8 fields, 5 ranges, good: hand %.1f, derived %.1f instructions a call, ratio %.3f (gate 1.1)\n", h / 10000, d / 10000, d / h
    exit d / h > 1.1
}'
