#!/usr/bin/env bash
# The sandbox against its own OpenAPI file: no server error, no answer outside of its schema. The number of
# examples and the seed are fixed, so that two runs ask the same questions.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${LUMABILL_BINARY:-target/debug/lumabill}
[[ -x $binary ]] || cargo build --locked --quiet
[[ -x .cache/venv/bin/schemathesis ]] || tests/install-tools.sh

coproc SANDBOX { exec "$binary" sandbox --json --data :memory: --limits off --today 2026-11-21; }
sandbox=$SANDBOX_PID
trap 'kill "$sandbox" 2>/dev/null || true' EXIT
if ! read -r -t 30 ready <&"${SANDBOX[0]}"; then
  echo "error: the sandbox printed no line" >&2
  exit 1
fi
field() { python3 -c 'import json, sys
value = json.loads(sys.argv[1])
for name in sys.argv[2:]: value = value[int(name) if name.isdigit() else name]
print(value)' "$ready" "$@"; }
url=$(field url)
# A key of one company, and that company: with random ones most requests would be turned away.
key=$(field keys profile)
profile=$(field profiles 0 id)

# Below .cache, where it may leave its notes.
mkdir -p .cache/schemathesis
cd .cache/schemathesis
../venv/bin/schemathesis run "$url/openapi.json" \
  --url "$url" \
  --header "Authorization: Bearer $key" \
  --header "X-Profile-Id: $profile" \
  --checks not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance \
  --phases examples,coverage,fuzzing,stateful \
  --max-examples "${SCHEMATHESIS_EXAMPLES:-60}" \
  --seed 20261121 \
  --generation-database none \
  --suppress-health-check all \
  --continue-on-failure \
  --request-timeout 10 \
  --output-sanitize true \
  --warnings off
