"""Writes the vectors of tests/it/drift.rs: what river and scipy say after each value.

    pip install river==0.26.1 scipy==1.17.1 numpy==2.4.6
    python make.py

ADWIN is river's window itself: `river.drift.ADWIN` starts anew after a detection, the paper's window goes on.
"""
import csv

import numpy as np
from river.drift import PageHinkley
from river._river_rust.drift import AdaptiveWindowing
from scipy.stats import entropy

N, W, B, LEARNED = 4000, 200, 10, 500

rng = np.random.default_rng(11)
mean = np.concatenate([np.full(1000, 0.3), np.full(1000, 0.6), np.linspace(0.6, 0.2, 1000), np.full(1000, 0.2)])
x = (mean + rng.normal(0, 0.1, N)).astype(np.float32).astype(np.float64)

hinkley = PageHinkley(min_instances=30, delta=0.005, threshold=5.0, alpha=0.9999)
adwin = AdaptiveWindowing(0.002, 32, 5, 5, 10)
learned = np.sort(x[:LEARNED])
edges = np.array([learned[(i + 1) * LEARNED // B - 1] for i in range(B - 1)])


def shares(values):
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=B) + 0.5
    return counts / counts.sum()


with open("series.csv", "w", newline="") as file:
    out = csv.writer(file)
    out.writerow(["value", "page_hinkley", "adwin", "width", "total", "squares", "divergence"])
    for t in range(N):
        hinkley.update(float(x[t]))
        detected = adwin.update(float(x[t]))
        nats = entropy(shares(x[t + 1 - W : t + 1]), shares(learned)) if t + 1 >= W else 0.0
        out.writerow([repr(float(x[t])), int(hinkley.drift_detected), int(detected), int(adwin.get_width()),
                      f"{adwin.get_total():.12g}", f"{adwin.get_variance():.12g}", f"{nats:.9g}"])
