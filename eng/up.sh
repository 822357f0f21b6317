# shellcheck shell=bash
# ./orphanboard up and demo: server and agent, started again when they die. Sourced by ./orphanboard.
: "${root:?}" "${artifacts:?}"

stopping=
declare -A pid_of=() started_at=() quick_deaths=()

run_up() {
  trap 'exit 0' INT TERM HUP
  parse_options "$@"
  build_all
  supervise
}

run_demo() {
  demo=1
  trap 'exit 0' INT TERM HUP
  parse_options "$@"
  build_all
  build_specimens
  supervise
}

parse_options() {
  local -a known=(--port --data)
  port='' data='' with_agent=1
  while [[ $# -gt 0 ]]; do
    case $1 in
      --no-agent) with_agent= ;;
      --port=* | --data=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
      --port | --data)
        [[ -n ${2:-} ]] || fail "$1 needs a value; see ./orphanboard --help" 2
        [[ $1 == --port ]] && port=$2 || data=$2
        shift
        ;;
      *) fail "unknown argument '$1'; options: ${known[*]} --no-agent" 2 ;;
    esac
    shift
  done
  if [[ -n $port ]] && { [[ ! $port =~ ^[0-9]{1,5}$ ]] || ((10#$port > 65535)); }; then
    fail "port '$port' is not a number from 0 to 65535" 2
  fi
  data=${data:-${ORPHANBOARD_DATA:-${XDG_STATE_HOME:-${HOME:-}/.local/state}/orphanboard}}
  [[ $data == /* ]] || data=$PWD/$data
}

# Children are started by this shell itself, so that --exit-with-parent means this shell. They inherit no fd but stdout and stderr.
start_server() {
  local -a options=(--data "$data" --exit-with-parent)
  [[ -z $port ]] || options+=(--port "$port")
  [[ -z ${pid_of[server]:-} ]] || options+=(--quiet-login)
  url_before=$(url_file_identity)
  dotnet "$artifacts/server/orphanboard-server.dll" "${options[@]}" </dev/null &
  note_start server $!
}

start_agent() {
  "$artifacts/orphan-agent" run --server "$url" --token-file "$data/agent-token" --exit-with-parent </dev/null >&2 &
  note_start agent $!
}

# The keeper ends the whole hang, and nothing else, when it is told to or when this shell is gone.
start_hang() {
  "$artifacts/zoo/zoo-keeper" --exit-with-parent --limit 604800 -- "$artifacts/zoo/runner" </dev/null >/dev/null &
  note_start hang $!
}

note_start() {
  pid_of[$1]=$2
  started_at[$1]=$SECONDS
}

is_alive() { [[ -n ${pid_of[$1]:-} ]] && kill -0 "${pid_of[$1]}" 2>/dev/null; }

# The server writes DIR/server.url by rename when it listens: another inode, another time.
url_file_identity() { stat -c '%i %y' "$data/server.url" 2>/dev/null || true; }

# Whether the server came to listen; false when it ended first or we are told to stop.
server_listens() {
  while [[ -z $stopping ]]; do
    if [[ -s $data/server.url && $(url_file_identity) != "$url_before" ]]; then
      url=$(<"$data/server.url")
      port=${url##*:}
      port=${port%/}
      return 0
    fi
    is_alive server || return 1
    pause 0.05
  done
  return 1
}

# A signal ends the pause at once.
pause() {
  sleep "$1" &
  local sleeper=$!
  wait "$sleeper" || kill "$sleeper" 2>/dev/null || true
}

supervise() {
  trap 'stopping=1' INT TERM HUP
  start_server
  if ! server_listens; then
    stop_all
    [[ -n $stopping ]] && exit 0
    exit 1
  fi
  [[ -z $with_agent ]] || start_agent
  [[ -z ${demo:-} ]] || start_hang

  while [[ -z $stopping ]]; do
    if ! is_alive server; then
      revive server
    elif [[ -n $with_agent ]] && ! is_alive agent; then
      revive agent
    else
      # wait does not see who ended before it was called: so it never waits for longer than the sleep.
      sleep 2 &
      wait -n "${pid_of[server]}" ${with_agent:+"${pid_of[agent]}"} $! 2>/dev/null || true
      kill $! 2>/dev/null || true
    fi
  done
  stop_all
  exit 0
}

# The first time at once; one that fails within 2 s of its start, again and again, waits longer each time and is given up after five. What
# somebody killed (128 + SIGKILL) has not failed.
revive() {
  local name=$1 status=0
  wait "${pid_of[$name]}" 2>/dev/null || status=$?
  if ((SECONDS - started_at[$name] >= 2 || status == 137)); then
    quick_deaths[$name]=0
  fi
  quick_deaths[$name]=$((${quick_deaths[$name]:-0} + 1))
  if ((quick_deaths[$name] > 5)); then
    stop_all
    fail "the $name ended again and again within seconds of its start: giving up"
  fi
  say "the $name ended unexpectedly: starting it again"
  ((quick_deaths[$name] == 1)) || pause "$((quick_deaths[$name] - 1))"
  [[ -z $stopping ]] || return 0
  "start_$name"
  [[ $name != server ]] || server_listens || true
}

# Each may take 10 s for it; the server is last, so that the agent can still say goodbye.
stop_all() {
  local name
  for name in hang agent server; do
    is_alive "$name" || continue
    kill -TERM "${pid_of[$name]}" 2>/dev/null || true
    for ((i = 0; i < 200; i++)); do
      is_alive "$name" || break
      sleep 0.05 || true
    done
    if is_alive "$name"; then
      say "the $name did not end within 10 s of SIGTERM: killing it"
      kill -KILL "${pid_of[$name]}" 2>/dev/null || true
    fi
    wait "${pid_of[$name]}" 2>/dev/null || true
  done
}
