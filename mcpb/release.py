#!/usr/bin/env python3
"""Makes what a release has besides dist's archives: the bundles for desktop apps and the entry of the MCP registry.

    mcpb/release.py ARCHIVES OUT [--npm TARBALL]

ARCHIVES holds the archives of `dist build`, as they are uploaded. OUT gets lumabill-desktop.mcpb (macOS, both
processors, and Windows), a bundle for each Linux, a .sha256 beside each, and server.json. Upload the bundles before the
entry is published: the registry looks them up."""

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUNDLES = {
    "desktop": ["aarch64-apple-darwin", "x86_64-apple-darwin", "x86_64-pc-windows-msvc"],
    "x86_64-unknown-linux-musl": ["x86_64-unknown-linux-musl"],
    "aarch64-unknown-linux-musl": ["aarch64-unknown-linux-musl"],
}


def program(archives, target):
    """The binary in the archive of a target."""
    name = archives / f"lumabill-{target}"
    if "windows" in target:
        with zipfile.ZipFile(f"{name}.zip") as files:
            found = [entry for entry in files.namelist() if Path(entry).name == "lumabill.exe"]
            return files.read(found[0])
    with tarfile.open(f"{name}.tar.gz") as files:
        found = [entry for entry in files.getmembers() if Path(entry.name).name == "lumabill" and entry.isfile()]
        return files.extractfile(found[0]).read()


def run(script, *words):
    subprocess.run([sys.executable, HERE / script, *words], check=True)


def main():
    words = argparse.ArgumentParser(description="Makes the bundles and the registry's entry of a release.")
    words.add_argument("archives", type=Path)
    words.add_argument("out", type=Path)
    words.add_argument("--npm", type=Path, help="the package for npm, as it is published")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, targets in BUNDLES.items():
            binaries = []
            for target in targets:
                binary = Path(folder) / target
                binary.write_bytes(program(given.archives, target))
                binaries.append(f"{target}={binary}")
            run("pack.py", *binaries, "--name", name, "--out", given.out)
            bundle = given.out / f"lumabill-{name}.mcpb"
            hashed = hashlib.sha256(bundle.read_bytes()).hexdigest()
            bundle.with_name(bundle.name + ".sha256").write_text(f"{hashed} *{bundle.name}\n", encoding="ascii")
    npm = ["--npm", given.npm] if given.npm else []
    run("registry.py", given.out, "--out", given.out / "server.json", *npm)


main()
