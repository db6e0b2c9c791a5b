"""Renders the list with Jinja2: PROGRAM DATA TEMPLATES SECONDS OUTPUT prints renderings and CPU seconds."""
import json
import sys
from time import process_time

from jinja2 import Environment, FileSystemLoader

data, templates, seconds, output = sys.argv[1:]
with open(data, encoding="utf-8") as file:
    values = json.load(file)
template = Environment(loader=FileSystemLoader(templates), autoescape=True,
                       keep_trailing_newline=True).get_template("list.html")

start = process_time()
renderings = 0
used = 0
while used < float(seconds):
    text = template.render(values)
    renderings += 1
    used = process_time() - start
with open(output, "w", encoding="utf-8", newline="") as file:
    file.write(text)
print(renderings, used)
