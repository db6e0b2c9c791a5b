"""debug_files.py ROOT PROJECT: gives Sentry the debug file below an image's ROOT, and a bundle of its sources in the form of
symbolic (symbolic-debuginfo, sourcebundle: "SYSB", a version, a zip with manifest.json), as sentry-cli does: it asks which
pieces are missing, sends those, and waits until they are put together. PROJECT is the address below which it does,
ORGANIZATION/PROJECT. Ends with 1 and the reason where Sentry does not take them. SENTRY_URL and SENTRY_AUTH_TOKEN as ever."""
import gzip
import hashlib
import io
import json
import os
import pathlib
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zipfile

BUILT_IN = "/src/"  # the Dockerfile's WORKDIR, as the debug information names it
NAME = "oc-lettings"
API = os.environ.get("SENTRY_URL", "https://sentry.io").rstrip("/") + "/api/0/"
PATIENCE = 60  # seconds; what is not put together by then is in Sentry's queue, and no fault
BOUNDARY = uuid.uuid4().hex


class Refused(Exception):
    """What Sentry does not take, and why."""


def debug_id_of(build_id):
    return str(uuid.UUID(bytes_le=bytes.fromhex(build_id)[:16]))


def source_bundle(sources, build_id):
    out = io.BytesIO()
    files = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(sources.rglob("*.[ch]")):
            name = path.relative_to(sources).as_posix()
            archive.write(path, f"files{BUILT_IN}{name}")
            files[f"files{BUILT_IN}{name}"] = {"type": "source", "path": BUILT_IN + name}
        # Without the time of day: the same sources are the same bundle, which Sentry has already.
        archive.writestr(zipfile.ZipInfo("manifest.json"), json.dumps({
            "files": files, "arch": "x86_64", "object_name": NAME, "code_id": build_id, "debug_id": debug_id_of(build_id),
        }))
    return b"SYSB" + struct.pack("<I", 2) + out.getvalue()


def request(url, body=None, kind="application/json"):
    headers = {"Authorization": "Bearer " + os.environ["SENTRY_AUTH_TOKEN"]}
    if body is not None:
        headers["Content-Type"] = kind
    label = f"{'GET' if body is None else 'POST'} {url.removeprefix(API)}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=120) as answer:
            text = answer.read()
        return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        raise Refused(f"{label}: {error.code} {error.read(200).decode(errors='replace')}") from error
    except (OSError, ValueError) as error:
        raise Refused(f"{label}: {error}") from error


def cut(content, size):
    """The pieces of a file, by their checksums, in order."""
    pieces = [content[start:start + size] for start in range(0, len(content), size)]
    return {hashlib.sha1(piece).hexdigest(): piece for piece in pieces}, [hashlib.sha1(piece).hexdigest() for piece in pieces]


def send(pieces, terms):
    packed = "gzip" in terms.get("compression", [])
    body, count = b"", 0
    for checksum, piece in pieces.items():
        content = gzip.compress(piece) if packed else piece
        part = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{"file_gzip" if packed else "file"}"; filename="{checksum}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n").encode() + content + b"\r\n"
        if count and (count == terms["chunksPerRequest"] or len(body) + len(part) > terms["maxRequestSize"]):
            post(body, terms)
            body, count = b"", 0
        body, count = body + part, count + 1
    if count:
        post(body, terms)


def post(body, terms):
    request(urllib.parse.urljoin(API, terms["url"]), body + f"--{BOUNDARY}--\r\n".encode(),
            f"multipart/form-data; boundary={BOUNDARY}")


def upload(files, debug_id, project):
    """files: their contents."""
    organization = project.split("/")[0]
    terms = request(f"{API}organizations/{organization}/chunk-upload/")
    if terms.get("hashAlgorithm") != "sha1":
        raise Refused(f"it wants checksums by {terms.get('hashAlgorithm')}")
    pieces, order = {}, {}
    for content in files:
        if len(content) > terms.get("maxFileSize", len(content)):
            raise Refused(f"it takes no file of {len(content)} bytes, {terms['maxFileSize']} at most")
        own, chunks = cut(content, terms["chunkSize"])
        pieces |= own
        order[hashlib.sha1(content).hexdigest()] = {"name": NAME, "debug_id": debug_id, "chunks": chunks}
    assemble(order, pieces, terms, f"{API}projects/{project}/files/difs/assemble/")


def assemble(order, pieces, terms, url):
    body, start, pause = json.dumps(order).encode(), time.monotonic(), 0.2
    while True:
        states = request(url, body)
        if wrong := [file.get("detail") or "no reason" for file in states.values() if file["state"] == "error"]:
            raise Refused(wrong[0])
        if missing := {name for file in states.values() for name in file.get("missingChunks", [])}:
            send({name: pieces[name] for name in pieces if name in missing}, terms)
        elif all(file["state"] == "ok" for file in states.values()):
            return
        if time.monotonic() - start > PATIENCE:
            if missing:
                raise Refused("it asks for the same pieces again and again")
            return
        time.sleep(pause)
        pause = min(pause * 2, 5)


def main(root, project):
    debug = next(pathlib.Path(root, "usr/lib/debug/.build-id").rglob("*.debug"), None)
    if debug is None:
        sys.exit("there is no debug file in the image")
    build_id = debug.parent.name + debug.stem
    try:
        upload([debug.read_bytes(), source_bundle(pathlib.Path(root, "usr/src/oc-lettings"), build_id)], debug_id_of(build_id), project)
    except Refused as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main(*sys.argv[1:])
