"""As the Django site's; DATABASE names the SQLite file, SECRET_KEY is the site's."""
import os

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-tests")
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}}
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "lettings",
    "profiles",
]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
TIME_ZONE = "UTC"
USE_TZ = True
