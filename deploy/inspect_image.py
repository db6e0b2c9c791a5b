"""inspect_image.py ARCHIVE SBOM COMMIT: writes a CycloneDX bill of materials of an image's archive, as `docker save`
makes it, from dpkg's status in it; prints the bytes that its layers have when compressed."""
import gzip
import io
import json
import re
import sys
import tarfile
import urllib.parse
import uuid

STATUS = "var/lib/dpkg/status.d/"


def layers(archive):
    manifest = json.load(archive.extractfile("manifest.json"))
    for name in manifest[0]["Layers"]:
        # podman saves a layer that another image has too as a link.
        yield archive.extractfile(name).read()


def fields(text):
    entry = {}
    for line in text.splitlines():
        name, colon, value = line.partition(": ")
        if colon and not line.startswith(" "):
            entry[name] = value
    return entry


def component(entry, copyright_text):
    name, version, arch = (entry[key] for key in ("Package", "Version", "Architecture"))
    source = entry.get("Source", name).split(" ")[0]
    found = sorted(set(re.findall(r"^License:[ \t]*(\S.*?)\s*$", copyright_text, re.M)))
    quote = lambda text: urllib.parse.quote(text, safe="")
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={arch}&distro=debian-12"
    result = {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
        "description": entry.get("Description", ""),
        "properties": [{"name": "debian:source", "value": source}],
    }
    if found:
        result["licenses"] = [{"license": {"name": name}} for name in found]
    return result


def read_packages(blobs):
    status, copyrights = {}, {}
    for blob in blobs:
        with tarfile.open(fileobj=io.BytesIO(blob)) as layer:
            for member in layer:
                name = member.name.removeprefix("./").removeprefix("/")
                if not member.isfile():
                    continue
                if name.startswith(STATUS):
                    status[name[len(STATUS):]] = fields(layer.extractfile(member).read().decode())
                elif name.startswith("usr/share/doc/") and name.endswith("/copyright"):
                    copyrights[name.split("/")[3]] = layer.extractfile(member).read().decode(errors="replace")
    return status, copyrights


def main(archive_path, sbom_path, commit):
    with tarfile.open(archive_path) as archive:
        blobs = list(layers(archive))
    status, copyrights = read_packages(blobs)
    without = sorted(set(status) - set(copyrights))
    if without:
        sys.exit(f"no licence goes with {', '.join(without)}")
    sbom = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, commit)}",
        "metadata": {"component": {
            "type": "container", "bom-ref": "oc-lettings", "name": "oc-lettings", "version": commit,
            "licenses": [{"license": {"id": "MIT"}}],
        }},
        "components": [component(status[name], copyrights[name]) for name in sorted(status)],
    }
    with open(sbom_path, "w", encoding="utf-8") as out:
        json.dump(sbom, out, indent=1)
        out.write("\n")
    print(sum(len(gzip.compress(blob, 6)) for blob in blobs))


main(*sys.argv[1:])
