#!/bin/sh
# with-keyring.sh CMD...: runs CMD on a session bus of its own with an unlocked Secret Service (gnome-keyring),
# a home folder of its own and nothing of the caller's session.
# KEYRING=none: a bus on which nobody offers a keyring. KEYRING=empty: a keyring without a default collection.
set -eu
if [ -z "${WITH_KEYRING_INNER:-}" ]; then
  D=$(mktemp -d)
  # Before the bus starts: it hands its environment to what it activates.
  export HOME="$D" XDG_DATA_HOME="$D/data" XDG_CACHE_HOME="$D/cache" XDG_CONFIG_HOME="$D/config"
  export XDG_RUNTIME_DIR="$D/run" WITH_KEYRING_INNER=1
  mkdir -p "$XDG_DATA_HOME" "$XDG_CACHE_HOME" "$XDG_CONFIG_HOME"
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  unset DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY GNOME_KEYRING_CONTROL
  config=
  if [ "${KEYRING:-}" = none ]; then
    # Without service folders nothing is activated.
    config="--config-file=$D/bus.conf"
    cat >"$D/bus.conf" <<CONF
<busconfig>
  <type>session</type>
  <listen>unix:dir=$XDG_RUNTIME_DIR</listen>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
CONF
  fi
  rc=0
  dbus-run-session $config -- "$0" "$@" || rc=$?
  rm -rf "$D"
  exit $rc
fi
case "${KEYRING:-}" in
none) exec "$@" ;;
# Without a password there is no login collection, and so no default one.
empty) gnome-keyring-daemon --foreground --components=secrets </dev/null >/dev/null 2>&1 & ;;
*) printf test-pass | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 & ;;
esac
keyring=$!
# The first client must not come before the name: the bus would activate a second, locked keyring.
n=0
until [ "$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets 2>/dev/null | tr -d ' ')" = booleantrue ]; do
  n=$((n + 1))
  [ $n -lt 200 ] || { kill $keyring; echo "with-keyring.sh: gnome-keyring did not start" >&2; exit 99; }
  sleep 0.05
done
rc=0
"$@" || rc=$?
kill $keyring 2>/dev/null || true
exit $rc
