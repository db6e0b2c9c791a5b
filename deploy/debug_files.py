"""debug_files.py ROOT ZIP: packs the debug file below an image's ROOT, and a bundle of its sources in the form of
Sentry's symbolic (symbolic-debuginfo, sourcebundle: "SYSB", a version, a zip with manifest.json), for uploading."""
import io
import json
import pathlib
import struct
import sys
import uuid
import zipfile

BUILT_IN = "/src/"  # the Dockerfile's WORKDIR, as the debug information names it


def source_bundle(sources, build_id):
    out = io.BytesIO()
    files = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(sources.rglob("*.[ch]")):
            name = path.relative_to(sources).as_posix()
            archive.write(path, f"files{BUILT_IN}{name}")
            files[f"files{BUILT_IN}{name}"] = {"type": "source", "path": BUILT_IN + name}
        archive.writestr("manifest.json", json.dumps({
            "files": files, "arch": "x86_64", "object_name": "oc-lettings", "code_id": build_id,
            "debug_id": str(uuid.UUID(bytes_le=bytes.fromhex(build_id)[:16])),
        }))
    return b"SYSB" + struct.pack("<I", 2) + out.getvalue()


def main(root, target):
    debug = next(pathlib.Path(root, "usr/lib/debug/.build-id").rglob("*.debug"))
    build_id = debug.parent.name + debug.stem
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(debug, f"{build_id}.debug")
        archive.writestr(f"{build_id}.src.zip", source_bundle(pathlib.Path(root, "usr/src/oc-lettings"), build_id))


main(*sys.argv[1:])
