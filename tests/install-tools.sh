#!/usr/bin/env bash
# Installs what the tests need beyond cargo, and nothing twice: Debian's packages for the keyring, shells and manual pages,
# schemathesis in a venv, js-tiktoken, ajv and the packer of MCPB in a folder each, all below .cache. Quick when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(gnome-keyring dbus libsecret-tools xvfb openssl procps groff zsh)
# What a machine has from elsewhere is not installed a second time.
python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3 python3-venv)
command -v npm >/dev/null || packages+=(nodejs npm)
schemathesis=4.32.5
tiktoken=1.0.21
ajv=8.17.1
mcpb=2.1.2
skillsaw=0.22.0

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "installing Debian packages: ${missing[*]}"
  sudo=()
  if ((EUID != 0)); then sudo=(sudo); fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if ! [[ -x .cache/venv/bin/schemathesis && "$(cat .cache/venv/version 2>/dev/null)" == "$schemathesis" ]]; then
  echo "installing schemathesis $schemathesis"
  rm -rf .cache/venv
  mkdir -p .cache
  python3 -m venv .cache/venv
  .cache/venv/bin/pip install --quiet --disable-pip-version-check "schemathesis==$schemathesis"
  echo "$schemathesis" >.cache/venv/version
fi

# For the schema of the MCP registry alone, which it carries: nothing of it is run.
if [[ "$(cat .cache/skillsaw/version 2>/dev/null)" != "$skillsaw" ]]; then
  echo "fetching the schema of the MCP registry (skillsaw $skillsaw)"
  rm -rf .cache/skillsaw
  .cache/venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target .cache/skillsaw "skillsaw==$skillsaw"
  echo "$skillsaw" >.cache/skillsaw/version
fi

# A folder each, so that a worktree of another day does not take away what it does not know.
node_package() {
  local folder=.cache/$1 name=$2 version=$3
  if [[ "$(cat "$folder/version" 2>/dev/null)" != "$version" ]]; then
    echo "installing $name $version"
    rm -rf "$folder"
    mkdir -p "$folder"
    echo '{ "private": true }' >"$folder/package.json"
    npm install --prefix "$folder" --silent --no-audit --no-fund "$name@$version"
    echo "$version" >"$folder/version"
  fi
}
node_package node js-tiktoken "$tiktoken"
node_package ajv ajv "$ajv"
node_package mcpb @anthropic-ai/mcpb "$mcpb"
