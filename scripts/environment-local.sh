# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables that these files share
# An environment on this machine: the servers that answer, else own ones; the process in the background. Sourced by env-manager.sh.
# - Servers that somebody else started are used and never stopped.
# - Production starts no server of its own: its database is somebody's responsibility already.

secrets_wanted=(DB_HOST DB_USERNAME DB_PASSWORD DB_MIGRATION_PASSWORD REDIS_HOST RABBITMQ_URL JWT_SECRET SESSION_SECRET DATA_KEYS BLIND_INDEX_KEY)

server=$state/server
# For the process to drain: the projection gets up to 10 s of it.
readonly READY_PATIENCE_SECONDS=120

# Host and port of RABBITMQ_URL.
broker_address() {
  local url rest host
  url=$(secret RABBITMQ_URL)
  [[ -n $url ]] || return 0
  rest=${url#*://}
  rest=${rest##*@}
  host=${rest%%/*}
  if [[ $host == *:* ]]; then echo "${host%:*} ${host##*:}"; elif [[ $url == amqps* ]]; then echo "$host 5671"; else echo "$host 5672"; fi
}

# Lines of "KIND HOST PORT" of the servers that the settings name.
servers() {
  local broker
  echo "mariadb $(setting DB_HOST) $(setting DB_PORT 3306)"
  if [[ -n $(setting REDIS_HOST) ]]; then echo "redis $(setting REDIS_HOST) $(setting REDIS_PORT 6379)"; fi
  broker=$(broker_address)
  if [[ -n $broker ]]; then echo "rabbitmq $broker"; fi
}

start_servers() {
  local kind host port
  while read -r kind host port; do
    if answers "$host" "$port"; then
      say "$kind: using the one at $host:$port"
    elif [[ $mode == production ]] || ! is_here "$host"; then
      fail "$kind: nobody answers at $host:$port; start it there, or correct the settings (config/environments/$mode.env or real variables)"
    else
      "start_$kind" "$state/$kind" "$port" || fail "$kind: could not be started at $host:$port"
      say "$kind: started at $host:$port, data in $state/$kind"
    fi
  done < <(servers)
}

# The client's input as an account that may create schemas and accounts: by TCP, or by the socket as root of the machine.
admin_sql() {
  local client host port user
  need mariadb mariadb-client || return 1
  client=mariadb host=$(setting DB_HOST) port=$(setting DB_PORT 3306) user=${DB_ADMIN_USERNAME:-root}
  export MYSQL_PWD
  MYSQL_PWD=$(secret DB_ADMIN_PASSWORD)
  if "$client" --host="$host" --port="$port" --user="$user" --protocol=tcp -e 'SELECT 1' >/dev/null 2>&1; then
    "$client" --host="$host" --port="$port" --user="$user" --protocol=tcp "$@"
  elif is_here "$host" && "$client" --user="$user" -e 'SELECT 1' >/dev/null 2>&1; then
    "$client" --user="$user" "$@"
  else
    echo "$user may not log in at $host:$port: set DB_ADMIN_USERNAME and DB_ADMIN_PASSWORD to an account that may create schemas and accounts" >&2
    return 1
  fi
}

binary() {
  if [[ -n ${MALLCORE_BIN:-} ]]; then
    echo "$MALLCORE_BIN"
    return
  fi
  local folder=$profile
  [[ $folder != dev ]] || folder=debug
  echo "${CARGO_TARGET_DIR:-target}/$folder/mallcore"
}

build_if_wanted() {
  if [[ -n ${MALLCORE_BIN:-} ]]; then
    [[ -x $MALLCORE_BIN ]] || fail "MALLCORE_BIN names $MALLCORE_BIN, which cannot be run"
    return
  fi
  if $build || [[ ! -x $(binary) ]]; then
    command -v cargo >/dev/null || fail "cargo is missing: install Rust (rustup), or set MALLCORE_BIN to a built mallcore"
    say "building (profile $profile)"
    cargo build --locked --profile "$profile" --bin mallcore || fail "the build failed"
    build=false
  fi
}

# mallcore with the environment's settings, as the account that may change tables.
as_migrator() {
  DB_USERNAME=${DB_MIGRATION_USERNAME:-${account}_migrator} DB_PASSWORD=$(secret DB_MIGRATION_PASSWORD) "$@"
}

setup() {
  [[ $mode == production ]] || export DB_MIGRATION_PASSWORD=${DB_MIGRATION_PASSWORD:-mall}
  mkdir -p "$state"
  start_servers
  database_statements | admin_sql || fail "the schema and its accounts could not be made"
  say "database: $(setting DB_DATABASE) with $account and ${account}_migrator"
  build_if_wanted
  "$(binary)" config check >"$state/config" || fail "the configuration is wrong"
  say "configuration: sound, shown in $state/config"
  as_migrator "$(binary)" migrate || fail "the schema could not be brought up to date"
  if [[ $mode != production ]]; then
    local products
    products=$(echo "SELECT COUNT(*) FROM $(setting DB_DATABASE).products" | admin_sql --skip-column-names) || fail "the database cannot be read"
    if [[ $products == 0 ]]; then
      "$(binary)" seed-demo || fail "the demo data could not be written"
    else
      say "demo data: $products products are there already"
    fi
  fi
  touch "$state/ready-to-start"
}

start() {
  if runs "$server"; then
    say "runs already (process $(pid_of "$server"))"
    status
    return
  fi
  local port
  port=$(setting PORT 3000)
  if answers 127.0.0.1 "$port"; then
    fail "port $port is taken by a process that was not started here: end it, or set PORT"
  fi
  if [[ ! -e $state/ready-to-start ]]; then
    [[ $mode != production ]] || fail "never set up: scripts/env-manager.sh setup prod"
    setup
  fi
  start_servers
  build_if_wanted
  mkdir -p "$server"
  in_background "$server" "$(binary)" serve
  local until=$((SECONDS + READY_PATIENCE_SECONDS))
  until is_ready; do
    if ! runs "$server"; then
      tail -20 "$server/log" >&2
      rm -f "$server/pid"
      fail "the server ended while starting; its log is $server/log (a missing schema or account: scripts/env-manager.sh setup $short)"
    fi
    ((SECONDS < until)) || fail "the server cannot sell after $READY_PATIENCE_SECONDS s: $(readiness | tail -1); its log is $server/log"
    sleep 0.2
  done
  status
}

stop() {
  local kind
  if runs "$server"; then
    stop_server "$server"
    say "server: ended"
  else
    rm -f "$server/pid"
    say "server: was not running"
  fi
  for kind in rabbitmq redis mariadb; do
    if runs "$state/$kind"; then
      stop_server "$state/$kind"
      say "$kind: ended; its data stays in $state/$kind"
    fi
  done
}

status() {
  local kind host port answer
  while read -r kind host port; do
    if ! answers "$host" "$port"; then
      echo "$kind $host:$port: AWAY"
    elif runs "$state/$kind"; then
      echo "$kind $host:$port: answers, started here (process $(pid_of "$state/$kind"))"
    else
      echo "$kind $host:$port: answers"
    fi
  done < <(servers)
  if ! runs "$server"; then
    echo "server: not running (scripts/env-manager.sh start $short)"
    return 3
  fi
  echo "server: process $(pid_of "$server"), http://127.0.0.1:$(setting PORT 3000), metrics on $(setting METRICS_PORT 9464), log $server/log"
  answer=$(readiness || true)
  echo "readiness: ${answer:-no answer}"
  is_ready || return 3
}

logs() {
  [[ -e $server/log ]] || fail "no log yet: scripts/env-manager.sh start $short"
  if $follow; then exec tail -n 100 -F "$server/log"; else tail -n 100 "$server/log"; fi
}

run_tests() {
  start_servers
  DB_HOST=$(setting DB_HOST) DB_PORT=$(setting DB_PORT 3306) DB_USER=${DB_ADMIN_USERNAME:-root} DB_PASSWORD=$(secret DB_ADMIN_PASSWORD) \
    REDIS_HOST=$(setting REDIS_HOST) REDIS_PORT=$(setting REDIS_PORT 6379) RABBITMQ_URL=$(secret RABBITMQ_URL) \
    env -u APP_ENV scripts/test.sh "${stages[@]}"
}
