from http.server import HTTPServer
from threading import Thread

from prometheus_client.registry import CollectorRegistry

__all__ = ["CollectorRegistry", "start_http_server", "write_to_textfile"]

def start_http_server(
    port: int, addr: str = ..., registry: CollectorRegistry = ...
) -> tuple[HTTPServer, Thread]: ...
def write_to_textfile(path: str, registry: CollectorRegistry) -> None: ...
