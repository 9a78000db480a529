"""The real application, whose spans come to a collector on this machine."""

from gateway.app import create_app
from gateway.settings import Settings
from gateway.traces.opening import open_traces
from tests.graph import open_http
from tests.observe.told import Told


class Traced:
    """An application whose spans come to a collector when they are asked for.

    Attributes:
        told: what observers are told, whether it is traced or not.
    """

    def __init__(self, database, url, collector):
        self.told, self._collector = Told(), collector
        settings = Settings(database_url=url, token_cache_seconds=0, count_seconds=10, traces=True)
        self.traces = open_traces(settings)
        self.app = create_app(settings, database, self.told, traces=self.traces)

    def http(self, token=None):
        return open_http(self.app, token)

    @property
    def spans(self):
        """All of them, by when they began; nothing is traced any more."""
        self.traces.close()
        return self._collector.spans

    @property
    def exported(self):
        """Those that have come so far."""
        return self._collector.spans

    @property
    def tree(self):
        """The names of the spans, as each hangs on its parent."""
        self.traces.close()
        return self._collector.tree()
