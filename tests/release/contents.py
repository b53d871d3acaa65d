"""contents.py LOCK SBOM AUDIT: both lists of what is in a release name crates of the lock file, with their licences, and
nothing that only the tests use. AUDIT is the section .dep-v0 that cargo-auditable writes."""

import json
import re
import sys
import xml.etree.ElementTree as xml
import zlib

BOM = "{http://cyclonedx.org/schema/bom/1.3}"
FOR_TESTS = {"clap_mangen", "rcgen", "roff"}


def main(lock_file, sbom_file, audit_file):
    with open(lock_file) as file:
        locked = set(re.findall(r'^name = "(.+)"\nversion = "(.+)"$', file.read(), re.MULTILINE))

    with open(audit_file, "rb") as file:
        audited = json.loads(zlib.decompress(file.read()))["packages"]
    linked = {(crate["name"], crate["version"]) for crate in audited if crate.get("kind", "runtime") == "runtime"}

    root = xml.parse(sbom_file).getroot()
    assert root.tag == BOM + "bom", root.tag
    described, unlicensed = set(), []
    for component in root.find(BOM + "components"):
        name, version = component.findtext(BOM + "name"), component.findtext(BOM + "version")
        described.add((name, version))
        assert component.findtext(BOM + "purl", "").startswith("pkg:cargo/"), name
        if component.find(f"{BOM}licenses/*") is None:
            unlicensed.append(name)
    main_component = root.find(f"{BOM}metadata/{BOM}component")
    described.add((main_component.findtext(BOM + "name"), main_component.findtext(BOM + "version")))

    for what, crates in [("the SBOM", described), ("the audit data", linked)]:
        assert len(crates) > 100 and crates <= locked, (what, sorted(crates - locked))
        assert not {name for name, _ in crates} & FOR_TESTS, what
    assert linked <= described, sorted(linked - described)
    assert not unlicensed, unlicensed
    print(f"{len(locked)} crates locked, {len(described)} in the SBOM (all platforms), {len(linked)} linked here; all have a licence")


main(*sys.argv[1:])
