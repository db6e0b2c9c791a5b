#!/usr/bin/env python3
"""Finds what pages print without escaping it, and holds it against the list raw_output.txt.

    raw_output.py    in the top folder; exit status 1 when the list is not what there is

In templates that is |safe, |safeseq, {% autoescape off %} and {% filter %}, whose result is not
escaped; in C what marks a value, a class or a filter's results as HTML. src/template/ is left out:
there Django's rules stand, and its tests hold them. The list has each line as it stands in its file, and below it, indented, why it is right.
"""
import pathlib
import re
import sys

LIST = pathlib.Path("src/site/raw_output.txt")
TEMPLATE = re.compile(r"\|\s*safe(seq)?\b|{%\s*filter\b|{%\s*autoescape\s+(?!on\b)")
SOURCE = re.compile(r"\b(value_safe|tag_html)\(|(?<![=!])=\s*VALUE_SAFE\b|\{VALUE_SAFE\b|print_is_html\s*=|\bFILTER_SAFE\b")


def searched():
    for top in ("src", "modules"):
        for path in sorted(pathlib.Path(top).rglob("*")):
            if path.suffix in (".c", ".h") and pathlib.Path("src/template") not in path.parents:
                yield path, SOURCE
            elif path.is_file() and ("templates" in path.parts or path.suffix == ".html"):
                yield path, TEMPLATE


def uses():
    for path, pattern in searched():
        for line in path.read_text(encoding="utf-8").splitlines():
            if pattern.search(line):
                yield f"{path}: {line.strip()}"


def listed():
    entries = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("    ") and entries:
            entries[-1][1].append(line.strip())
        elif line.strip():
            entries.append((line, []))
    return entries


def faults():
    found = list(uses())
    entries = listed()
    for use in found:
        if use not in (line for line, _ in entries):
            yield f"printed without escaping, and not in {LIST}:\n  {use}"
    for line, reason in entries:
        if line not in found:
            yield f"in {LIST}, but nowhere else:\n  {line}"
        elif not reason:
            yield f"without a reason in {LIST}:\n  {line}"


problems = list(faults())
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
