#!/usr/bin/env python3
"""Embeds templates, static files, migrations and the like into a C file (see http/assets.h).

    embed.py OUTPUT.c DEPFILE ROOT FOLDER...

Each FOLDER below ROOT (src/site, modules/home …) may have templates/, static/, migrations/,
fixtures/ and startmodule/. Each ROOT/locale/*.po is compiled. The depfile names every file and folder, so that a new file makes the
build run this.
"""
import gzip
import hashlib
import os
import subprocess
import sys

KINDS = ("fixtures", "migrations", "startmodule", "static", "templates")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
INCOMPRESSIBLE = {".jpg", ".png", ".webp", ".woff2"}
HASH_LENGTH = 12  # as in http/assets.c


def asset_name(kind, folder, path):
    """Migrations and fixtures are named below their module, the others as they are."""
    owner = os.path.basename(folder) + "/" if kind in ("fixtures", "migrations") else ""
    return f"{kind}/{owner}{path}"


def find(root, folders):
    files, watched = {}, []
    for folder in folders:
        for kind in KINDS:
            top = os.path.join(root, folder, kind)
            for at, subfolders, names in os.walk(top):
                subfolders.sort()
                watched.append(at)
                for name in sorted(names):
                    path = os.path.join(at, name)
                    key = asset_name(kind, folder, os.path.relpath(path, top))
                    if key in files:
                        sys.exit(f"{path}: {files[key]} has that name already")
                    files[key] = path
                    watched.append(path)
    return files, watched


def find_catalogues(root):
    """locale/pt_BR.po is the catalogue of the language "pt-br": the asset locale/pt-br.mo."""
    files, top = {}, os.path.join(root, "locale")
    for name in sorted(os.listdir(top)):
        base, ending = os.path.splitext(name)
        if ending == ".po":
            files[f"locale/{base.lower().replace('_', '-')}.mo"] = os.path.join(top, name)
    return files, [top, *files.values()]


def smaller(packed, plain):
    return packed if len(packed) < len(plain) * 0.95 else b""


def catalogue(path):
    run = subprocess.run(["msgfmt", "--check", "--output-file=-", path], stdout=subprocess.PIPE)
    if run.returncode:
        sys.exit(f"{path}: msgfmt refuses it")
    return run.stdout


def brotli(data):
    run = subprocess.run(["brotli", "--stdout", "--best", "-"], input=data, capture_output=True,
                         check=True)
    return run.stdout


def c_string(data):
    """A C string literal; octal escapes have three digits, so that no digit behind is taken in."""
    lines = [data[i:i + 64] for i in range(0, len(data), 64)] or [b""]
    plain = set(range(32, 127)) - set(b'"\\?')
    return "\n    ".join(
        '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in line) + '"'
        for line in lines)


def c_text(data):
    return f"{{{c_string(data)}, {len(data)}}}" if data else "{0}"


def asset_row(root, name, path):
    with open(path, "rb") as file:
        plain = file.read() if not name.startswith("locale/") else catalogue(path)
    base, ending = os.path.splitext(name)
    hashed, kind, packed = "NULL", "NULL", (b"", b"")
    if name.startswith("static/"):
        if ending not in TYPES:
            sys.exit(f"{path}: no Content-Type is known for {ending or 'a name without ending'}: "
                     f"add it to TYPES in {__file__}")
        digest = hashlib.sha256(plain).hexdigest()[:HASH_LENGTH]
        hashed, kind = f'"{base}.{digest}{ending}"', f'"{TYPES[ending]}"'
        if ending not in INCOMPRESSIBLE:
            packed = (smaller(gzip.compress(plain, 9, mtime=0), plain),
                      smaller(brotli(plain), plain))
    return (f'    {{"{name}",\n     "{os.path.relpath(path, root)}",\n     {hashed}, {kind},\n'
            f"     {c_text(plain)},\n     {c_text(packed[0])},\n     {c_text(packed[1])}}},\n")


def main(output, depfile, root, folders):
    files, watched = find(root, folders)
    catalogues, more = find_catalogues(root)
    files.update(catalogues)
    watched += more
    rows = [asset_row(root, name, files[name]) for name in sorted(files, key=str.encode)]
    with open(output, "w") as file:
        file.write('#include "http/assets.h"\n\nconst struct asset assets[] = {\n'
                   + "".join(rows) + "};\n"
                   "const size_t asset_count = sizeof assets / sizeof *assets;\n")
    with open(depfile, "w") as file:
        file.write(f"{output}: " + " ".join(p.replace(" ", "\\ ") for p in watched) + "\n")


main(*sys.argv[1:4], sys.argv[4:])
