from collections.abc import Sequence

class Metric: ...

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
