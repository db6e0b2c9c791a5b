"""The Django site as it would be deployed, with the models of tests/django and the very templates of ours."""
import os

from settings import *  # noqa: F403
from settings import DATABASES, MIDDLEWARE, TEMPLATES

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "twin"
WSGI_APPLICATION = "twin.application"
DATABASES["default"]["CONN_MAX_AGE"] = None
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    *MIDDLEWARE,
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES[0]["DIRS"] = [
    os.path.join(ROOT, folder, "templates") for folder in ("src/site", "modules/home", "modules/lettings", "modules/profiles")
]
TEMPLATES[0]["OPTIONS"]["context_processors"].append("twin.site")
