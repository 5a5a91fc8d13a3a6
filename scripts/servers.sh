# shellcheck shell=bash
# Servers on this machine, for scripts that source this file: does one answer, install it, start one of our own, end it.
# - Each server of our own has a folder that holds everything of it: data, log, pid. Nothing outside is written.
# - Whoever starts one stops it by that folder: `stop_server FOLDER`. A server that somebody else started is never touched.
# - A failure says what to do about it.
# Works as root and as anybody else where the programs are installed; installs them only as root on Debian.

PATH="$PATH:/usr/sbin:/sbin"
export PATH

# Seconds that a server may take until it answers, or until it is gone.
readonly SERVER_PATIENCE_SECONDS=90

# answers HOST PORT: whether somebody listens there.
answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# is_here HOST: whether that name is this machine.
is_here() { [[ $1 == 127.0.0.1 || $1 == localhost || $1 == ::1 ]]; }

# need COMMAND PACKAGE: the command is there, or is installed now, or a failure that says how.
need() {
  local command=$1 package=$2 log
  command -v "$command" >/dev/null && return
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    log=$(mktemp)
    # A package's own service would take the usual port and outlive us; we start our own.
    if { apt-get update -q && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends "$package"; } \
      >"$log" 2>&1; then
      rm -f "$log"
    else
      tail -5 "$log" >&2
      rm -f "$log"
    fi
    hash -r
  fi
  command -v "$command" >/dev/null && return
  echo "$command is missing: install the package $package (on Debian: apt-get install $package), or point the settings at a server that runs" >&2
  return 1
}

# wait_for FOLDER COMMAND…: until the command succeeds; fails with the log if the server of the folder ends or takes too long.
wait_for() {
  local folder=$1 until=$((SECONDS + SERVER_PATIENCE_SECONDS))
  shift
  until "$@"; do
    if ! runs "$folder" || ((SECONDS > until)); then
      echo "the server of $folder did not come up; the end of its log:" >&2
      tail -20 "$folder/log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# born PID: when that process began, in the kernel's ticks, so that another one with the same number is not taken for it; nothing for one that
# has ended and is only still listed.
born() { sed 's/.*) //; /^Z/d' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# pid_of FOLDER: the process that was started with this folder; fails when it does not run.
pid_of() {
  local pid began
  read -r pid began 2>/dev/null <"$1/pid" && kill -0 "$pid" 2>/dev/null && [[ $(born "$pid") == "$began" ]] && echo "$pid"
}

# runs FOLDER: whether the server that was started with this folder still runs.
runs() { pid_of "$1" >/dev/null; }

# in_background FOLDER COMMAND…: starts it in a session of its own, so that Ctrl-C here does not reach it; its output goes to FOLDER/log.
in_background() {
  local folder=$1
  shift
  setsid "$@" >>"$folder/log" 2>&1 </dev/null &
  echo "$! $(born $!)" >"$folder/pid"
  disown
}

# stop_server FOLDER: asks it to end, waits, and kills it only when it does not. What is not running is stopped already.
stop_server() {
  local folder=$1 pid until=$((SECONDS + SERVER_PATIENCE_SECONDS))
  if pid=$(pid_of "$folder"); then
    if [[ -x $folder/stop ]]; then "$folder/stop" >>"$folder/log" 2>&1 || true; else kill -TERM "$pid" 2>/dev/null || true; fi
    while runs "$folder"; do
      if ((SECONDS > until)); then
        echo "the server of $folder (process $pid) does not end; killing it" >&2
        kill -KILL "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.1
    done
  fi
  rm -f "$folder/pid"
}

# start_mariadb FOLDER PORT: an account root without a password, on 127.0.0.1 only.
start_mariadb() {
  local folder=$1 port=$2 user
  runs "$folder" && return
  need mariadbd mariadb-server || return 1
  user=$(id -un)
  mkdir -p "$folder"
  if [[ ! -d $folder/data/mysql ]]; then
    rm -rf "$folder/data"
    mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --skip-test-db --user="$user" \
      >"$folder/log" 2>&1 || { tail -20 "$folder/log" >&2; return 1; }
  fi
  in_background "$folder" mariadbd --no-defaults --datadir="$folder/data" --socket="$folder/socket" --pid-file="$folder/data/mariadbd.pid" \
    --port="$port" --bind-address=127.0.0.1 --user="$user" --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci
  wait_for "$folder" answers 127.0.0.1 "$port"
}

# start_redis FOLDER PORT: on 127.0.0.1 only, keeping what it holds in an append-only file.
start_redis() {
  local folder=$1 port=$2
  runs "$folder" && return
  need redis-server redis-server || return 1
  mkdir -p "$folder/data"
  in_background "$folder" redis-server --port "$port" --bind 127.0.0.1 --dir "$folder/data" --appendonly yes --daemonize no
  wait_for "$folder" answers 127.0.0.1 "$port"
}

# start_rabbitmq FOLDER PORT: guest/guest, on 127.0.0.1 only, with a node name, an Erlang port mapper and a distribution port of its own
# (PORT + 1 and PORT + 2), so that it meets no other node of this machine.
start_rabbitmq() {
  local folder=$1 port=$2 program
  runs "$folder" && return
  need rabbitmq-server rabbitmq-server || return 1
  # Debian's wrapper in the PATH runs as the user rabbitmq only; what it wraps runs as anybody.
  program=/usr/lib/rabbitmq/bin
  [[ -x $program/rabbitmq-server ]] || program=$(dirname "$(command -v rabbitmq-server)")
  mkdir -p "$folder/data" "$folder/home"
  printf 'listeners.tcp.1 = 127.0.0.1:%s\n' "$port" >"$folder/rabbitmq.conf"
  echo '[].' >"$folder/enabled_plugins"
  cat >"$folder/environment" <<END
export HOME="$folder/home" RABBITMQ_NODENAME="mallcore$port@localhost" RABBITMQ_NODE_PORT=$port
export ERL_EPMD_PORT=$((port + 1)) ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_DIST_PORT=$((port + 2))
export RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/data" RABBITMQ_LOGS=- RABBITMQ_PID_FILE="$folder/node.pid"
export RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$folder/enabled_plugins" RABBITMQ_CONF_ENV_FILE=/dev/null
END
  cat >"$folder/stop" <<END
#!/usr/bin/env bash
. "$folder/environment"
"$program/rabbitmqctl" -q stop "$folder/node.pid"
epmd -port $((port + 1)) -kill
END
  chmod +x "$folder/stop"
  # shellcheck disable=SC2016 # expanded by the inner shell
  in_background "$folder" bash -c '. "$1/environment"; exec "$2/rabbitmq-server"' _ "$folder" "$program"
  wait_for "$folder" answers 127.0.0.1 "$port"
}

# build_mallcore: the program, together with all tests. For some of the packages alone, Cargo chooses other features of what they share, and
# would build that once more for each choice.
build_mallcore() { cargo test --quiet --locked --workspace --no-run; }

# run_mallcore FOLDER COMMAND…: this tree's program in the embedded mode with its data in FOLDER/data, whatever the caller's environment says.
run_mallcore() {
  local folder=$1
  shift
  mkdir -p "$folder"
  build_mallcore || return 1
  env -i PATH="$PATH" DATA_DIR="$folder/data" "${CARGO_TARGET_DIR:-target}/debug/mallcore" "$@"
}

# start_mallcore FOLDER VARIABLE=VALUE…: the same as a server on free ports of 127.0.0.1; `address_of` says where.
start_mallcore() {
  local folder=$1
  shift
  runs "$folder" && return
  mkdir -p "$folder"
  build_mallcore || return 1
  in_background "$folder" env -i PATH="$PATH" DATA_DIR="$folder/data" HOST=127.0.0.1 PORT=0 METRICS_PORT=0 "$@" \
    "${CARGO_TARGET_DIR:-target}/debug/mallcore" serve
  wait_for "$folder" is_announced "$folder"
}

# is_announced FOLDER: whether a server of `start_mallcore` has said where it is, which it does once it serves.
is_announced() { address_of "$1" metrics >/dev/null; }

# address_of FOLDER NAME: what a server of `start_mallcore` says of itself: demo (the page), metrics.
address_of() { sed -n "s|/\$||; /^  .*$2 *http:/{s|.*\(http://\)|\1|p;q}" "$1/log" | grep .; }
