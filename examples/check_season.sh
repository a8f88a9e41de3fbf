#!/usr/bin/env bash
# Checks a built season from outside: ./check_season.sh target/release/season
set -euo pipefail
season=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "check_season: $*" >&2
    exit 1
}

# Processor time, which is wall time where nothing else runs.
took=$(python3 - "$season" "$work/a.json" "$work/a.err" <<'PY'
import resource, subprocess, sys

season, out, err = sys.argv[1:]
subprocess.run([season, "--json", "--seed", "1"], stdout=open(out, "w"), stderr=open(err, "w"), check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(round(1000 * (used.ru_utime + used.ru_stime)))
PY
)
[ ! -s "$work/a.err" ] || fail "--json writes to stderr"
[ "$took" -le 5000 ] || fail "a season took $took ms, the limit is 5000"

python3 - "$season" "$work/a.json" <<'PY'
import json, re, subprocess, sys

season, first = sys.argv[1:]
report = json.load(open(first))
ended = sum(report[k] for k in ("executed", "expired", "refused", "indeterminate", "pending"))
assert report["commands_issued"] == ended, report
assert report["commands_issued"] > 60, report["commands_issued"]
for kept in (
    "commands_executed_twice",
    "seconds_past_lease_without_close_driven",
    "messages_lost",
    "committed_writes_lost",
    "replicas_diverged",
):
    assert report[kept] == 0, (kept, report[kept])
assert report["stuck_valve_seconds"] > 0, report["stuck_valve_seconds"]
assert all(report["readings_refused"].get(k, 0) > 0 for k in ("not_finite", "range", "rate", "stuck", "read_failed"))
assert report["flash_bytes_per_day"] > 0
assert sorted(report["water_mm"]) == sorted(report["stress_days"]) == ["1", "2", "3"]
assert all(mm > 100 for mm in report["water_mm"].values()), report["water_mm"]
measured = report["measured"]
assert measured["decision_p99_us"] <= 1000, measured
assert measured["peak_memory_mb"] <= 200, measured
sync = report["sync"]
assert sync["gateway_power_cuts"] > 0 and sync["lost"] > 0 and sync["commits_refused"] > 0, sync
upkeep = report["upkeep"]
assert upkeep["bad_confirmed"] == upkeep["broken_starts"] == 0 < upkeep["rolled_back"], upkeep
assert len(report["incidents"]) >= 18, report["incidents"]
work = report["work"]
assert work["waited"] == 0, work
assert work["longest_uplink_cut_h"] == 72, work
assert work["placed"]["harvest"]["while_uplink_cut"] > 0, work
assert work["placed"]["video analysis"]["while_uplink_cut"] == 0 < work["held_back"], work
assert re.fullmatch(
    r"harvest: \S+  0\.\d\d = cpu 0\.\d\d( \+ [a-z ]+ 0\.\d\d)+ \(0 is idle\); refused: .*loses power in \d+ h.*",
    work["reasons"],
), work["reasons"]

def run(seed):
    out = json.loads(subprocess.check_output([season, "--json", "--seed", str(seed)]))
    del out["measured"]
    return json.dumps(out)

assert run(1) == run(1), "the same seed gives two reports"
assert run(1) != run(2), "two seeds give one report"

for form in ("json-schema", "td", "tm", "openapi", "all"):
    json.loads(subprocess.check_output([season, "describe", "--format", form]))
PY

# The flight recorder: a season in 10 MB, and a decision of it again in half of the processor time that the season took.
python3 - "$season" "$work/a.json" "$work/season.rec" "$took" <<'PY'
import json, os, resource, subprocess, sys

season, first, recording, season_ms = sys.argv[1:]
report = json.loads(subprocess.check_output([season, "--json", "--seed", "1", "--record", recording]))
plain = json.load(open(first))
del report["measured"], plain["measured"]
assert report == plain, "a season that is recorded is another one"
size = os.path.getsize(recording)
assert size <= 10_000_000, f"a recording of {size} B"
before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
told = subprocess.check_output([season, "replay", recording, "--at", "day 140 12:00"], text=True)
took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
assert told.startswith("day 140 12:00, in the season of 145 days"), told
assert took <= int(season_ms) / 2_000, f"a replay took {took:.2f} s, the season {season_ms} ms"
PY

# The measured seasons, where the data is: below GOFARM_DATA, or in ../shared/data beside the project.
data=${GOFARM_DATA:-$(dirname "$0")/../../shared/data}/field
for name in cotton_2022_maricopa maize_2022_greeley; do
    if [ ! -d "$data/$name" ]; then
        [ "${CI:-}" != true ] || fail "$data/$name is missing"
        echo "check_season: skipped $name: not in $data" >&2
        continue
    fi
    "$season" --json --data "$data/$name" >"$work/$name.json"
    python3 - "$work/$name.json" <<'PY'
import json, sys

report = json.load(open(sys.argv[1]))
for kept in (
    "commands_executed_twice",
    "seconds_past_lease_without_close_driven",
    "messages_lost",
    "committed_writes_lost",
    "replicas_diverged",
):
    assert report[kept] == 0, (kept, report[kept])
reference = report["reference"]
assert reference["depletion_rmse_mm"] <= 1, reference
assert reference["probe_ratio"] is None or reference["probe_ratio"] <= 1.05, reference
assert reference["name"] != "cotton_2022_maricopa" or reference["probe_ratio"] is not None, reference
assert all(days <= 20 for days in report["stress_days"].values()), report["stress_days"]
assert all(0.7 <= mm / reference["given_mm"] <= 1.7 for mm in report["water_mm"].values()), report["water_mm"]
PY
done

# Bad input: one line that names line, column and limit, exit code 2, no report.
printf 'DD,MM,YYYY,Rad,Tmin,Tmax,Hum,Wind,Rain\n01,07,2003,18000,10,99,1.3,2.5,0\n' >"$work/bad.csv"
status=0
"$season" --weather "$work/bad.csv" >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 2 ] || fail "exit code $status for bad weather, 2 is wanted"
[ ! -s "$work/out" ] || fail "a partial report for bad weather"
grep -q 'line 2, column Tmax: `99` is not a number within -60..=60 Cel' "$work/err" || fail "$(cat "$work/err")"
[ "$(wc -l <"$work/err")" = 1 ] || fail "more than one line for bad weather"

# What goes wrong as a file, the page, and what cannot be written.
"$season" chaos --seed 1 >"$work/chaos.toml"
"$season" --json --chaos "$work/chaos.toml" --to 2003-09-06 --report "$work/season.html" >"$work/scripted.json"
grep -q '</html>' "$work/season.html" || fail "no page"
status=0
"$season" --report "$work/none/season.html" >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 2 ] && [ "$(wc -l <"$work/err")" = 1 ] && [ ! -s "$work/out" ] || fail "a page that cannot be written: $(cat "$work/err")"

echo "season: promises, determinism and bad input hold; $took ms"
