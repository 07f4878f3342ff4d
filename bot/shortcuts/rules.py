"""Which rule fits a conversation.

- For every prediction Rasa holds each rule against the conversation, and does so twice: once by the
  message's words, which no rule may ask for (rasa/core/policies/rule_policy.py,
  `_get_possible_keys` and `_find_action_from_rules`).
- For every prediction it tells the conversation anew from its beginning, though a rule looks back a
  few steps only (rasa/shared/core/domain.py, `states_for_tracker_history`).
- Its MemoizationPolicy does so too, though there be no stories to remember
  (rasa/core/policies/memoization.py, `predict_action_probabilities`).
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from functools import wraps
from operator import is_
from typing import Any

from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    PREVIOUS_ACTION,
    SHOULD_NOT_BE_SET,
    USER,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

_rasas_find = RulePolicy._find_action_from_rules
_rasas_possible = RulePolicy._get_possible_keys
_rasas_states = RulePolicy._prediction_states
_rasas_recall = MemoizationPolicy.predict_action_probabilities

State = dict[str, dict[str, Any]]
Lookup = dict[str, str]


def install() -> None:
    """Policies predict the shorter way from now on."""
    RulePolicy._find_action_from_rules = _find
    RulePolicy._get_possible_keys = _possible
    RulePolicy._prediction_states = _states
    MemoizationPolicy.predict_action_probabilities = _recall


class Rules:
    """The rules of a lookup by what their last state asks for: an action before, and an intent."""

    def __init__(self, lookup: Lookup) -> None:
        """Sort the keys of `lookup`, each a list of states in JSON."""
        self.lookup = lookup
        self.size = len(lookup)
        # How many states the longest rule has.
        self.longest = 1
        self._keys: dict[tuple[Any, Any], list[str]] = defaultdict(list)
        for key in lookup:
            states = json.loads(key)
            self.longest = max(self.longest, len(states))
            self._keys[_asked(states[-1])].append(key)

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


class Past:
    """The states before each action of a conversation; what is new since it was read is added."""

    def __init__(self, tracker: DialogueStateTracker, length: int) -> None:
        """Begin at the beginning; of the states the last `length` are kept."""
        self.length = length
        self._events: list[Event] = []
        self._at = tracker.init_copy()
        self._states: deque[State] = deque(maxlen=length)

    def read(self, events: list[Event], domain: Domain) -> list[State]:
        """The last states, the one that the conversation is in last.

        `events` are those that `fits` was asked for.
        """
        new = events[len(self._events) :]
        actions = sum(isinstance(event, ActionExecuted) for event in new)
        for event in new:
            if isinstance(event, ActionExecuted):
                # So many are still to come.
                if actions <= self.length:
                    self._states.append(domain.get_active_state(self._at))
                actions -= 1
            self._at.update(event)
        self._events = events
        return [*self._states, domain.get_active_state(self._at)]

    def fits(self, events: list[Event]) -> bool:
        """Whether these events are those that were read, and what came since."""
        return len(events) >= len(self._events) and all(map(is_, events, self._events))


def _states(
    policy: RulePolicy,
    tracker: DialogueStateTracker,
    domain: Domain,
    use_text_for_last_user_input: bool = False,
    rule_only_data: dict[str, Any] | None = None,
) -> list[State]:
    if isinstance(tracker, TrackerWithCachedStates):
        # The policy is learning.
        told = domain, use_text_for_last_user_input, rule_only_data
        return list(_rasas_states(policy, tracker, *told))
    events = tracker.applied_events()
    past = getattr(tracker, "otto_past", None)
    lookups = (policy.lookup[RULES], policy.lookup[RULES_FOR_LOOP_UNHAPPY_PATH])
    longest = max(_rules(policy, lookup).longest for lookup in lookups)
    if past is None or past.length != longest or not past.fits(events):
        past = tracker.otto_past = Past(tracker, longest)
    states: list[State] = past.read(events, domain)
    policy.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
    return states


# Where a model is trained, Rasa looks at what its components' methods take.
@wraps(_rasas_recall)
def _recall(
    policy: MemoizationPolicy, tracker: DialogueStateTracker, domain: Domain, **told: Any
) -> PolicyPrediction:
    if policy.lookup:
        return _rasas_recall(policy, tracker, domain, **told)
    return policy._prediction(policy._default_predictions(domain))
