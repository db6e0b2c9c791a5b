"""Reads what /metrics says on standard input, strictly, by Prometheus's own parsers: `text` or `openmetrics`.
Prints the samples as JSON: [name, labels, value]."""
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text

families = list({'text': text, 'openmetrics': open_metrics}[sys.argv[1]](sys.stdin.read()))
names = [family.name for family in families]
assert len(names) == len(set(names)), f'a family stands at two places: {names}'
assert all(family.documentation and family.type != 'unknown' for family in families), names
json.dump([[sample.name, sample.labels, sample.value] for family in families for sample in family.samples], sys.stdout)
