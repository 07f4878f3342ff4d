"""Trackers, slots and domains.

- For every prediction Rasa makes two trackers with a copy of each slot, by what Python does where a
  class says nothing of copies (rasa/shared/core/trackers.py, `__init__`), which takes five times as
  long as it need.
- For every action it copies the tracker by telling the conversation anew (same file, `copy`).
- For every prediction it goes through the conversation for what was taken back or belongs to a form
  (same file, `applied_events`), though there be neither.
- For every message it writes the whole domain as a dictionary, to see whether anything is in it
  (rasa/shared/core/domain.py, `is_empty`).
- For every call of the action server it copies what began a form, with all that is in it, only to
  write it as JSON (same file, `current_state`).
- For logs of each step that nobody reads it copies events and states with all that is in them
  (rasa/core/processor.py, rasa/core/policies/rule_policy.py, rasa/core/actions/forms.py).
"""

from __future__ import annotations

import copy
from types import SimpleNamespace

import rasa.core.actions.forms
import rasa.core.policies.rule_policy
import rasa.core.processor
import rasa.shared.core.trackers
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionReverted,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

# They copy for their logs, and for nothing else.
COPYING = (rasa.core.processor, rasa.core.policies.rule_policy, rasa.core.actions.forms)

_rasas_is_empty = Domain.is_empty
_rasas_copy = DialogueStateTracker.copy
_rasas_applied = DialogueStateTracker.applied_events

# Events after which others may not count, and those after which none before does.
UNDOING = frozenset([ActionReverted, ActiveLoop, UserUtteranceReverted])
STARTING = frozenset([Restarted, SessionStarted])
KNOWN = frozenset(all_subclasses(Event))


def install() -> None:
    """Trackers, slots and domains are copied and looked at the shorter way from now on."""
    Domain.is_empty = _is_empty
    Slot.__copy__ = _copy
    DialogueStateTracker.copy = _copy_of
    DialogueStateTracker.applied_events = _applied
    rasa.shared.core.trackers.dataclasses = SimpleNamespace(asdict=_fields)
    for module in COPYING:
        module.copy = SimpleNamespace(deepcopy=_same)


def _is_empty(domain: Domain) -> bool:
    return bool(not domain.responses and _rasas_is_empty(domain))


def _copy(slot: Slot) -> Slot:
    new = slot.__class__.__new__(slot.__class__)
    new.__dict__.update(slot.__dict__)
    return new


def _copy_of(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """The same but for the follow-up action, which Rasa's copy has again though it was cleared."""
    new = DialogueStateTracker.__new__(DialogueStateTracker)
    vars(new).update(
        _max_event_history=tracker._max_event_history,
        events=tracker.events.copy(),
        sender_id=tracker.sender_id,
        slots={name: copy.copy(slot) for name, slot in tracker.slots.items()},
        sender_source=None,
        is_rule_tracker=tracker.is_rule_tracker,
        _paused=tracker._paused,
        followup_action=tracker.followup_action,
        latest_action=tracker.latest_action,
        latest_message=tracker.latest_message,
        latest_bot_utterance=tracker.latest_bot_utterance,
        active_loop=copy.copy(tracker.active_loop),
        model_id=None,
        assistant_id=None,
    )
    return new


def _applied(tracker: DialogueStateTracker) -> list[Event]:
    events = list(tracker.events)
    kinds = list(map(type, events))
    if not KNOWN.issuperset(kinds) or not UNDOING.isdisjoint(kinds):
        applied: list[Event] = _rasas_applied(tracker)
        return applied
    starts = (i for i in reversed(range(len(kinds))) if kinds[i] in STARTING)
    return events[next(starts, -1) + 1 :]


def _fields(of: object) -> dict[str, object]:
    return dict(vars(of))


def _same(anything: object) -> object:
    return anything
