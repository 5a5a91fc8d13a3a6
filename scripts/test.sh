#!/usr/bin/env bash
# The test command: format, lints, tests of the whole workspace. Needs the Rust toolchain; what else it needs it installs on Debian as root,
# or says how to. Tests look for MySQL or MariaDB at DB_HOST:DB_PORT (127.0.0.1:3306) as DB_USER (root) with DB_PASSWORD (none). Where nothing
# answers there, and the host is this one, a MariaDB of our own is started and stopped again at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

started_at=$SECONDS
server_pid=""
server_dir=""

stop_server() {
  if [[ -n $server_pid ]]; then kill "$server_pid" && wait "$server_pid" || true; fi
  if [[ -n $server_dir ]]; then rm -rf "$server_dir"; fi
}
trap stop_server EXIT

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

need() {
  local command=$1 package=$2
  if command -v "$command" >/dev/null; then return; fi
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" >/dev/null
  fi
  if ! command -v "$command" >/dev/null; then
    echo "$command is missing: install the package $package (Debian: apt-get install $package), or set DB_HOST to a server" >&2
    return 1
  fi
}

answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

database_server() {
  local host=${DB_HOST:-127.0.0.1} port=${DB_PORT:-3306} user
  if answers "$host" "$port"; then
    echo "using the server at $host:$port"
    return
  fi
  if [[ $host != 127.0.0.1 && $host != localhost ]]; then
    echo "no server answers at $host:$port (DB_HOST, DB_PORT)" >&2
    return 1
  fi
  PATH="$PATH:/usr/sbin"
  need mariadbd mariadb-server || return 1
  server_dir=$(mktemp -d)
  user=$(id -un)
  mariadb-install-db --no-defaults --datadir="$server_dir/data" --auth-root-authentication-method=normal --skip-test-db --user="$user" \
    >"$server_dir/log" 2>&1 || { cat "$server_dir/log" >&2; return 1; }
  mariadbd --no-defaults --datadir="$server_dir/data" --socket="$server_dir/socket" --port="$port" --bind-address=127.0.0.1 --user="$user" \
    >"$server_dir/log" 2>&1 &
  server_pid=$!
  local tries=0
  until answers 127.0.0.1 "$port"; do
    tries=$((tries + 1))
    if ! kill -0 "$server_pid" 2>/dev/null || ((tries > 300)); then
      cat "$server_dir/log" >&2
      return 1
    fi
    sleep 0.1
  done
  echo "MariaDB at 127.0.0.1:$port"
}

stage "format" cargo fmt --all --check
stage "lints" cargo clippy --workspace --all-targets --locked -- -D warnings
stage "servers" database_server
stage "tests" cargo test --workspace --locked
echo "== all: $((SECONDS - started_at)) s"
