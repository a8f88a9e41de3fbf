#!/usr/bin/env bash
# Checks a built season with real parts: ./check_season_parts.sh target/release/season
# A real Mosquitto that is killed twice, and the real firmware in an emulator, from the folder FIRMWARE of the environment.
set -euo pipefail
season=$1

python3 - "$season" <<'PY'
import json, pathlib, shutil, socket, struct, subprocess, sys, tempfile, time

season = sys.argv[1]
# Of the season that is played when none is asked for.
DAYS = 145

def holds(report):
    ended = sum(report[k] for k in ("executed", "expired", "refused", "indeterminate", "pending"))
    assert report["commands_issued"] == ended > 20, report["commands_issued"]
    for promise in ("commands_executed_twice", "seconds_past_lease_without_close_driven", "messages_lost",
                    "committed_writes_lost", "replicas_diverged"):
        assert report[promise] == 0, (promise, report[promise])

def finish(process):
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0 and not err, err
    return json.loads(out)

def days_carried(port):
    """How far the season is, in days, by each packet that the broker carries from now on."""
    # An MQTT 3.1.1 client: CONNECT, then SUBSCRIBE to all that the parties send each other.
    with socket.create_connection(("127.0.0.1", port), timeout=60) as broker, broker.makefile("rb") as packets:
        broker.sendall(bytes.fromhex("100d00044d5154540402000000015f"))
        topics = b"gofarm/season/sync/#"
        broker.sendall(struct.pack(">BBHH", 0x82, len(topics) + 5, 1, len(topics)) + topics + b"\0")
        while kind := packets.read(1):
            length = shift = 0
            while True:
                (part,) = packets.read(1)
                length |= (part & 127) << shift
                shift += 7
                if part < 128:
                    break
            packet = packets.read(length)
            if kind[0] >> 4 != 3:
                continue
            (topic,) = struct.unpack_from(">H", packet)
            payload = packet[2 + topic:]
            # When it is due, in µs since the season's start, and its number; an empty one is a receipt.
            if len(payload) >= 16:
                yield struct.unpack_from("<Q", payload)[0] / 86_400e6

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
with tempfile.TemporaryDirectory() as folder:
    config = pathlib.Path(folder, "mosquitto.conf")
    config.write_text(f"user root\npersistence false\nlog_dest none\nlistener {port} 127.0.0.1\nallow_anonymous true\n")
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")

    def start():
        broker = subprocess.Popen([program, "-c", config], stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return broker
            except ConnectionRefusedError:
                assert broker.poll() is None, "no broker"
                time.sleep(0.05)

    broker = start()
    try:
        arguments = [season, "--json", "--broker", f"mqtt://127.0.0.1:{port}"]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for third in (1, 2):
            due = third * DAYS / 3
            days = next((days for days in days_carried(port) if days >= due), None)
            assert days is not None and days < DAYS, f"killed on day {days}"
            broker.kill()
            broker.wait()
            time.sleep(1)  # at most a day of the season
            broker = start()
        report = finish(process)
        assert report["season"]["days"] == DAYS, report["season"]
        holds(report)
    finally:
        broker.kill()
    refused = subprocess.run([season, "--broker", "mqtt://127.0.0.1:1"], capture_output=True, text=True)
    assert refused.returncode == 2 and not refused.stdout, refused
    assert refused.stderr.count("\n") == 1, refused.stderr
    print("season: a broker that was killed twice lost nothing")

# The board takes real time for its water: 49 runs up to this day.
arguments = [season, "--json", "--firmware", "qemu", "--seed", "2", "--to", "2003-07-20"]
process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
report = finish(process)
holds(report)
valve = report["fields"]["1"]["valve"]
assert valve["commands_with_effect"] > 20 and valve["restarts_with_water"] > 0, valve
print(f"season: the firmware kept every promise over {valve['restarts_with_water']} resets in mid-irrigation")
PY
