"""A program that fails: program.py DSN NUMBER."""
import sys

import sentry_sdk


def divide(dividend):
    return dividend / 0


sentry_sdk.init(dsn=sys.argv[1], release="tool@2", environment="test", default_integrations=False)
sentry_sdk.set_user({"id": "42"})
sentry_sdk.add_breadcrumb(category="shop", message="about to divide")
try:
    divide(int(sys.argv[2]))
except ZeroDivisionError as error:
    sentry_sdk.capture_exception(error)
sentry_sdk.flush(timeout=20)
