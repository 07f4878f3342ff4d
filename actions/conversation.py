"""Speaking about the conversation itself: which question, which source, once more, what next."""

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, FollowupAction, SlotSet

from actions.base import (
    Button,
    Event,
    OttoAction,
    Voice,
    choice,
    earlier_turns,
    full_intent_of,
    last_with,
    metadata_of,
)
from bot import follow_ups
from bot.answers import INTENT, load_sources, topics

# What a visitor can say for the intents that are no topics; each must be understood as itself.
CANONICAL = {
    "recommend_therapy": "Help me choose between OT and PT",
    "find_location": "Find OT in my city",
    "small_talk/human_handoff": "Can I talk to a person?",
    "small_talk/help": "What can you do?",
}
CHOICES = 3
# What the last recommendation went by, so that it can be shown again.
RECOMMENDED = "recommended"


def choices_for(labels: list[str]) -> list[Button]:
    """Choices for the first few of `labels` that stand for a question."""
    buttons = []
    for label in labels:
        if label in CANONICAL:
            buttons.append(choice(CANONICAL[label], label))
        elif label.startswith(f"{INTENT}/"):
            id_ = label.removeprefix(f"{INTENT}/")
            buttons.append(choice(topics()[id_].question, id_))
    return buttons[:CHOICES]


class AskWhich(OttoAction):
    """Offer the questions a message may have meant."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_ask_which"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Offer the canonical questions of the likeliest labels."""
        labels = [entry["name"] for entry in tracker.latest_message.get("labels", [])]
        if not choices_for(labels):
            voice.say(
                "I'm not sure what you mean. Please say it in other words, or pick one of these.",
                buttons=choices_for(list(CANONICAL)),
                outcome="ask_which",
            )
            return []
        voice.say(
            "I want to get this right. Did you mean one of these? If not, please say it in other "
            "words.",
            buttons=choices_for(labels),
            outcome="ask_which",
        )
        return []


class Repeat(OttoAction):
    """Say the last answer again."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_repeat"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Utter the last turn's messages once more."""
        last = next(earlier_turns(tracker), [])
        if not last:
            voice.say(
                "I haven't said anything yet. What would you like to know?", outcome="small_talk"
            )
        for utterance in last:
            voice.repeat(utterance)
        return []


class AskSource(OttoAction):
    """Name the documents behind the last answer."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_ask_source"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """List title, publisher, section and review date of each source."""
        cited = last_with(tracker, "sources")
        if not cited:
            voice.say(
                "I answer from five published articles about OT and PT, and name them under each "
                "answer. My last message was not taken from one of them.",
                outcome="small_talk",
            )
            return []
        documents = load_sources()
        lines = []
        for citation in cited["sources"]:
            document = documents[citation["id"]]
            reviewed = f", reviewed {document.review}" if document.review else ""
            lines.append(f"- {document.name}, section “{citation['section']}”{reviewed}")
        names = dict.fromkeys(documents[c["id"]].short_name for c in cited["sources"])
        voice.say(
            "My last answer comes from:\n" + "\n".join(lines),
            sms=f"My last answer comes from: {'; '.join(names)}.",
            outcome="small_talk",
        )
        return []


class TellMore(OttoAction):
    """Offer what is related to the last answer."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_tell_more"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Offer the canonical questions of the last topic's related topics."""
        related = last_with(tracker, "related").get("related", ["ot_definition", "what_to_expect"])
        voice.say(
            "Happy to. Here is what people often ask next:",
            buttons=choices_for([f"{INTENT}/{id_}" for id_ in related]),
            outcome="small_talk",
        )
        return []


class FollowUp(OttoAction):
    """Answer a question that means something only after the last answer."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_follow_up"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Answer with the topic that the question leads to from the one under discussion."""
        kind = full_intent_of(tracker).removeprefix(f"{follow_ups.INTENT}/")
        topic = follow_ups.topic_for(kind, last_with(tracker, "topic").get("topic"))
        voice.answer(topic)
        return []


class StartOver(OttoAction):
    """Forget what was said about the visitor and begin anew."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_start_over"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Close any open dialogue and clear its slots."""
        voice.say(
            "All right, we start fresh. What would you like to know?",
            buttons=choices_for(["faq/ot_definition", "recommend_therapy", "find_location"]),
            outcome="small_talk",
        )
        return [AllSlotsReset(), ActiveLoop(None)]


class StopForm(OttoAction):
    """Stop asking, and forget the answers given so far, but no recommendation that was made."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_stop_form"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Close the open dialogue."""
        voice.say(
            "That's fine, I've stopped the questions. What else would you like to know?",
            outcome="small_talk",
        )
        kept = SlotSet(RECOMMENDED, tracker.get_slot(RECOMMENDED))
        return [AllSlotsReset(), kept, ActiveLoop(None)]


class AcceptOffer(OttoAction):
    """Take a yes to what the last message offered."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_accept_offer"

    def act(self, voice: Voice, tracker: Tracker) -> list[Event]:
        """Start the form that the last turn offered; without an offer, ask what is wanted."""
        last = next(earlier_turns(tracker), [])
        offer = next((o for o in (metadata_of(u).get("offer") for u in last) if o), None)
        if offer:
            return [FollowupAction(offer)]
        voice.say("Good. What would you like to know?", outcome="small_talk")
        return []
