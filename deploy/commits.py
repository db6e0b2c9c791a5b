"""commits.py COMMIT [COUNT]: prints the newest commits up to COMMIT as Sentry's API takes them, a JSON array: who, when,
what, and which files, from which it tells who may have caused an issue."""
import json
import re
import subprocess
import sys

KINDS = {"A": "A", "D": "D"}  # all else is a file modified


def git(*words):
    return subprocess.run(["git", "-c", "core.quotePath=false", *words], check=True, stdout=subprocess.PIPE).stdout.decode(errors="replace")


def repository():
    """owner/name of where this was cloned from; None for a folder."""
    try:
        address = git("config", "remote.origin.url").strip()
    except subprocess.CalledProcessError:
        return None
    match = re.search(r"^(?:\w+://[^/]+/|[^/:]+@[^/:]+:)(.+?)(?:\.git)?/?$", address)
    return match and match[1]


def commit(text, name):
    id, author, email, moment, message, files = text.split("\0")
    changes = [line.split("\t") for line in files.splitlines() if "\t" in line]
    result = {
        "id": id, "author_name": author[:128], "author_email": email[:75], "timestamp": moment, "message": message.strip(),
        "patch_set": [{"path": path, "type": KINDS.get(kind, "M")} for kind, path in changes],
    }
    return {**result, "repository": name} if name else result


def main(newest, count="50"):
    name = repository()
    log = git("log", "-n", count, "--no-renames", "--name-status", "--format=%x01%H%x00%an%x00%ae%x00%aI%x00%B%x00", newest)
    print(json.dumps([commit(text, name) for text in log.split("\1")[1:]]))


main(*sys.argv[1:])
