"""What Prefect must find when it is first imported, by whichever test that is: it reads its settings once."""

import os

os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "600")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_CLIENT_RETRY_EXTRA_CODES", "500")
os.environ.setdefault("DO_NOT_TRACK", "1")
