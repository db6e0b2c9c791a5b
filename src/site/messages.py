#!/usr/bin/env python3
"""Finds the texts that templates translate, and writes them as a .pot file, in UTF-8.

    messages.py TEMPLATE... >templates.pot

They are those of {% translate %} and {% blocktranslate %} (as src/template/tags_translate.c reads
them) and of _("…") in expressions. Doubled per cent signs and %(name)s are as Django has them.
"""
import re
import sys

TOKEN = re.compile(r"({%.*?%}|{{.*?}}|{#.*?#})")
WORD = re.compile(r"""((?:[^\s'"]*(?:(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')[^\s'"]*)+)|\S+)""")
LITERAL = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
TRANSLATE = {"translate", "trans"}
BLOCK_TRANSLATE = {"blocktranslate", "blocktrans"}


def unquoted(literal):
    return re.sub(r"\\([\\" + literal[0] + "])", r"\1", literal[1:-1])


def literal_at(word):
    match = re.match(LITERAL, word)
    return unquoted(match[1]) if match else None


def doubled(text):
    return text.replace("%", "%%")


def trimmed(text):
    return " ".join(line.strip() for line in text.strip().split("\n") if line.strip())


def option(words, name):
    return literal_at(words[words.index(name) + 1]) if name in words[:-1] else None


def block(tokens, at, words):
    """The texts of a {% blocktranslate %} whose tag is tokens[at - 1]: singular, plural or None."""
    parts = [""]
    for token, _ in tokens[at:]:
        if token.startswith("{%") and token[2:-2].strip() == "plural":
            parts.append("")
        elif token.startswith("{%"):
            break
        elif token.startswith("{{"):
            parts[-1] += f"%({token[2:-2].strip()})s"
        elif not token.startswith("{#"):
            parts[-1] += doubled(token)
    if "trimmed" in words:
        parts = [trimmed(part) for part in parts]
    return parts[0], parts[1] if len(parts) > 1 else None


def tokens_of(source):
    """Pairs of a token and its line, without those in {% comment %} and {% verbatim %}."""
    tokens, line, until = [], 1, None
    for token in TOKEN.split(source):
        words = token[2:-2].split() if token.startswith("{%") else []
        if until is None:
            tokens.append((token, line))
            if words and words[0] in ("comment", "verbatim"):
                until = "end" + (words[0] if words[0] == "comment" else " ".join(words))
        elif words and " ".join(words) == until:
            until = None
        line += token.count("\n")
    return tokens


def messages_of(source):
    """Each (line, context, singular, plural) of a template."""
    tokens = tokens_of(source)
    for at, (token, line) in enumerate(tokens, 1):
        if not token.startswith(("{%", "{{")):
            continue
        words = WORD.findall(token[2:-2])
        for literal in re.findall(r"\b_\(" + LITERAL + r"\)", token):
            yield line, None, doubled(unquoted(literal)), None
        if token.startswith("{{") or not words:
            continue
        if words[0] in TRANSLATE and "noop" not in words and literal_at(words[1]) is not None:
            yield line, option(words, "context"), doubled(literal_at(words[1])), None
        elif words[0] in BLOCK_TRANSLATE:
            yield (line, option(words, "context"), *block(tokens, at, words))


def quoted(text):
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(old, new)
    return f'"{text}"'


def main(paths):
    print('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n')
    for path in paths:
        with open(path, encoding="utf-8") as file:
            source = file.read()
        for line, context, singular, plural in messages_of(source):
            print(f"#: {path}:{line}")
            if "%" in singular + (plural or ""):
                print("#, python-format")
            if context is not None:
                print(f"msgctxt {quoted(context)}")
            print(f"msgid {quoted(singular)}")
            if plural is None:
                print('msgstr ""\n')
            else:
                print(f'msgid_plural {quoted(plural)}\nmsgstr[0] ""\nmsgstr[1] ""\n')


main(sys.argv[1:])
