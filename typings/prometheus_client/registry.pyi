from collections.abc import Iterable
from typing import Protocol

from prometheus_client.core import Metric

class Collector(Protocol):
    def collect(self) -> Iterable[Metric]: ...

class CollectorRegistry:
    def __init__(self, auto_describe: bool = ...) -> None: ...
    def register(self, collector: Collector) -> None: ...
