from collections.abc import Sequence
from typing import NamedTuple

class Sample(NamedTuple):
    name: str
    labels: dict[str, str]
    value: float

class Metric:
    samples: list[Sample]

class GaugeMetricFamily(Metric):
    def __init__(
        self,
        name: str,
        documentation: str,
        value: float | None = ...,
        labels: Sequence[str] | None = ...,
    ) -> None: ...
    def add_metric(self, labels: Sequence[str], value: float) -> None: ...

class CounterMetricFamily(Metric):
    def __init__(
        self,
        name: str,
        documentation: str,
        value: float | None = ...,
        labels: Sequence[str] | None = ...,
    ) -> None: ...
    def add_metric(self, labels: Sequence[str], value: float) -> None: ...
