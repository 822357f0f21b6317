# shellcheck shell=bash
# ./orphanboard bench: what a scan, a start and a finding cost here. Sourced by ./orphanboard.
: "${root:?}" "${artifacts:?}" "${build_flags[@]:?}"

bench_home=

run_bench() {
  local json='' runs=15 long=
  while [[ $# -gt 0 ]]; do
    case $1 in
      --json | --runs)
        [[ -n ${2:-} ]] || fail "$1 needs a value; see ./orphanboard --help" 2
        if [[ $1 == --json ]]; then json=$2; else runs=$2; fi
        shift
        ;;
      --long) long=1 ;;
      *) fail "unknown argument '$1'; options: --json FILE, --runs N, --long" 2 ;;
    esac
    shift
  done
  [[ $runs =~ ^[1-9][0-9]{0,3}$ ]] || fail "--runs '$runs' is not a number from 1 to 9999" 2
  build_all
  build_specimens

  bench_home=$(mktemp -d)
  trap end_bench EXIT
  names=() units=() values=() samples=()
  bench_scan "$runs"
  bench_start "$((runs < 5 ? runs : 5))"
  bench_finding "$((runs < 5 ? runs : 5))"
  report 'agent, size' MB 1 "$(stat -c %s "$artifacts/orphan-agent" | awk '{ printf "%.1f", $1 / 1e6 }')"
  [[ -z $json ]] || write_json "$json"
  [[ -z $long ]] || bench_recovery
}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# median VALUE...: the middle one, of an even number the lower of the two.
median() {
  printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

# report NAME UNIT SAMPLES VALUE
report() {
  names+=("$1") units+=("$2") samples+=("$3") values+=("$4")
  printf '%-52s %10s %-3s (%s)\n' "$1" "$4" "$2" "$([[ $3 -eq 1 ]] && echo 1 || echo "median of $3")"
}

write_json() {
  local i
  {
    printf '{\n  "kernel": "%s",\n  "cpus": %d,\n  "results": [\n' "$(uname -r)" "$(nproc)"
    for i in "${!names[@]}"; do
      printf '    { "name": "%s", "unit": "%s", "value": %s, "samples": %d }%s\n' \
        "${names[i]}" "${units[i]}" "${values[i]}" "${samples[i]}" "$([[ $i -lt $((${#names[@]} - 1)) ]] && echo ,)"
    done
    printf '  ]\n}\n'
  } >"$1" || fail "cannot write $1"
}

# The whole program from start to exit, and the diagnosis as it measured itself (both looks included).
bench_scan() {
  local i begin whole=() inside=()
  for ((i = 0; i < $1; i++)); do
    begin=$(now_ms)
    "$artifacts/orphan-agent" scan --json >"$bench_home/scan.json" 2>/dev/null || [[ $? -eq 3 ]] || fail "orphan-agent scan failed"
    whole+=($(($(now_ms) - begin)))
    inside+=("$(grep -o '"durationMs": *[0-9.]*' "$bench_home/scan.json" | grep -o '[0-9]*' | head -n 1)")
  done
  report 'scan of this host, whole program' ms "$1" "$(median "${whole[@]}")"
  report 'scan of this host, both looks and diagnosis' ms "$1" "$(median "${inside[@]}")"
}

start_bench_server() {
  rm -rf "$bench_home/data"
  dotnet "$artifacts/server/orphanboard-server.dll" --port 0 --data "$bench_home/data" --exit-with-parent </dev/null >/dev/null 2>&1 &
  server=$!
  until [[ -s $bench_home/data/server.url ]]; do
    kill -0 "$server" 2>/dev/null || fail "the server did not start"
    sleep 0.01
  done
}

stop_bench_children() {
  local pid
  for pid in ${keeper:-} ${agent:-} ${server:-}; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  keeper='' agent='' server=''
}

end_bench() {
  stop_bench_children
  rm -rf "$bench_home"
}

bench_start() {
  local i begin times=()
  for ((i = 0; i < $1; i++)); do
    begin=$(now_ms)
    start_bench_server
    times+=($(($(now_ms) - begin)))
    stop_bench_children
  done
  report 'server, from start on an empty store to listening' ms "$1" "$(median "${times[@]}")"
}

# From the founding hang in place (its keeper says so) to its open episode in the API.
bench_finding() {
  local i begin line token url times=()
  for ((i = 0; i < $1; i++)); do
    start_bench_server
    url=$(<"$bench_home/data/server.url")
    token=$(<"$bench_home/data/api-token")
    "$artifacts/orphan-agent" run --server "$url" --token-file "$bench_home/data/agent-token" --exit-with-parent </dev/null >/dev/null 2>&1 &
    agent=$!
    until ask "$url" "$token" hosts '"state": *"online"'; do sleep 0.01; done
    mkfifo "$bench_home/said"
    "$artifacts/zoo/zoo-keeper" --exit-with-parent --limit 120 -- "$artifacts/zoo/runner" </dev/null >"$bench_home/said" &
    keeper=$!
    while read -r line; do
      [[ $line != ready ]] || break
    done <"$bench_home/said"
    begin=$(now_ms)
    until ask "$url" "$token" 'episodes?state=open&class=deadlock' '"rule": *"eof-held-by-duplicate"'; do sleep 0.01; done
    times+=($(($(now_ms) - begin)))
    rm "$bench_home/said"
    stop_bench_children
  done
  report 'founding hang, from in place to the API' ms "$1" "$(median "${times[@]}")"
}

# ask URL TOKEN PATH PATTERN: whether the answer holds the pattern. bash speaks HTTP well enough for its own loopback.
ask() {
  local address=${1#http://} answer fd
  exec {fd}<>"/dev/tcp/${address%%:*}/${address##*:}" || return 1
  printf 'GET /api/v1/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n' "$3" "$address" "$2" >&"$fd"
  answer=$(cat <&"$fd")
  exec {fd}>&-
  grep -q "$4" <<<"$answer"
}

# kill -9 of server and agent, 50 times: the end-to-end test, at length.
bench_recovery() {
  say "killing server and agent 50 times"
  dotnet build "$root/tests/EndToEnd" "${build_flags[@]}" >&2 </dev/null || fail "the end-to-end tests do not build"
  ORPHANBOARD_KILLS=50 dotnet "$root/tests/EndToEnd/bin/Release/net10.0/OrphanBoard.EndToEnd.dll" -noLogo -noColor -method '*KilledAtRandomMoments*'
}
