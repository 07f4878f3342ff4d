"""Otto's own components of the Rasa pipeline in config.yml."""

import os

import sentry_sdk

# The `rasa` command reports errors to a third party even where telemetry is off
# (rasa/telemetry.py, initialize_error_reporting). A clinic's assistant keeps them to itself.
sentry_sdk.init(dsn="", default_integrations=False, auto_enabling_integrations=False)
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
