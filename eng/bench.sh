# shellcheck shell=bash
# ./orphanboard bench: what a scan, a start and a finding cost here. Sourced by ./orphanboard.
: "${root:?}" "${artifacts:?}" "${build_flags[@]:?}"

bench_home=
busy=() # loops that keep the cores busy

bench_sections='times file ordinary snapshot scan growth allocations agent diagnosis guard'

run_bench() {
  local json='' runs='' seconds='' soak='' long='' only=() back_ends=() section
  while [[ $# -gt 0 ]]; do
    case $1 in
      --json | --runs | --seconds | --only | --backend | --soak)
        [[ -n ${2:-} ]] || fail "$1 needs a value; see ./orphanboard --help" 2
        case $1 in
          --json) json=$2 ;;
          --runs) runs=$2 ;;
          --seconds) seconds=$2 ;;
          --only) only+=("$2") ;;
          --backend) back_ends+=(--backend "$2") ;;
          --soak) soak=$2 ;;
        esac
        shift
        ;;
      --long) long=1 ;;
      *) fail "unknown argument '$1'; options: --json FILE, --runs N, --seconds N, --only SECTION, --backend NAME, --long, --soak MINUTES" 2 ;;
    esac
    shift
  done
  [[ -z $runs || $runs =~ ^[1-9][0-9]{0,3}$ ]] || fail "--runs '$runs' is not a number from 1 to 9999" 2
  [[ -z $seconds || $seconds =~ ^[1-9][0-9]{0,3}$ ]] || fail "--seconds '$seconds' is not a number from 1 to 9999" 2
  [[ -z $soak || $soak =~ ^[1-9][0-9]{0,3}$ ]] || fail "--soak '$soak' is not a number of minutes from 1 to 9999" 2
  for section in "${only[@]}"; do
    [[ " $bench_sections " == *" $section "* ]] || fail "--only '$section': the sections are $bench_sections" 2
  done
  [[ ${#only[@]} -gt 0 ]] || read -ra only <<<"$bench_sections"
  build_all
  need gcc gcc libc6-dev
  bash "$root/tests/Bench/build.sh" "$artifacts/bench" >&2 || fail "the load could not be built"

  bench_home=$(mktemp -d)
  trap end_bench EXIT
  if [[ -n $soak ]]; then
    bench_soak "$soak"
    return
  fi
  names=() units=() values=() samples=()
  printf '[]\n' >"$bench_home/bars.json"
  [[ " ${only[*]} " != *' times '* ]] || bench_times "${runs:-15}"
  bench_bars
  [[ -z $json ]] || write_json "$json"
  [[ -z $long ]] || bench_long
}

bench_times() {
  build_specimens
  bench_scan "$1"
  bench_start "$(($1 < 5 ? $1 : 5))"
  bench_finding "$(($1 < 5 ? $1 : 5))"
}

# The bars of the collector, measured by a program that is compiled as the agent is. Sees only, back_ends, runs and seconds.
bench_bars() {
  local section options=("${back_ends[@]}")
  for section in "${only[@]}"; do
    [[ $section == times ]] || options+=(--only "$section")
  done
  [[ " ${options[*]} " == *' --only '* ]] || return 0
  [[ -z $runs ]] || options+=(--runs "$runs")
  [[ -z $seconds ]] || options+=(--seconds "$seconds")
  need lsof lsof
  build_bench
  measure bars --json "$bench_home/bars.json" "${options[@]}" || fail "the bars could not be measured"
}

build_bench() {
  local rid staged=$artifacts/.bench
  is_stale "$artifacts/orphanboard-bench" "$root/tests/Bench" "$root/src/Agent" "$root/src/Shared" || return 0
  rid=$(native_rid)
  say "building the benchmarks"
  touch "$artifacts/.bench-begin"
  rm -rf "$root/tests/Bench/obj/Release/net10.0/$rid/native" # as of the agent
  dotnet publish "$root/tests/Bench" -r "$rid" -o "$staged" "${build_flags[@]}" >&2 </dev/null || fail "the benchmarks could not be built"
  touch -r "$artifacts/.bench-begin" "$staged/OrphanBoard.Bench"
  mv -f "$staged/OrphanBoard.Bench" "$artifacts/orphanboard-bench"
  rm -rf "$staged" "$artifacts/.bench-begin"
}

# The agent beside a build loop: whether it grows.
bench_soak() {
  need make make
  build_bench
  measure soak --seconds "$(($1 * 60))" "${back_ends[@]}" || fail "the agent did not pass the soak"
}

# Not in the foreground: a signal to this script would wait for its end. What it leaves behind then is below bench_home.
measure() {
  local status=0
  TMPDIR=$bench_home "$artifacts/orphanboard-bench" "$1" --artifacts "$artifacts" "${@:2}" </dev/null &
  measuring=$!
  wait "$measuring" || status=$?
  measuring=''
  return "$status"
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
    printf '  ],\n  "bars": '
    cat "$bench_home/bars.json"
    printf '\n}\n'
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
  for pid in ${measuring:-} ${keeper:-} ${agent:-} ${server:-} "${busy[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  measuring='' keeper='' agent='' server='' busy=()
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

# What takes long: all that --only asks for (by default all).
bench_long() {
  [[ " ${only[*]} " != *' agent '* ]] || bench_recovery
  [[ " ${only[*]} " != *' guard '* ]] || bench_guard
}

# Guard on real processes: the whole zoo, the healthy of it for a minute; real suites, 20 times each on a machine that is busy; and our own tests
# (not those of the zoo, which are the first part).
bench_guard() {
  local zoo=$root/tests/Zoo/bin/Release/net10.0/OrphanBoard.Zoo.dll failed='' project run
  say "the zoo under guard"
  dotnet build "$root/tests/Zoo" "${build_flags[@]}" >&2 </dev/null || fail "the zoo does not build"
  export ORPHAN_AGENT=$artifacts/orphan-agent GUARD_FIGURES=$bench_home/guard-figures
  # One after the other: the healthy are a dozen at a time, each under a guard of its own, and that is load enough.
  GUARD_ZOO=all dotnet "$zoo" -noLogo -noColor -parallelMode none -class '*.GuardTests' -method '*ProvableHang*' </dev/null || failed+=' hangs'
  GUARD_ZOO=all GUARD_SECONDS=60 dotnet "$zoo" -noLogo -noColor -parallelMode none -class '*.GuardTests' -method '*Healthy*' </dev/null || failed+=' healthy'
  guard_figures told 'provable hang, from in place to told' 5

  say "real suites under guard, 20 times each, with both cores busy"
  for run in 1 2; do
    timeout 3600 bash -c 'while kill -0 "$1" 2>/dev/null; do :; done' busy "$$" &
    busy+=("$!")
  done
  GUARD_RUNS=20 dotnet "$zoo" -noLogo -noColor -class '*.SuiteTests' </dev/null || failed+=' suites'
  stop_bench_children
  guard_figures suite 'leaky suite, from start to its end' ''

  say "our own tests under guard, 3 times each"
  for project in Shared Server Board; do
    dotnet build "$root/tests/$project.Tests" "${build_flags[@]}" >&2 </dev/null || fail "tests/$project.Tests does not build"
    for run in 1 2 3; do
      "$artifacts/orphan-agent" guard -- bash -c 'exec dotnet "$1" -noLogo -noColor >"$2" 2>&1' bash \
        "$root/tests/$project.Tests/bin/Release/net10.0/OrphanBoard.$project.Tests.dll" "$bench_home/own.log" </dev/null 2>"$bench_home/own.said" || failed+=" $project-$run"
      [[ ! -s $bench_home/own.said ]] || { failed+=" $project-$run (said)"; cat "$bench_home/own.said" >&2; }
    done
  done
  [[ -z $failed ]] || fail "guard was wrong in:$failed"
}

# guard_figures KIND NAME LIMIT: the median and the most of what the tests have measured, and how many are beyond LIMIT seconds.
guard_figures() {
  [[ -s $GUARD_FIGURES ]] || return 0
  awk -F'\t' -v kind="$1" '$1 == kind { print $3, $2 }' "$GUARD_FIGURES" | sort -n | awk -v name="$2" -v limit="$3" '
    { time[NR] = $1; beyond += limit != "" && $1 > limit; last = $2 }
    END { if (NR) printf "%-52s %10.2f s   (median of %d; most %.2f s, %s%s)\n", name, time[int((NR + 1) / 2)], NR, time[NR], last,
      limit == "" ? "" : sprintf("; bar %s s, %d beyond it", limit, beyond) }'
}

# kill -9 of server and agent, 50 times: the end-to-end test, at length.
bench_recovery() {
  say "killing server and agent 50 times"
  dotnet build "$root/tests/EndToEnd" "${build_flags[@]}" >&2 </dev/null || fail "the end-to-end tests do not build"
  ORPHANBOARD_KILLS=50 dotnet "$root/tests/EndToEnd/bin/Release/net10.0/OrphanBoard.EndToEnd.dll" -noLogo -noColor -method '*KilledAtRandomMoments*'
}
