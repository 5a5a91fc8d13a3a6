#!/usr/bin/env bash
# The test command: format, lints, tests of the whole workspace, alert rules and metrics, the OpenAPI document, an SDK of WeChat Pay.
# `scripts/test.sh STAGE…` runs some of: format lints servers alerts schemathesis wechatpay tests. Needs the Rust toolchain; what else it needs it
# installs on Debian as root, or says how to.
# Servers: MySQL or MariaDB at DB_HOST:DB_PORT (127.0.0.1:3306) as DB_USER (root) with DB_PASSWORD (none), Redis at REDIS_HOST:REDIS_PORT
# (127.0.0.1:6379), RabbitMQ at RABBITMQ_URL (amqp://guest:guest@127.0.0.1:5672/%2f). Where one answers it is used; where none does, and the
# host is this one, one of our own is started and ended again. Tests make schemas, queues and keys of their own and remove them.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/servers.sh

started_at=$SECONDS
own=$(mktemp -d)

stop_own_servers() {
  local folder
  for folder in "$own"/*/; do
    if [[ -d $folder ]]; then stop_server "${folder%/}"; fi
  done
  rm -rf "$own"
}
trap stop_own_servers EXIT

stage() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  if ! "$@"; then
    echo "== $name FAILED after $((SECONDS - began)) s" >&2
    exit 1
  fi
  echo "== $name: $((SECONDS - began)) s"
}

# server KIND HOST PORT VARIABLES: somebody answers there, or we start one.
server() {
  local kind=$1 host=$2 port=$3 variables=$4
  if answers "$host" "$port"; then
    echo "$kind: using the one at $host:$port"
  elif is_here "$host"; then
    "start_$kind" "$own/$kind" "$port" || return 1
    echo "$kind: started at $host:$port"
  else
    echo "$kind: nobody answers at $host:$port ($variables)" >&2
    return 1
  fi
}

servers() {
  local broker=${RABBITMQ_URL:-amqp://guest:guest@127.0.0.1:5672/%2f}
  broker=${broker##*@}
  broker=${broker##*//}
  broker=${broker%%/*}
  [[ $broker == *:* ]] || broker=$broker:5672
  # Some tests end and restart a Redis, so they start one of their own.
  need redis-server redis-server || return 1
  server mariadb "${DB_HOST:-127.0.0.1}" "${DB_PORT:-3306}" "DB_HOST, DB_PORT" || return 1
  server redis "${REDIS_HOST:-127.0.0.1}" "${REDIS_PORT:-6379}" "REDIS_HOST, REDIS_PORT" || return 1
  server rabbitmq "${broker%:*}" "${broker##*:}" "RABBITMQ_URL" || return 1
}

alerts() {
  need promtool prometheus || return 1
  promtool check config --syntax-only docker/prometheus/prometheus.yml && promtool check rules docker/prometheus/rules.yml &&
    promtool test rules docker/prometheus/rules_test.yml && metrics
}

# Names and help texts as a server shows them.
metrics() {
  local folder=$own/mallcore address lines
  need curl curl || return 1
  start_mallcore "$folder" || return 1
  address=$(address_of "$folder" metrics) || return 1
  curl --silent --fail "$address" >"$folder/metrics" || return 1
  stop_server "$folder"
  lines=$(grep -c '^mallcore_' "$folder/metrics") || { echo "no metrics at $address" >&2; return 1; }
  echo "checking metrics: $lines series"
  promtool check metrics <"$folder/metrics"
}

# A few requests of each kind, the same each time; docs/TESTING.md says how to send many.
schemathesis() { SCHEMATHESIS_SECONDS_MAX=120 scripts/schemathesis.sh --max-examples 20 --seed 1; }

run() {
  case $1 in
    format) stage format cargo fmt --all --check ;;
    lints) stage lints cargo clippy --workspace --all-targets --locked -- -D warnings ;;
    servers) stage servers servers ;;
    tests) stage tests cargo test --workspace --locked --no-fail-fast ;;
    alerts) stage alerts alerts ;;
    schemathesis) stage schemathesis schemathesis ;;
    wechatpay) stage wechatpay scripts/wechatpay-sdk.sh ;;
    *)
      echo "no such stage: $1 (format lints servers alerts schemathesis wechatpay tests)" >&2
      exit 2
      ;;
  esac
}

if (($# == 0)); then set -- format lints servers alerts schemathesis wechatpay tests; fi
for name in "$@"; do
  run "$name"
done
echo "== all: $((SECONDS - started_at)) s"
