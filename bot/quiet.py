"""Keep Rasa's libraries from talking too much, to the terminal, to the logs and to strangers."""

import logging
import os
import warnings

from bot import private_log


def quiet() -> None:
    """Call this before Rasa is imported."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # Some libraries reset the filters when they are imported, so it is the printing that goes.
    warnings.showwarning = lambda *_, **__: None
    private_log.install()
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("rasa").setLevel(logging.ERROR)
