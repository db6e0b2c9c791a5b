"""inspect_image.py ARCHIVE SBOM COMMIT: writes a CycloneDX bill of materials of an image's archive, as `docker save`
makes it, from dpkg's status in it; prints the bytes that its layers have when compressed. Ends with 1 and the reason
where a package ships whose licence nobody has looked at."""
import gzip
import io
import json
import pathlib
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


def read_licences(path=pathlib.Path(__file__).with_name("licences")):
    lines = (line.split(None, 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {name: licence.strip() for name, licence in (line for line in lines if line and line[0] != "#")}


def component(entry, licence):
    name, version, arch = (entry[key] for key in ("Package", "Version", "Architecture"))
    source = entry.get("Source", name).split(" ")[0]
    quote = lambda text: urllib.parse.quote(text, safe="")
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={arch}&distro=debian-12"
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
        "description": entry.get("Description", ""),
        "licenses": [{"expression": licence}],
        "properties": [{"name": "debian:source", "value": source}],
    }


def read_packages(blobs):
    status, copyrights = {}, set()
    for blob in blobs:
        with tarfile.open(fileobj=io.BytesIO(blob)) as layer:
            for member in layer:
                name = member.name.removeprefix("./").removeprefix("/")
                if not member.isfile():
                    continue
                if name.startswith(STATUS):
                    status[name[len(STATUS):]] = fields(layer.extractfile(member).read().decode())
                elif name.startswith("usr/share/doc/") and name.endswith("/copyright"):
                    copyrights.add(name.split("/")[3])
    return status, copyrights


def main(archive_path, sbom_path, commit):
    with tarfile.open(archive_path) as archive:
        blobs = list(layers(archive))
    status, copyrights = read_packages(blobs)
    licences = read_licences()
    if without := sorted(set(status) - copyrights):
        sys.exit(f"its licence does not go along with {', '.join(without)}: deploy/collect-runtime is to copy it")
    if unknown := sorted(set(status) - set(licences)):
        sys.exit(f"deploy/licences does not know {', '.join(unknown)}: "
                 f"read /usr/share/doc/{unknown[0]}/copyright, and write its licence there or do without it")
    sbom = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, commit)}",
        "metadata": {"component": {
            "type": "container", "bom-ref": "oc-lettings", "name": "oc-lettings", "version": commit,
            "licenses": [{"license": {"id": "MIT"}}],
        }},
        "components": [component(status[name], licences[name]) for name in sorted(status)],
    }
    with open(sbom_path, "w", encoding="utf-8") as out:
        json.dump(sbom, out, indent=1)
        out.write("\n")
    print(sum(len(gzip.compress(blob, 6)) for blob in blobs))


main(*sys.argv[1:])
