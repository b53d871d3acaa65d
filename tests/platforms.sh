#!/usr/bin/env bash
# By hand (`just platforms`), on Linux: does lumabill compile without warnings for Windows, macOS and musl, does the
# Windows program run in wine, and does Credential Manager keep the key on that machine. About ten minutes the first
# time. Needs rustup's targets; installs Debian's cross compilers and wine, and zig from PyPI as a C compiler for macOS.
# What only those systems themselves show (linking against macOS' frameworks, a real keychain) is for hosted runners.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/platforms}
cache=$PWD/.cache/platforms
zig=0.17.0

missing=()
for package in gcc-mingw-w64-x86-64-win32 musl-tools wine64; do
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "installing Debian packages: ${missing[*]}"
  sudo=()
  if ((EUID != 0)); then sudo=(sudo); fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if [[ "$(cat "$cache/version" 2>/dev/null)" != "$zig" ]]; then
  echo "installing zig $zig"
  rm -rf "$cache"
  python3 -m venv "$cache/zig"
  "$cache/zig/bin/pip" install --quiet --disable-pip-version-check "ziglang==$zig"
  echo "$zig" >"$cache/version"
fi
# zig names targets in a way of its own, and clang's names stop it.
cat >"$cache/cc" <<CC
#!/usr/bin/env bash
words=()
for word in "\$@"; do
  case \$word in
    --target=* | -mmacosx-version-min=* | -arch | x86_64 | -m64 | -gfull) ;;
    *) words+=("\$word") ;;
  esac
done
exec "$cache/zig/bin/python" -m ziglang cc -target x86_64-macos "\${words[@]}"
CC
printf '#!/bin/sh\nexec "%s" -m ziglang ar "$@"\n' "$cache/zig/bin/python" >"$cache/ar"
chmod +x "$cache/cc" "$cache/ar"
export CC_x86_64_apple_darwin=$cache/cc AR_x86_64_apple_darwin=$cache/ar

for target in x86_64-pc-windows-gnu x86_64-apple-darwin x86_64-unknown-linux-musl; do
  rustup target list --installed | grep -qx "$target" || rustup target add "$target"
  echo "clippy for $target"
  cargo clippy --locked --quiet --target "$target" --bin lumabill -- -D warnings
done

echo "building for Windows and musl"
cargo build --locked --quiet --target x86_64-unknown-linux-musl --bin lumabill
cargo build --locked --quiet --target x86_64-pc-windows-gnu --bin lumabill
musl=$CARGO_TARGET_DIR/x86_64-unknown-linux-musl/debug/lumabill
if file "$musl" | grep -q 'dynamically linked'; then
  echo "error: the musl program needs a loader" >&2
  exit 1
fi
"$musl" --version

# In a folder with a space, as Claude Desktop has it.
export WINEPREFIX=$cache/wine WINEDEBUG=-all
wine=/usr/lib/wine/wine64
folder="$WINEPREFIX/drive_c/Claude Extensions/server"
[[ -d $WINEPREFIX ]] || "$wine" wineboot -i >/dev/null 2>&1
mkdir -p "$folder"
cp "$CARGO_TARGET_DIR/x86_64-pc-windows-gnu/debug/lumabill.exe" "$folder/"
[[ -e $WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll ]] ||
  x86_64-w64-mingw32-gcc -shared -o "$folder/bcryptprimitives.dll" tests/platforms/bcryptprimitives.c -ladvapi32
python3 tests/platforms/windows.py "$wine" "$folder/lumabill.exe" "$musl"
