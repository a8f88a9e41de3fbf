"""Reads pages from standard input and prints what the official Prometheus client's parsers see in them.

Usage: parse.py text|openmetrics; pages are separated by NUL. For each page a line `page`, then for each sample
`name|key=value,...|number|exemplar's trace id`, with keys and values in hexadecimal and numbers as float.hex().
"""

import io
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text

parse = {
    "text": text.text_fd_to_metric_families,
    "openmetrics": openmetrics.text_fd_to_metric_families,
}[sys.argv[1]]


def hexadecimal(value):
    return value.encode().hex()


for page in sys.stdin.buffer.read().decode().split("\0"):
    print("page")
    for family in parse(io.StringIO(page, newline="\n")):
        for sample in family.samples:
            labels = sorted((hexadecimal(k), hexadecimal(v)) for k, v in sample.labels.items())
            exemplar = sample.exemplar.labels["trace_id"] if sample.exemplar else ""
            rendered = ",".join(f"{k}={v}" for k, v in labels)
            print(f"{sample.name}|{rendered}|{float(sample.value).hex()}|{exemplar}")
