#!/usr/bin/env bash
# Holds a server of this tree against its own OpenAPI document: schemathesis asks what the document allows and what it forbids, in all phases.
# Usage: scripts/schemathesis.sh [OPTION OF schemathesis run…], for example --max-examples 1000; --seed N repeats a run.
# Environment: SCHEMATHESIS_SECONDS_MAX, after which a run has failed (3600).
# Needs the Rust toolchain and Python 3.10 or later. schemathesis is installed into a virtual environment below target/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/servers.sh

readonly VERSION=4.32.5
readonly SHOPPER=1
readonly LAST_SHOPPER=2

has_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }
# The package brings modules, not a command: whether it is there now is asked again.
has_venv || need python3-venv python3-venv 2>/dev/null || has_venv || {
  echo "Python 3 with the module venv is missing: on Debian apt-get install python3-venv" >&2
  exit 1
}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
environment=$target/schemathesis-$VERSION
if ! "$environment/bin/schemathesis" --version >/dev/null 2>&1; then
  rm -rf "$environment"
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION"
fi

own=$(mktemp -d)
trap 'stop_server "$own"; rm -rf "$own"' EXIT
# Nobody is told to wait, and few purchases are refused: what is behind a refusal would not be asked.
run_mallcore "$own" seed-demo --flash-stock 10000000 --flash-limit 9999 >/dev/null
start_mallcore "$own" RATE_LIMIT_ENABLED=false ORDER_UNPAID_MAX_PER_USER=1000
base=$(address_of "$own" demo)
token=$(run_mallcore "$own" token --users $SHOPPER | tail -1)
last=$(run_mallcore "$own" token --users $LAST_SHOPPER | tail -1)

export SCHEMATHESIS_HOOKS=$PWD/tests/schemathesis/hooks.py
config=$PWD/tests/schemathesis/schemathesis.toml
# What it keeps of failures lies there: `bin/schemathesis replay` sends one again.
cd "$environment"
ask() {
  timeout "${SCHEMATHESIS_SECONDS_MAX:-3600}" "$environment/bin/schemathesis" --no-color --config-file "$config" run "$base/docs/openapi.json" --url "$base" \
    --header "Authorization: Bearer $1" --phases "$2" --checks all --generation-database none \
    --continue-on-failure "${@:3}"
}
# What ends a token is asked by somebody else, and last: everything after it would only be refused.
readonly ENDING=('DELETE /v1/user' 'POST /v1/auth/logout')
ask "$token" examples,coverage,fuzzing,stateful "${ENDING[@]/#/--exclude-name=}" "$@"
ask "$last" examples,coverage,fuzzing "${ENDING[@]/#/--include-name=}" "$@"
