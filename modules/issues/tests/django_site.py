"""A Django site one of whose pages fails: django_site.py DSN."""
import sys
import threading
import urllib.error
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import sentry_sdk
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
from sentry_sdk.integrations.django import DjangoIntegration


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


LETTINGS = {}


def letting(request, letting_id):
    return LETTINGS["no such letting"]


urlpatterns = [path("sentry-debug/<int:letting_id>/", letting)]

sentry_sdk.init(dsn=sys.argv[1], integrations=[DjangoIntegration()], release="lettings@1", traces_sample_rate=1.0)
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="only for this test", ALLOWED_HOSTS=["127.0.0.1"], LOGGING_CONFIG=None)
server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
try:
    urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/sentry-debug/7/?a=1", timeout=20)
except urllib.error.HTTPError:
    pass
sentry_sdk.flush(timeout=20)
server.shutdown()
