"""secrets.py: looks through every line that any commit of this repository ever added for what opens something:
keys and tokens in the forms that their issuers give them. Prints where, never what; ends with 1 where there is one."""
import re
import subprocess
import sys

FORMS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{20}",
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
    "password in an address": r"\b(?:postgres(?:ql)?|smtps?|https?)://[^\s:/@\"'<>{}$]+:[^\s:/@\"'<>{}$]{12,}@(?!localhost|127\.|\[::1\]|[a-z0-9.-]*\.?example(?:\.|\b)|[a-z0-9.-]*\.(?:test|invalid)\b)[a-z0-9-]+\.[a-z0-9.-]+",
}
PATTERN = re.compile("|".join(f"(?P<k{number}>{form})" for number, form in enumerate(FORMS.values())).encode())
NAMES = list(FORMS)


def added_lines():
    log = subprocess.Popen(["git", "log", "--all", "-p", "--unified=0", "--no-color", "--no-ext-diff", "--format=commit %H"],
                           stdout=subprocess.PIPE)
    commit = path = b""
    for line in log.stdout:
        if line.startswith(b"commit "):
            commit = line[7:19]
        elif line.startswith(b"+++ "):
            path = line[6:].rstrip()
        elif line.startswith(b"+"):
            yield commit, path, line[1:]
    if log.wait():
        sys.exit("git log failed")


def main():
    if sys.argv[1:] == ["-"]:
        lines = ((b"standard input", b"", line) for line in sys.stdin.buffer)
    else:
        lines = added_lines()
    found = 0
    for commit, path, line in lines:
        match = PATTERN.search(line)
        if match:
            found += 1
            print(f"{commit.decode()} {path.decode(errors='replace')}: a {NAMES[int(match.lastgroup[1:])]}")
    if found:
        print("Revoke each at its issuer: what was committed once is known. Then take it out of the history.")
    sys.exit(1 if found else 0)


main()
