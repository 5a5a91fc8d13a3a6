# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables that these files share
# What env-manager.sh knows of an environment: its names, its settings, its secrets. Sourced, after servers.sh.
# - A setting is the real variable, else the line of config/environments/<mode>.env: the server's own order.
# - Secrets never stand in an argument or in a message.

fail() {
  echo "env-manager: $*" >&2
  exit 1
}

say() { echo "== $*"; }

# choose_environment dev|test|prod: sets short, mode (APP_ENV), state, database_file, and the usual names of the accounts.
choose_environment() {
  case $1 in
    dev) mode=development profile=dev account=mall ;;
    test) mode=testing profile=release account=mall ;;
    prod) mode=production profile=release account=mall_prod ;;
    *) return 1 ;;
  esac
  short=$1
  state=$(realpath -m "${MALLCORE_STATE_DIR:-.local}/$short")
  profile=${MALLCORE_PROFILE:-$profile}
  database_file=database/environments/$mode.sql
  export APP_ENV=$mode
  unset NODE_ENV
}

# setting NAME [DEFAULT]
setting() {
  local name=$1 line
  if [[ -n ${!name:-} ]]; then
    echo "${!name}"
    return
  fi
  # Quotes and comments as src/platform/config/env_file.rs reads them; of its escapes those that stand for one character of a line.
  line=$(sed -n "/^\(export \)\?$name=/{s///;s/\r\$//;p;q}" "config/environments/$mode.env")
  case $line in
    \'*) line=${line#\'} line=${line%%\'*} ;;
    \"*) line=$(sed 's/^"\(\(\\.\|[^"\\]\)*\)".*/\1/; s/\\\(["\\$]\)/\1/g' <<<"$line") ;;
    *) line=$(sed 's/[[:blank:]]#.*//; s/[[:blank:]]*$//' <<<"$line") ;;
  esac
  echo "${line:-${2:-}}"
}

# secret NAME: the setting, else the text of the file that NAME_FILE names.
secret() {
  local file
  file=$(setting "$1_FILE")
  if [[ -z $(setting "$1") && -n $file ]]; then cat "$file"; else setting "$1"; fi
}

# Production's secrets have to be there; all that are missing are told at once.
check_secrets() {
  [[ $mode == production ]] || return 0
  local name missing=()
  for name in "${secrets_wanted[@]}"; do
    [[ -n $(secret "$name" 2>/dev/null || true) ]] || missing+=("$name")
  done
  ((${#missing[@]} == 0)) && return
  {
    echo "env-manager: production needs these, each as a variable or as a file that <VARIABLE>_FILE names:"
    printf '  %s\n' "${missing[@]}"
    echo "a new secret: openssl rand -hex 32 > FILE; chmod 600 FILE. None is ever made up here."
  } >&2
  exit 1
}

# The statements that make the schema and its accounts, passwords first; for the input of a client. Passwords as hex digits, so that no
# character of theirs means anything.
database_statements() {
  local variable password
  for variable in app_password=DB_PASSWORD migration_password=DB_MIGRATION_PASSWORD; do
    password=$(secret "${variable#*=}")
    if [[ -n $password ]]; then
      echo "SET @${variable%%=*} = CONVERT(UNHEX('$(printf %s "$password" | od -An -v -tx1 | tr -d ' \n')') USING utf8mb4);"
    fi
  done
  cat "$database_file"
}

# http_get HOST PORT PATH: the answer's first line and body; fails when nobody answers in time.
http_get() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$3" "$1" >&3 && cat <&3' _ "$1" "$2" "$3" \
    2>/dev/null | tr -d '\r' | sed -n '1p;/^$/,$p' | sed '/^$/d'
}

# The shop's answer about itself: "HTTP/1.1 200 OK", then JSON.
readiness() { http_get 127.0.0.1 "$(setting PORT 3000)" /health/ready; }

is_ready() { readiness | head -1 | grep -q ' 200 '; }
