"""Components in an order that is kept.

For every message and every prediction Rasa finds out which components come after which, and
describes the whole conversation for a log that nobody reads (rasa/engine/runner/dask.py, `run`).
"""

from functools import cache
from graphlib import TopologicalSorter
from typing import Any

import rasa.core.processor
from rasa.engine.runner.dask import DaskGraphRunner


def install() -> None:
    """Models loaded from now on are run in a kept order."""
    rasa.core.processor.DaskGraphRunner = OrderedGraphRunner


class OrderedGraphRunner(DaskGraphRunner):
    """Runs the components one after the other, as Rasa's does, in an order that it keeps."""

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """The outputs of the targets, by name; see GraphRunner."""
        outputs = dict(inputs or {})
        wanted = tuple(targets or self._graph_schema.target_names)
        for name in self._order(wanted):
            needs = self._graph_schema.nodes[name].needs.values()
            # A component says itself what it misses, if it is told the name alone.
            given = [(need, outputs[need]) if need in outputs else need for need in needs]
            _, outputs[name] = self._instantiated_nodes[name](*given)
        return {name: outputs[name] for name in wanted}

    @cache  # noqa: B019 - there is one runner a model, and it stays as long as the model does.
    def _order(self, wanted: tuple[str, ...]) -> list[str]:
        """The nodes that lead to what is wanted, each after those that it needs."""
        nodes = self._graph_schema.minimal_graph_schema(list(wanted)).nodes
        needs = {name: node.needs.values() for name, node in nodes.items()}
        return [name for name in TopologicalSorter(needs).static_order() if name in nodes]
