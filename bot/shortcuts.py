"""What Rasa does anew at every turn, done once or not at all; what comes of it stays the same.

- For every action it checks the schema of what actions answer, besides the answer
  (rasa/core/actions/action.py, `_validate_action_result`), which takes longer than the action.
- For every message and every prediction it finds out which components come after which, and
  describes the whole conversation for a log that nobody reads (rasa/engine/runner/dask.py, `run`).
- For every prediction it holds each rule against the conversation, and does so twice: once by the
  message's words, which no rule may ask for (rasa/core/policies/rule_policy.py,
  `_get_possible_keys` and `_find_action_from_rules`).
- For every prediction its MemoizationPolicy tells the conversation anew, though there be no stories
  to remember (rasa/core/policies/memoization.py, `predict_action_probabilities`).
- For every message it writes the whole domain as a dictionary, to see whether anything is in it
  (rasa/shared/core/domain.py, `is_empty`).
- For every prediction it makes two trackers with a copy of each slot, by what Python does where a
  class says nothing of copies (rasa/shared/core/trackers.py, `__init__`), which takes five times
  as long as it need.
"""

import json
from collections import defaultdict
from functools import cache, wraps
from graphlib import TopologicalSorter
from typing import Any

import rasa.core.processor
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    PREVIOUS_ACTION,
    SHOULD_NOT_BE_SET,
    USER,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

_rasas_check = RemoteAction._validate_action_result
_rasas_find = RulePolicy._find_action_from_rules
_rasas_possible = RulePolicy._get_possible_keys
_rasas_recall = MemoizationPolicy.predict_action_probabilities
_rasas_is_empty = Domain.is_empty

State = dict[str, dict[str, Any]]
Lookup = dict[str, str]


def install() -> None:
    """Call this before an agent or a server of Rasa answers."""
    RemoteAction._validate_action_result = _check
    RulePolicy._find_action_from_rules = _find
    RulePolicy._get_possible_keys = _possible
    MemoizationPolicy.predict_action_probabilities = _recall
    Domain.is_empty = _is_empty
    Slot.__copy__ = _copy
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


class Rules:
    """The rules of a lookup by what their last state asks for: an action before, and an intent."""

    def __init__(self, lookup: Lookup) -> None:
        """Sort the keys of `lookup`, each a list of states in JSON."""
        self.lookup = lookup
        self.size = len(lookup)
        self._keys: dict[tuple[Any, Any], list[str]] = defaultdict(list)
        for key in lookup:
            self._keys[_asked(json.loads(key)[-1])].append(key)

    def that_may_fit(self, state: State) -> Lookup:
        """The part of the lookup that a conversation's last state does not rule out."""
        action, intent = _asked(state)
        return {
            key: self.lookup[key]
            # A rule that names none fits any.
            for pair in {(a, i) for a in (action, None) for i in (intent, None)}
            for key in self._keys.get(pair, ())
        }


def _asked(state: State) -> tuple[Any, Any]:
    wanted = state.get(PREVIOUS_ACTION, {}).get("action_name"), state.get(USER, {}).get("intent")
    action, intent = (None if value == SHOULD_NOT_BE_SET else value for value in wanted)
    return action or None, intent or None


def _rules(policy: RulePolicy, lookup: Lookup) -> Rules:
    kept: dict[int, Rules] = policy.__dict__.setdefault("otto_rules", {})
    rules = kept.get(id(lookup))
    # While a policy learns, it makes lookups anew and takes rules out of them.
    if rules is None or rules.size != len(lookup):
        rules = kept[id(lookup)] = Rules(lookup)
    return rules


def _possible(policy: RulePolicy, lookup: Lookup, states: list[State]) -> set[str]:
    if states:
        lookup = _rules(policy, lookup).that_may_fit(states[-1])
    found: set[str] = _rasas_possible(policy, lookup, states)
    return found


def _find(
    policy: RulePolicy,
    tracker: DialogueStateTracker,
    domain: Domain,
    use_text_for_last_user_input: bool,
) -> Any:
    # Within a loop the words also tell whether it was interrupted.
    if use_text_for_last_user_input and not tracker.active_loop_name:
        heard = {PREVIOUS_ACTION: {"action_name": ACTION_LISTEN_NAME}}
        if not _rules(policy, policy.lookup[RULES]).that_may_fit(heard):
            return None, None, False
    return _rasas_find(policy, tracker, domain, use_text_for_last_user_input)


# Where a model is trained, Rasa looks at what its components' methods take.
@wraps(_rasas_recall)
def _recall(
    policy: MemoizationPolicy, tracker: DialogueStateTracker, domain: Domain, **told: Any
) -> PolicyPrediction:
    if policy.lookup:
        return _rasas_recall(policy, tracker, domain, **told)
    return policy._prediction(policy._default_predictions(domain))


def _is_empty(domain: Domain) -> bool:
    return bool(not domain.responses and _rasas_is_empty(domain))


def _copy(slot: Slot) -> Slot:
    new = slot.__class__.__new__(slot.__class__)
    new.__dict__.update(slot.__dict__)
    return new


def _check(action: RemoteAction, result: dict[str, Any]) -> bool:
    """Whether the answer fits; where it does not, Rasa's own check raises and says why."""
    fits = _is_plain(result) or _validator().is_valid(result)
    return bool(fits or _rasas_check(action, result))


def _is_plain(result: Any) -> bool:
    """Whether an answer fits at first sight: nothing in it but slots and what has no parts."""
    if not isinstance(result, dict):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(isinstance(each, dict) for each in (*events, *responses))
        and all(
            str(event.get("event")) in _whole()
            or (
                event.get("event") == "slot"
                and isinstance(event.get("name"), str)
                and "value" in event
            )
            for event in events
        )
    )


@cache
def _whole() -> frozenset[str]:
    """The events of which the schema asks no more than their name."""
    kinds = RemoteAction.action_response_format_spec()["properties"]["events"]["items"]["oneOf"]
    return frozenset(
        kind["properties"]["event"]["const"] for kind in kinds if len(kind["properties"]) == 1
    )


@cache
def _validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    return validator_for(schema)(schema)
