#!/usr/bin/env bash
# An environment of the mall: its servers, its database, its process. With Docker Compose where a daemon answers, else on this machine.
#
#   scripts/env-manager.sh setup  dev|test|prod             servers, database, accounts, schema; demo data (not in prod)
#   scripts/env-manager.sh start  dev|test|prod [--build]   builds if asked or needed, starts, waits until it can sell
#   scripts/env-manager.sh stop   dev|test|prod             ends the process, then the servers that were started here
#   scripts/env-manager.sh status dev|test|prod             servers, process, readiness; 3 unless it can sell
#   scripts/env-manager.sh logs   dev|test|prod [--follow]  the end of its log
#   scripts/env-manager.sh test   dev|test [STAGE…]         the test command (scripts/test.sh) against the environment's servers
#
# Settings are those of config/environments/<environment>.env; real variables win. All of it can be done twice.
# Further variables: MALLCORE_STATE_DIR (.local: pid, log, data of servers that are started here), ENV_MANAGER_WITH=docker|local,
# MALLCORE_BIN (a binary to run instead of building one), MALLCORE_PROFILE (cargo profile: dev in dev, else release),
# DB_ADMIN_USERNAME (root) and DB_ADMIN_PASSWORD (none), DB_MIGRATION_USERNAME and DB_MIGRATION_PASSWORD.
# In production nothing is made up: every secret is given by a variable, or by a file that <VARIABLE>_FILE names.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/servers.sh
. scripts/environment.sh

usage() {
  sed -n '4,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

[[ $# -ge 2 ]] || usage
action=$1
choose_environment "$2" || usage
shift 2
build=false
follow=false
stages=()
for argument in "$@"; do
  case $action:$argument in
    start:--build | setup:--build) build=true ;;
    logs:--follow | logs:-f) follow=true ;;
    test:*) stages+=("$argument") ;;
    *) usage ;;
  esac
done

with=${ENV_MANAGER_WITH:-}
if [[ -z $with ]]; then
  if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then with=docker; else with=local; fi
fi
case $with in
  docker) . scripts/environment-docker.sh ;;
  local) . scripts/environment-local.sh ;;
  *) fail "ENV_MANAGER_WITH has to be docker or local, not $with" ;;
esac

case $action in
  setup)
    check_secrets
    setup
    ;;
  start)
    check_secrets
    start
    ;;
  stop) stop ;;
  status) status ;;
  logs) logs ;;
  test)
    [[ $mode != production ]] || fail "tests make and drop databases and queues: not in production"
    run_tests
    ;;
  *) usage ;;
esac
