"""Writes the vectors of tests/it/feature.rs: what tsfresh, statsmodels and numpy say of each window.

    pip install tsfresh==0.21.2 statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1
    python make.py

Each row is the window that ends with its input. Rows before a window is full hold 0, as do figures that do not exist.
In `holes.csv` the oracles see the values of the window that are there.
"""
import csv
import warnings

import numpy as np
from statsmodels.tsa.seasonal import seasonal_decompose
from tsfresh.feature_extraction import feature_calculators as ts

W, BINS, Q, N = 32, 10, 0.95, 300
COLUMNS = ["input", "std", "skewness", "kurtosis", "entropy", "max", "quantile",
           "acf1", "acf5", "peak", "trend7", "trend24", "residual7", "residual24"]


def series(offset, holes):
    rng = np.random.default_rng(7)
    i = np.arange(N)
    x = offset + 3 * np.sin(2 * np.pi * i / 8) + 2 * np.sin(2 * np.pi * i / 24) + rng.normal(0, 1, N)
    x[60], x[150] = offset + 400, offset - 90  # outliers
    x[200:245] = offset + 5  # all equal for more than a window
    x = x.astype(np.float32).astype(np.float64)
    if holes:
        x[rng.random(N) < 0.15] = np.nan
        x[100:140] = np.nan  # a whole window
        x[145] = np.nan
    return x


def finite(figure):
    return float(figure) if np.isfinite(figure) else 0.0


def of_window(window):
    w = window[~np.isnan(window)]
    if len(w) == 0:
        return [0.0] * 6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figures = [ts.standard_deviation(w), ts.skewness(w), ts.kurtosis(w),
                   ts.binned_entropy(w, BINS), ts.maximum(w), ts.quantile(w, Q)]
    if w.min() == w.max():
        figures[1] = figures[2] = 0.0  # tsfresh: NaN or 0, by version of pandas
    return [finite(f) for f in figures]


def of_time(window):
    if window.min() == window.max():
        return [0.0] * 3
    power = np.abs(np.fft.rfft(window))[1:] ** 2
    strongest = np.flatnonzero(power * (1 + 2e-9) > power.max())[0]  # the lowest of equal ones
    return [finite(ts.autocorrelation(window, 1)), finite(ts.autocorrelation(window, 5)),
            (1 + int(strongest)) / W]


def decomposed(x, end, period):
    if end + 1 < 2 * period:
        return [0.0, 0.0]
    parts = seasonal_decompose(x[: end + 1], period=period, two_sided=False)
    return [finite(parts.trend[-1]), finite(parts.resid[-1])]


def write(name, offset, holes):
    x = series(offset, holes)
    with open(name, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS[:7] if holes else COLUMNS)
        for t in range(N):
            row = ["nan" if np.isnan(x[t]) else repr(float(x[t]))]
            full = t + 1 >= W
            window = x[max(0, t + 1 - W) : t + 1]
            row += [f"{f:.9g}" for f in (of_window(window) if full else [0.0] * 6)]
            if not holes:
                row += [f"{f:.9g}" for f in (of_time(window) if full else [0.0] * 3)]
                seven, day = decomposed(x, t, 7), decomposed(x, t, 24)
                row += [f"{f:.9g}" for f in (seven[0], day[0], seven[1], day[1])]
            out.writerow(row)


write("plain.csv", 0.0, False)
write("offset.csv", 1e5, False)
write("holes.csv", 0.0, True)
