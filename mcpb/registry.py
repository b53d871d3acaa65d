#!/usr/bin/env python3
"""Makes the entry of a release for the MCP registry out of server.json.

    mcpb/registry.py FOLDER [--npm TARBALL] [--out FILE]

FOLDER holds the bundles as they are uploaded; their hashes are filled in. The registry takes a package from npm only
where its package.json says `mcpName`, so that entry stays only with such a tarball. Nothing is sent: `mcp-publisher
publish` does that."""

import argparse
import hashlib
import json
import re
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Unusable(Exception):
    """What is wrong with what was asked for."""


def bundle(package, folder):
    name = package["identifier"].rsplit("/", 1)[1]
    try:
        package["fileSha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    except OSError as error:
        raise Unusable(f"{folder / name}: {error.strerror}") from error


def is_ours(tarball, package, server):
    """Whether the tarball is this package and names this server."""
    if tarball is None:
        return False
    with tarfile.open(tarball) as files:
        said = json.load(files.extractfile("package/package.json"))
    wanted = (package["identifier"], package["version"], server["name"])
    found = (said.get("name"), said.get("version"), said.get("mcpName"))
    if found != wanted:
        raise Unusable(f"{tarball}: package.json says {found}, and {wanted} is needed (name, version, mcpName)")
    return True


def entry(folder, tarball):
    server = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
    version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]
    kept = []
    for package in server["packages"]:
        if not version == server["version"] == package["version"]:
            raise Unusable(f"server.json is not of version {version}")
        if package["registryType"] == "mcpb":
            bundle(package, folder)
        elif not is_ours(tarball, package, server):
            continue
        kept.append(package)
    server["packages"] = kept
    return server


def main():
    words = argparse.ArgumentParser(description="Makes the entry of a release for the MCP registry.")
    words.add_argument("folder", type=Path, help="where the bundles are")
    words.add_argument("--npm", type=Path, help="the package for npm, as it is published")
    words.add_argument("--out", type=Path, default=ROOT / "target/mcpb/server.json", help="target/mcpb/server.json")
    given = words.parse_args()
    try:
        made = entry(given.folder, given.npm)
    except Unusable as error:
        sys.exit(f"error: {error}")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(given.out)


main()
