#!/usr/bin/env bash
# A real MySQL (8.4 or newer) on Debian, whose own releases have only MariaDB: Debian sid's mysql-server in a folder of its own, made by
# debootstrap, listening on 127.0.0.1 only. It touches nothing outside its folder. Needs root, Debian and its archive.
#
#   scripts/mysql-sandbox.sh start            install (once, about 700 MB) and start
#   scripts/mysql-sandbox.sh status           what runs and where
#   scripts/mysql-sandbox.sh test [FILTER…]   the tests that use a database, against it (started if it is not)
#   scripts/mysql-sandbox.sh stop             end it, keep its folder
#   scripts/mysql-sandbox.sh remove           end it, remove its folder
#
# Environment: MYSQL_SANDBOX_PORT (3316), MYSQL_SANDBOX_DIR (~/.cache/mallcore/mysql-sandbox), MYSQL_SANDBOX_MIRROR (where this machine's apt
# has Debian from), MYSQL_SANDBOX_SUITE (sid).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/servers.sh

port=${MYSQL_SANDBOX_PORT:-3316}
folder=${MYSQL_SANDBOX_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/mallcore/mysql-sandbox}
suite=${MYSQL_SANDBOX_SUITE:-sid}
root=$folder/root
data=$root/srv/mysql
# Whoever is nobody in every Debian: the server needs no account of its own.
nobody=65534:65534

usage() {
  sed -n '5,11s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# The archive that this machine installs Debian from; no name of a host is written here.
mirror() {
  if [[ -n ${MYSQL_SANDBOX_MIRROR:-} ]]; then
    echo "$MYSQL_SANDBOX_MIRROR"
    return
  fi
  # shellcheck disable=SC2016 # the dollar is apt's
  local ask=(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian') found
  found=$("${ask[@]}" | head -1)
  if [[ -z $found ]]; then
    apt-get update -q >/dev/null
    found=$("${ask[@]}" | head -1)
  fi
  if [[ -z $found ]]; then
    echo "apt knows no Debian archive on this machine: set MYSQL_SANDBOX_MIRROR to one" >&2
    return 1
  fi
  echo "$found"
}

# The base system and the server, each once; what was half done is done again.
install_server() {
  [[ -e $folder/installed ]] && return
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "installing needs root on Debian (debootstrap, chroot): run it there, or use any MySQL by DB_HOST and DB_PORT" >&2
    return 1
  fi
  need debootstrap debootstrap
  local from
  from=$(mirror)
  mkdir -p "$folder"
  if [[ ! -e $folder/based ]]; then
    echo "installing Debian $suite into $root (log: $folder/install.log)"
    rm -rf "$root"
    if ! debootstrap --variant=minbase "$suite" "$root" "$from" >"$folder/install.log" 2>&1; then
      tail -5 "$folder/install.log" >&2
      echo "debootstrap could not install $suite: is the archive reachable, and does it have $suite?" >&2
      return 1
    fi
    touch "$folder/based"
  fi
  echo "installing mysql-server-core"
  # What a chroot needs to reach the archive as this machine does.
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  { apt-config dump | grep -iE '^Acquire::https?::' || true; } >"$root/etc/apt/apt.conf.d/90machine"
  # A release file of sid is good for a week only, and mirrors and clocks may differ by more; its signature is checked all the same.
  echo 'Acquire::Check-Valid-Until "false";' >>"$root/etc/apt/apt.conf.d/90machine"
  # No service may start while installing.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  if ! DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$root" sh -c \
    'apt-get update -q && apt-get install -y -q --no-install-recommends mysql-server-core && apt-get clean' >>"$folder/install.log" 2>&1; then
    tail -5 "$folder/install.log" >&2
    echo "mysql-server-core could not be installed in the sandbox; the whole log is $folder/install.log" >&2
    return 1
  fi
  touch "$folder/installed"
}

version() { chroot "$root" /usr/sbin/mysqld --version | sed 's/.*Ver /MySQL /'; }

start() {
  if runs "$folder"; then
    status
    return
  fi
  if answers 127.0.0.1 "$port"; then
    echo "port $port is taken by somebody else: set MYSQL_SANDBOX_PORT" >&2
    return 1
  fi
  install_server
  if [[ ! -d $data/mysql ]]; then
    rm -rf "$data"
    install -d -o "${nobody%:*}" -g "${nobody#*:}" "$data"
    chroot --userspec="$nobody" "$root" /usr/sbin/mysqld --no-defaults --initialize-insecure --datadir=/srv/mysql >>"$folder/log" 2>&1 \
      || { tail -20 "$folder/log" >&2; return 1; }
  fi
  # Names are not resolved in the sandbox, so root has to exist for the address too.
  cat >"$root/srv/accounts.sql" <<'END'
CREATE USER IF NOT EXISTS root@'127.0.0.1';
GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
END
  in_background "$folder" chroot --userspec="$nobody" "$root" /usr/sbin/mysqld --no-defaults --datadir=/srv/mysql --port="$port" \
    --bind-address=127.0.0.1 --mysqlx=OFF --secure-file-priv=NULL --socket=/srv/mysql/socket --pid-file=/srv/mysql/pid --skip-name-resolve \
    --init-file=/srv/accounts.sql --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci
  wait_for "$folder" answers 127.0.0.1 "$port"
  status
}

status() {
  if runs "$folder"; then
    echo "$(version) at 127.0.0.1:$port, user root without a password (process $(pid_of "$folder"))"
  elif [[ -e $folder/installed ]]; then
    echo "not running; installed in $folder: $(version)"
    return 3
  else
    echo "not installed; scripts/mysql-sandbox.sh start installs it into $folder"
    return 3
  fi
}

stop() {
  stop_server "$folder"
  echo "stopped"
}

case ${1:-} in
  start) start ;;
  status) status ;;
  stop) stop ;;
  remove)
    stop
    rm -rf "$folder"
    ;;
  test)
    shift
    start
    DB_HOST=127.0.0.1 DB_PORT=$port DB_USER=root DB_PASSWORD='' cargo test -p mallcore --locked --test it -- "${@:-database}"
    ;;
  *) usage ;;
esac
