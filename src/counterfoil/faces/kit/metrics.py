"""What the server counts of itself, in the form that Prometheus reads.

Owns: requests and their time by method, route template and status; memory and processor time of the
process; database connections in use.  Does not own: figures of the business; those are reports.
Always holds: the number of series is bounded by the routes; no path, id, key or tenant is ever a label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
)
from prometheus_client.exposition import generate_latest

if TYPE_CHECKING:
    from fastapi import APIRouter

    from counterfoil.store import Store

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
UNMATCHED: Final = "unmatched"


class Metrics:
    """The figures of one application."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "counterfoil_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "counterfoil_http_request_seconds",
            "Time from a request's arrival to the end of its answer",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        connections = Gauge(
            "counterfoil_database_connections_in_use",
            "Database connections that requests and jobs of this process hold",
            registry=self.registry,
        )
        pool: Any = store.engine.pool
        connections.set_function(lambda: pool.checkedout())
        ProcessCollector(registry=self.registry)
        self._templates: dict[int, str] = {}
        self._series: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def name_routes(self, router: APIRouter, prefix: str) -> None:
        """Learn the templates of a router's routes, mounted below ``prefix``."""
        for route in router.routes:
            self._templates[id(route)] = prefix + getattr(route, "path_format", "")

    def observe(self, method: str, route: object, status: int, seconds: float) -> None:
        """Count one answered request; ``route`` is the route object that served it."""
        template = self._templates.get(id(route), UNMATCHED)
        key = (method if method in _METHODS else "other", template, status)
        series = self._series.get(key)
        if series is None:
            series = (self._requests.labels(*key[:2], str(status)), self._seconds.labels(*key[:2]))
            self._series[key] = series
        series[0].inc()
        series[1].observe(seconds)

    def page(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)
