#!/usr/bin/env bash
# Checks a built season with real parts: ./check_season_parts.sh target/release/season
# A real Mosquitto that is killed twice, and the real firmware in an emulator, from the folder FIRMWARE of the environment.
set -euo pipefail
season=$1

python3 - "$season" <<'PY'
import json, pathlib, shutil, socket, subprocess, sys, tempfile, time

season = sys.argv[1]

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
                time.sleep(0.05)

    broker = start()
    try:
        arguments = [season, "--json", "--broker", f"mqtt://127.0.0.1:{port}"]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2):
            time.sleep(2)
            assert process.poll() is None, "the season was over before the broker was killed"
            broker.kill()
            broker.wait()
            time.sleep(1)
            broker = start()
        holds(finish(process))
    finally:
        broker.kill()
    refused = subprocess.run([season, "--broker", "mqtt://127.0.0.1:1"], capture_output=True, text=True)
    assert refused.returncode == 2 and not refused.stdout, refused
    assert refused.stderr.count("\n") == 1, refused.stderr
    print("season: a broker that was killed twice lost nothing")

arguments = [season, "--json", "--firmware", "qemu", "--seed", "2"]
process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
report = finish(process)
holds(report)
valve = report["fields"]["1"]["valve"]
assert valve["commands_with_effect"] > 20 and valve["restarts_with_water"] > 0, valve
print(f"season: the firmware kept every promise over {valve['restarts_with_water']} resets in mid-irrigation")
PY
