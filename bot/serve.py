"""Start a server as `python -m` does, without its libraries' warnings and reports.

    python -m bot.serve rasa run --port 5005

Filters set from outside do not last: some of the libraries reset them when they are imported. And
the `rasa` command reports errors to a third party even where telemetry is off
(rasa/telemetry.py, initialize_error_reporting).
"""

import os
import runpy
import sys
import warnings


def main() -> None:
    """Run the module named by the first argument with the other arguments."""
    warnings.showwarning = lambda *_, **__: None
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    import rasa.telemetry

    rasa.telemetry.initialize_error_reporting = lambda: None
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
