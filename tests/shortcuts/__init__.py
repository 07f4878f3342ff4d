"""What Rasa is spared; a conversation that needs most of it."""

TURNS = [
    "hello",
    "do I need OT or PT?",
    "it's for my mother",
    "what is OT?",
    "a stroke",
    "go back",
    "never mind, stop",
    "where is one in Ohio?",
    "start over",
    "and in Tampa?",
]
