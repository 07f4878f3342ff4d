"""Start a server as `python -m` does, without its libraries' warnings and reports.

    python -m bot.serve rasa run --port 5005

The `rasa` command reports errors to a third party even where telemetry is off
(rasa/telemetry.py, initialize_error_reporting); this one does not.
"""

import argparse
import gc
import runpy
import sys
from pathlib import Path

from bot import no_tensorflow
from bot.model_file import ModelError, verify
from bot.quiet import quiet

# How many new objects there may be before Python looks for those that only name each other.
GARBAGE = 10_000


def main() -> None:
    """Run the module named by the first argument with the other arguments."""
    quiet()
    no_tensorflow.install()
    sys.argv = sys.argv[1:]
    try:
        # Again, though `otto run` has done it: this may be a restart hours later.
        _verify_model(sys.argv)
    except ModelError as error:
        sys.exit(f"otto: {error}")
    if sys.argv[0] == "rasa":
        import rasa.telemetry

        from bot import shortcuts

        rasa.telemetry.initialize_error_reporting = lambda: None
        shortcuts.install()
        # Most of what a turn makes is gone with it; to look for more after each 700 objects takes a
        # fiftieth of all time.
        gc.set_threshold(GARBAGE)
    if sys.argv[0] == "rasa_sdk":
        from actions import locations, recommendation

        # What takes a while is done before the server listens, so that no visitor waits for it.
        locations.places()
        recommendation.guide()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _verify_model(arguments: list[str]) -> None:
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("-m", "--model", type=Path)
    model = options.parse_known_args(arguments)[0].model
    if model is not None:
        verify(model)


if __name__ == "__main__":
    main()
