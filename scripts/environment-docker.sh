# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables that these files share
# An environment in containers: docker/docker-compose.<environment>.yml. Sourced by env-manager.sh.
# Volumes stay when it is stopped; `docker compose … down --volumes` removes them.

# Files in MALLCORE_SECRETS_DIR, which the compose file of production hands to the containers.
secrets_wanted=()
readonly PRODUCTION_FILES=(db_root_password db_password db_migration_password redis_password rabbitmq_password rabbitmq_url jwt_secret
  session_secret data_keys blind_index_key ca.pem servers.pem servers.key site.pem site.key)

compose() { docker compose --file "docker/docker-compose.$short.yml" "$@"; }

check_files() {
  [[ $mode == production ]] || return 0
  local folder=${MALLCORE_SECRETS_DIR:-} name missing=()
  [[ -n $folder ]] || fail "MALLCORE_SECRETS_DIR has to name a folder with: ${PRODUCTION_FILES[*]} (docs/OPERATIONS.md says what each is)"
  for name in "${PRODUCTION_FILES[@]}"; do
    [[ -s $folder/$name ]] || missing+=("$name")
  done
  ((${#missing[@]} == 0)) || fail "missing or empty in $folder: ${missing[*]} (docs/OPERATIONS.md says what each is; none is ever made up here)"
  DB_PASSWORD=$(cat "$folder/db_password") DB_MIGRATION_PASSWORD=$(cat "$folder/db_migration_password")
}

root_sql() {
  # shellcheck disable=SC2016 # expanded in the container
  compose exec -T mysql sh -c 'MYSQL_PWD=${MYSQL_ROOT_PASSWORD:-$(cat "${MYSQL_ROOT_PASSWORD_FILE:-/dev/null}")} exec mysql -uroot "$@"' _ "$@"
}

setup() {
  check_files
  [[ $mode == production ]] || export DB_MIGRATION_PASSWORD=${DB_MIGRATION_PASSWORD:-mall}
  compose up --detach --wait mysql redis rabbitmq || fail "the servers did not come up: docker compose --file docker/docker-compose.$short.yml logs"
  database_statements | root_sql || fail "the schema and its accounts could not be made"
  say "database: $(setting DB_DATABASE) with $account and ${account}_migrator"
  compose build server || fail "the image could not be built"
  # The account that may change tables, for this one command; its password by the environment, never an argument.
  DB_PASSWORD=$(secret DB_MIGRATION_PASSWORD) compose run --rm --no-deps -e DB_PASSWORD -e DB_PASSWORD_FILE= \
    -e DB_USERNAME="${DB_MIGRATION_USERNAME:-${account}_migrator}" server migrate || fail "the schema could not be brought up to date"
  if [[ $mode != production ]]; then
    local products
    products=$(echo "SELECT COUNT(*) FROM $(setting DB_DATABASE).products" | root_sql --skip-column-names) || fail "the database cannot be read"
    if [[ $products == 0 ]]; then compose run --rm --no-deps server seed-demo || fail "the demo data could not be written"; fi
  fi
}

start() {
  check_files
  local arguments=(up --detach --wait)
  if $build; then arguments+=(--build); fi
  compose "${arguments[@]}" || fail "it did not come up: scripts/env-manager.sh logs $short (a missing schema or account: scripts/env-manager.sh setup $short)"
  status
}

# Each container gets its grace period of the compose file: the server drains first.
stop() { compose stop server && compose stop; }

# Asked inside the container: production publishes nginx only.
status() {
  compose ps
  local answer
  # shellcheck disable=SC2016 # expanded in the container
  answer=$(compose exec -T server bash -c 'exec 3<>"/dev/tcp/127.0.0.1/${PORT:-3000}" && printf "GET /health/ready HTTP/1.0\r\n\r\n" >&3 && cat <&3' \
    2>/dev/null | tr -d '\r' | sed -n '1p;/^$/,$p' | sed '/^$/d') || true
  echo "readiness: ${answer:-no answer}"
  [[ ${answer%%$'\n'*} == *' 200 '* ]] || return 3
}

logs() { if $follow; then compose logs --tail 100 --follow; else compose logs --tail 100; fi; }

# The ports that the compose files publish.
run_tests() {
  compose up --detach --wait mysql redis rabbitmq || fail "the servers did not come up: scripts/env-manager.sh logs $short"
  local database=3306 redis=6379 broker=5672
  [[ $short != test ]] || database=3307 redis=6380 broker=5673
  DB_HOST=127.0.0.1 DB_PORT=$database DB_USER=root DB_PASSWORD=root REDIS_HOST=127.0.0.1 REDIS_PORT=$redis \
    RABBITMQ_URL=amqp://mall:mall@127.0.0.1:$broker/%2f env -u APP_ENV scripts/test.sh "${stages[@]}"
}
