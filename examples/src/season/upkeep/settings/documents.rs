//! Documents as people write them, good and bad.

/// Documents that are taken.
pub(in crate::season) const GOOD_DOCUMENTS: [&str; 4] = [
    "start_at = 0.8\nstop_at = 0.35\n",
    "# shorter runs on the sand\nlongest_run = 1800\n",
    "rain_stops_mm = 0.3\n",
    "start_at = 0.9\nstop_at = 0.45\nlongest_run = 2100\nrain_stops_mm = 0.2\n",
];

/// Documents that are refused, each with a part of the reason; what is good in one is not taken either.
pub(in crate::season) const BAD_DOCUMENTS: [(&str, &str); 9] = [
    // In percent, where a share is meant.
    (
        "longest_run = 1200\nstart_at = 85",
        "start_at: 85 is outside 0.1..=0.95",
    ),
    ("start_at = nan", "start_at: NaN is outside 0.1..=0.95"),
    (
        "stop_at = 0.2\nrain_stops_mm = -0.1",
        "rain_stops_mm: -0.1 is outside 0..=5 mm",
    ),
    // In minutes, where seconds are meant.
    (
        "start_at = 0.8\nlongest_run = 40",
        "longest_run: 40 is outside 300..=2400 s",
    ),
    // Each within its range, and together no irrigation ever ends.
    (
        "start_at = 0.3\nstop_at = 0.6",
        "stop_at: 0.6 is not below start_at, 0.3",
    ),
    (
        "longest_run = 1200\nstrat_at = 0.8",
        "unknown key `strat_at`",
    ),
    ("start_at = 0.7\nstop_at = \"half\"", "invalid type"),
    ("start_at = 0.7\nstop_at: 0.3", "TOML parse error"),
    (
        "<html><body>502 Bad Gateway</body></html>",
        "TOML parse error",
    ),
];
