#!/usr/bin/env python3
"""Packs built binaries into a bundle for Claude Desktop and other hosts of MCPB.

    mcpb/pack.py TARGET=BINARY [TARGET=BINARY …] [--out FOLDER] [--name NAME]

One target makes lumabill-TARGET.mcpb. Several make one bundle for all of them, which then needs a name: a binary for
Windows beside one for macOS or Linux, and binaries for both processors of macOS, which are joined into one file. The
manifest in the bundle names only the platforms that are in it. `tests/install-tools.sh` installs the packer."""

import argparse
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MCPB = ROOT / ".cache/mcpb/node_modules/.bin/mcpb"
PLATFORMS = {"-apple-darwin": "darwin", "-windows-": "win32", "-linux-": "linux"}
# What a binary of each platform begins with.
MAGIC = {
    "darwin": (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"),
    "win32": (b"MZ",),
    "linux": (b"\x7fELF",),
}
# Type and subtype of a processor, as Mach-O writes them.
PROCESSORS = {"x86_64": (0x0100_0007, 3), "aarch64": (0x0100_000C, 0)}


class Unusable(Exception):
    """What is wrong with what was asked for."""


def platform(target):
    for part, name in PLATFORMS.items():
        if part in target:
            return name
    raise Unusable(f"no platform is known for target `{target}`")


def read(target, path):
    try:
        binary = Path(path).read_bytes()
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from error
    if not binary.startswith(MAGIC[platform(target)]):
        raise Unusable(f"`{path}` is no binary for {target}")
    return binary


def joined(binaries):
    """One file for several processors of macOS: the universal format, each part on a page of 16 KB."""
    page = 1 << 14
    heads, parts, at = [], [], page
    for target, binary in sorted(binaries.items()):
        kind, subtype = PROCESSORS[target.split("-")[0]]
        heads.append(struct.pack(">IIIII", kind, subtype, at, len(binary), 14))
        size = -(-len(binary) // page) * page
        parts.append(binary.ljust(size, b"\0"))
        at += size
    head = struct.pack(">II", 0xCAFE_BABE, len(heads)) + b"".join(heads)
    return head.ljust(page, b"\0") + b"".join(parts)


def programs(wanted):
    """What goes into the bundle: platform to content."""
    found = {}
    for target, path in wanted.items():
        found.setdefault(platform(target), {})[target] = read(target, path)
    if {"darwin", "linux"} <= found.keys():
        raise Unusable("macOS and Linux take the same place in a bundle: pack one for each")
    for name, binaries in found.items():
        if len(binaries) > 1 and name != "darwin":
            raise Unusable(f"a bundle holds one binary for {name}, not {len(binaries)}: {', '.join(binaries)}")
    return {name: joined(parts) if len(parts) > 1 else next(iter(parts.values())) for name, parts in found.items()}


def manifest(platforms):
    """The manifest in the repository, cut down to these platforms."""
    shown = json.loads((ROOT / "mcpb/manifest.json").read_text(encoding="utf-8"))
    version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]
    if shown["version"] != version:
        raise Unusable(f"mcpb/manifest.json says version {shown['version']}, Cargo.toml {version}")
    shown["compatibility"]["platforms"] = sorted(platforms)
    config = shown["server"]["mcp_config"]
    if "win32" not in platforms:
        del config["platform_overrides"]
    elif len(platforms) == 1:
        config["command"] = config.pop("platform_overrides")["win32"]["command"]
        shown["server"]["entry_point"] += ".exe"
    return shown


def mcpb(*words):
    if not MCPB.exists():
        raise Unusable("the packer is not installed: run tests/install-tools.sh")
    ended = subprocess.run([MCPB, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Unusable(f"mcpb {words[0]} failed:\n{ended.stdout}{ended.stderr}")


def pack(wanted, out, name):
    parts = programs(wanted)
    out.mkdir(parents=True, exist_ok=True)
    bundle = out / f"lumabill-{name}.mcpb"
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "server").mkdir()
        for platform_name, content in parts.items():
            program = folder / "server" / ("lumabill.exe" if platform_name == "win32" else "lumabill")
            program.write_bytes(content)
            program.chmod(0o755)
        text = json.dumps(manifest(parts.keys()), indent=2, ensure_ascii=False)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
        for file in ("mcpb/icon.png", "README.md", "SECURITY.md", "LICENSE-MIT", "LICENSE-APACHE"):
            shutil.copy(ROOT / file, folder)
        mcpb("validate", folder / "manifest.json")
        # Whole or not at all.
        packed = folder.with_name(folder.name + ".mcpb")
        try:
            mcpb("pack", folder, packed)
            shutil.copy(packed, bundle.with_suffix(".new"))
            os.replace(bundle.with_suffix(".new"), bundle)
        finally:
            packed.unlink(missing_ok=True)
    return bundle


def main():
    words = argparse.ArgumentParser(description="Packs built binaries into an MCPB bundle.")
    words.add_argument("binaries", nargs="+", metavar="TARGET=BINARY")
    words.add_argument("--out", type=Path, default=ROOT / "target/mcpb", help="folder of the bundle (target/mcpb)")
    words.add_argument("--name", help="lumabill-NAME.mcpb; the target, where there is one only")
    given = words.parse_args()
    try:
        wanted = dict(part.split("=", 1) for part in given.binaries)
    except ValueError:
        words.error("give each binary as TARGET=BINARY")
    if len(wanted) != len(given.binaries):
        words.error("a target is named twice")
    if len(wanted) > 1 and not given.name:
        words.error("several targets need --name")
    try:
        print(pack(wanted, given.out, given.name or next(iter(wanted))))
    except Unusable as error:
        sys.exit(f"error: {error}")


main()
