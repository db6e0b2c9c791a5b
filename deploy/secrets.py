"""secrets.py [-]: looks through every line that any commit of this repository ever added, and what commits and tags say, for
what opens something: keys and tokens in the forms that their issuers give them. Prints where, never what; ends with 1 where
there is one. With - it reads standard input instead."""
import base64
import itertools
import re
import subprocess
import sys

FORMS = {
    "private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr])*[A-Za-z0-9+/=]{20}",
    "Heroku key": r"\bHRKU-[A-Za-z0-9_-]{30,}",
    "Docker Hub token": r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}",
    "Sentry token": r"\bsntr(?:ys|yu)_[A-Za-z0-9+/=_-]{30,}",
    "Sentry DSN": r"https://[0-9a-f]{32}(?::[0-9a-f]{32})?@[a-z0-9.-]*\bsentry\.io/\d+",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})",
    "CircleCI token": r"\bCCIP(?:AT|RJ)_[A-Za-z0-9_]{20,}",
    "AWS key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "Google key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "password in an address": r"\b(?:postgres(?:ql)?|postgis|pg?sql|smtps?|https?)://[^\s:/@\"'<>{}$]+:[^\s:/@\"'<>{}$]{12,}@(?!localhost|127\.|\[::1\]|[a-z0-9.-]*\.?example(?:\.|\b)|[a-z0-9.-]*\.(?:test|invalid)\b)[a-z0-9-]+\.[a-z0-9.-]+",
}
PATTERN = re.compile("|".join(f"(?P<k{number}>{form})" for number, form in enumerate(FORMS.values())).encode())
NAMES = list(FORMS)
# A key of several lines: how it begins, by PEM, PGP or PuTTY; what may stand before its body; a whole line of the body.
KEY_BEGINS = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|^Private-Lines: \d")
KEY_HEADERS = 6
KEY_BODY = re.compile(rb"""[\s"'`#*|>]*[A-Za-z0-9+/]{44,}=*(?:\\[nr]|[\s"'`,;+\\])*""")
# "-----BEGIN " in base64, as keys are put into variables.
IN_BASE64 = re.compile(rb"\bLS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}")
BASE64 = re.compile(rb"\s*([A-Za-z0-9+/]+)=*\s*")
LONGEST_KEY = 20_000
HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
LOG = ["git", "-c", "log.showRoot=true", "-c", "core.quotePath=false", "log", "--all", "--patch", "--unified=0", "--inter-hunk-context=0",
       "--diff-merges=first-parent", "--text", "--no-renames", "--no-textconv", "--no-ext-diff", "--no-color", "--no-show-signature",
       "--src-prefix=a/", "--dst-prefix=b/", "--format=%x00%H%n%B%x00"]
TAGS = ["git", "for-each-ref", "--format=%00tag %(refname:short)%0a%(contents)%00", "refs/tags"]


def message(lines):
    """The lines up to the one that ends in a NUL."""
    for line in lines:
        yield line.replace(b"\0", b"")
        if line.endswith(b"\0\n"):
            return


def parts(command):
    """What a git log or a list of refs says, as parts of (commit, path, lines that follow one another)."""
    said = subprocess.Popen(command, stdout=subprocess.PIPE)
    commit = path = b""
    for line in said.stdout:
        hunk = HUNK.match(line)
        if line.startswith(b"\0") and len(line) > 2:
            commit, path = line[1:].strip()[:60], b""
            yield commit, b"its message", list(message(said.stdout))
        elif hunk:
            old, new = (1 if count is None else int(count) for count in hunk.groups())
            lines = []
            while old or new:
                line = next(said.stdout)
                old -= line.startswith(b"-")
                new -= line.startswith(b"+")
                lines += [line[1:]] if line.startswith(b"+") else []
            yield commit, path, lines
        elif line.startswith(b"+++ "):
            path = line[6:].rstrip()
    if said.wait():
        sys.exit("FAILED secrets: git cannot read all of the history: clone it whole, without --filter; on CircleCI by checkout: {method: full}")


def is_key_in_base64(text):
    return b"PRIVATE KEY" in base64.b64decode(text[:len(text) // 4 * 4])


def unescape(lines):
    """Lines, a key that is written in one with backslashes as those that it has."""
    for line in lines:
        yield from line.replace(b"\\r", b"").split(b"\\n") if b"PRIVATE KEY" in line else [line]


def secrets_in(lines):
    """The names of what is found in lines that follow one another."""
    left, encoded = 0, b""
    for line in unescape(lines):
        begins, goes_on = IN_BASE64.search(line), BASE64.fullmatch(line)
        encoded = begins[0] if begins else encoded + goes_on[1] if encoded and goes_on and len(encoded) < LONGEST_KEY else b""
        match = PATTERN.search(line)
        if match:
            yield NAMES[int(match.lastgroup[1:])]
        elif (left and KEY_BODY.fullmatch(line)) or (encoded and is_key_in_base64(encoded)):
            left, encoded = 0, b""
            yield NAMES[0]
        left = KEY_HEADERS if KEY_BEGINS.search(line) else max(left - 1, 0)


def main():
    if sys.argv[1:] == ["-"]:
        looked_at = [(b"standard input", b"", sys.stdin.buffer)]
    else:
        looked_at = itertools.chain(parts(LOG), parts(TAGS))
    found = 0
    for commit, path, lines in looked_at:
        for name in secrets_in(lines):
            found += 1
            print(f"{commit.decode(errors='replace')} {path.decode(errors='replace')}: a {name}")
    if found:
        print("Revoke each at its issuer: what was committed once is known. Then take it out of the history.")
    sys.exit(1 if found else 0)


main()
