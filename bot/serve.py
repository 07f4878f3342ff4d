"""Start a server as `python -m` does, without its libraries' warnings and reports.

    python -m bot.serve rasa run --port 5005

The `rasa` command reports errors to a third party even where telemetry is off
(rasa/telemetry.py, initialize_error_reporting); this one does not.
"""

import runpy
import sys

from bot import no_tensorflow
from bot.quiet import quiet


def main() -> None:
    """Run the module named by the first argument with the other arguments."""
    quiet()
    no_tensorflow.install()
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "rasa":
        import rasa.telemetry

        from bot.action_results import check_quickly

        rasa.telemetry.initialize_error_reporting = lambda: None
        check_quickly()
    if sys.argv[0] == "rasa_sdk":
        from actions import locations, recommendation

        # What takes a while is done before the server listens, so that no visitor waits for it.
        locations.places()
        recommendation.guide()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
