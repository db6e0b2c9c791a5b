"""Renders the list with Django: PROGRAM DATA TEMPLATES SECONDS OUTPUT prints renderings and CPU seconds.

The settings are those that startproject writes."""
import json
import sys
from time import process_time

import django
from django.conf import settings
from django.template import Context, Engine

data, templates, seconds, output = sys.argv[1:]
settings.configure(USE_I18N=True, USE_L10N=True, USE_TZ=True, LANGUAGE_CODE="en-us", TIME_ZONE="UTC")
django.setup()
with open(data, encoding="utf-8") as file:
    values = json.load(file)
template = Engine(dirs=[templates]).get_template("list.html")

start = process_time()
renderings = 0
used = 0
while used < float(seconds):
    text = template.render(Context(values))
    renderings += 1
    used = process_time() - start
with open(output, "w", encoding="utf-8", newline="") as file:
    file.write(text)
print(renderings, used)
