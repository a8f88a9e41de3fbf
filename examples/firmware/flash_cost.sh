#!/usr/bin/env bash
# Flash cost of one device of eight properties: bytes of code and constants above the same firmware without it.
set -euo pipefail
cd "$(dirname "$0")"

size() { # FEATURES: text + rodata + data in bytes, as loaded into flash
    cargo build -q --release --target "$target" --features "$1"
    python3 - "${CARGO_TARGET_DIR:-target}/$target/release/contract" <<'PY'
import struct, sys
elf = open(sys.argv[1], "rb").read()
offset, = struct.unpack_from("<I", elf, 28)
entry, count = struct.unpack_from("<HH", elf, 42)
segments = [struct.unpack_from("<8I", elf, offset + i * entry) for i in range(count)]
print(sum(s[4] for s in segments if s[0] == 1))  # p_filesz of PT_LOAD
PY
}

printf '%-24s %10s %12s %14s\n' "flash, bytes" "bare" "+ validate" "+ description"
for target in thumbv6m-none-eabi thumbv7em-none-eabihf; do
    bare=$(size "")
    validate=$(size validate)
    describe=$(size validate,describe)
    printf '%-24s %10d %+12d %+14d\n' "$target" "$bare" $((validate - bare)) $((describe - validate))
done
