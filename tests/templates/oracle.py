#!/usr/bin/env python3
"""Answers the requests of `oc-lettings render --jsonl` by the installed Django, for comparison.

    oracle.py [FOLDER-OF-LOCALES]... <requests >answers
"""
import datetime
import os
import time
import decimal
import json
import re
import sys
import types
import zoneinfo

import django
from django.conf import settings

DEFAULTS = {"USE_TZ": False, "USE_L10N": False, "TIME_ZONE": "America/Chicago", "LANGUAGE_CODE": "en",
            "STATIC_URL": "/static/", "MEDIA_URL": "/"}
os.environ["TZ"] = DEFAULTS["TIME_ZONE"]
time.tzset()
empty = types.ModuleType("no_urls")
empty.urlpatterns = []
settings.configure(SECRET_KEY="x", ROOT_URLCONF=empty, INSTALLED_APPS=[], LOCALE_PATHS=sys.argv[1:], **DEFAULTS)
django.setup()

from django.contrib.humanize.templatetags import humanize
from django.template import Context, RequestContext, defaulttags
from django.template.engine import Engine
from django.test import override_settings
from django.urls import clear_url_caches, include, path, re_path, set_urlconf
from django.utils import timesince, timezone, translation
from django.utils.safestring import mark_safe

LIBRARIES = {name: f"django.templatetags.{name}" for name in ("cache", "i18n", "l10n", "static", "tz")}
LIBRARIES["humanize"] = "django.contrib.humanize.templatetags.humanize"


def moment(text, marked):
    value = datetime.datetime.fromisoformat(text)
    if "zone" in marked:
        return value.astimezone(zoneinfo.ZoneInfo(marked["zone"]))
    if "tzname" in marked and value.tzinfo:
        return value.replace(tzinfo=datetime.timezone(value.utcoffset(), marked["tzname"]))
    return value


MARKS = {
    "$safe": lambda x, _: mark_safe(x),
    "$datetime": moment,
    "$date": lambda x, _: datetime.date.fromisoformat(x),
    "$time": lambda x, _: datetime.time.fromisoformat(x),
    "$timedelta": lambda x, _: datetime.timedelta(seconds=x),
    "$decimal": lambda x, _: decimal.Decimal(x),
    "$float": lambda x, _: float(x),
    "$tuple": lambda x, _: tuple(map(value_of, x)),
    "$dict": lambda x, _: {value_of(k): value_of(v) for k, v in x},
}


def value_of(json_value):
    if isinstance(json_value, list):
        return [value_of(x) for x in json_value]
    if not isinstance(json_value, dict):
        return json_value
    for key in json_value:
        if key in MARKS:
            return MARKS[key](json_value[key], json_value)
    return {key: value_of(x) for key, x in json_value.items()}


class Clock(datetime.datetime):
    """Stands where Django asks what time it is."""
    local = utc = None

    def __new__(cls, *args, **kwargs):
        return datetime.datetime(*args, **kwargs)

    @classmethod
    def now(cls, tz=None):
        return cls.utc.astimezone(tz) if tz else cls.local

    @classmethod
    def utcnow(cls):
        return cls.utc.replace(tzinfo=None)


class IsMoment(type):
    def __instancecheck__(cls, value):
        return isinstance(value, datetime.datetime)


FrozenClock = IsMoment("FrozenClock", (Clock,), {})
frozen = types.SimpleNamespace(**{k: v for k, v in vars(datetime).items() if not k.startswith("__")})
frozen.datetime = FrozenClock


def stop_clock(request):
    local, utc = request.get("now"), request.get("now_utc")
    if not local and not utc:
        return
    Clock.local = datetime.datetime.fromisoformat(local or utc).replace(tzinfo=None)
    Clock.utc = datetime.datetime.fromisoformat(utc or local).replace(tzinfo=datetime.timezone.utc)
    for module, clock in ((timesince, frozen), (defaulttags, FrozenClock), (humanize, FrozenClock),
                          (timezone, FrozenClock)):
        module.datetime = clock


def patterns_of(rows):
    patterns = []
    for row in rows:
        if row["kind"] == "include":
            make = path if row["prefix_kind"] == "path" else re_path
            inner = patterns_of(row["patterns"])
            app = row.get("app_name")
            patterns.append(make(row["prefix"], include((inner, app), row.get("namespace")) if app else include(inner)))
        else:
            make = path if row["kind"] == "path" else re_path
            patterns.append(make(row["pattern"], lambda request: None, row.get("args"), row.get("name")))
    return patterns


def urlconf(rows):
    module = types.ModuleType("urls")
    module.urlpatterns = patterns_of(rows)
    return module


def activate_zone(name):
    offset = re.match(r"([+-])(\d\d):?(\d\d)$", name or "")
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        timezone.activate(timezone.get_fixed_timezone(minutes if offset[1] == "+" else -minutes))
    elif name:
        timezone.activate(name)
    else:
        timezone.deactivate()


def render(request):
    escape = request.get("autoescape", True)
    engine = Engine(loaders=[("django.template.loaders.locmem.Loader", request["templates"])], autoescape=escape,
                    string_if_invalid=request.get("string_if_invalid", ""),
                    libraries={name: LIBRARIES[name] for name in request.get("libraries", ())})
    template = engine.get_template(request["entry"])
    values = value_of(request.get("context", {}))
    if "current_app" not in request:
        return template.render(Context(values, autoescape=escape))
    engine.template_context_processors = ()
    context = RequestContext(types.SimpleNamespace(current_app=request["current_app"]), values, processors=[])
    context.autoescape = escape
    return template.render(context)


def answer(request):
    changed = dict(request.get("settings", {}))
    language, zone = changed.pop("language", "en"), changed.pop("current_timezone", None)
    try:
        if "urls" in request:
            changed["ROOT_URLCONF"] = urlconf(request["urls"])
        with override_settings(**changed), translation.override(language):
            if "urls" in request:
                clear_url_caches()
                set_urlconf(None)
            activate_zone(zone)
            stop_clock(request)
            return {"output": str(render(request))}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)[:200]}


import warnings
warnings.simplefilter("ignore")
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
