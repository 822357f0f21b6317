# shellcheck shell=bash
# ./orphanboard test: all test projects one after another, and their sum. Sourced by ./orphanboard.
: "${root:?}" "${artifacts:?}" "${build_flags[@]:?}"

# No project takes nearly as long: a test that hangs is a failure, not a pipeline that stands still.
test_limit=900

run_test() {
  [[ $# -eq 0 ]] || fail "unknown argument '$1'; usage: ./orphanboard test" 2
  need_sdk
  need gcc gcc libc6-dev
  need python3 python3
  skip_shim python3
  need make make
  need lsof lsof
  need ss iproute2
  need ps procps
  need eu-stack elfutils
  need gdb gdb
  need python3-dbg python3-dbg
  need node nodejs
  need_browser
  mkdir -p "$artifacts"
  build_bpf
  say "building everything"
  dotnet build "$root/OrphanBoard.sln" "${build_flags[@]}" >&2 </dev/null || fail "the solution does not build"
  build_all
  build_specimens

  rm -rf "$artifacts/test-logs" # of a project that is gone, or of the run before
  mkdir -p "$artifacts/test-logs"
  local project name early='' unfinished='' passed=0 failed=0 skipped=0
  for project in "$root"/tests/*/*.csproj; do
    [[ $project != */tests/Bench/* ]] || continue # a program that tests and benchmarks use
    name=$(basename "$project" .csproj)
    # The end-to-end tests wait for most of their time: what only computes runs beside them, and behind.
    if [[ $name == OrphanBoard.EndToEnd ]]; then
      nice -n 19 timeout --kill-after=10 "$test_limit" dotnet "$(test_program OrphanBoard.Shared.Tests)" -noLogo -noColor </dev/null >"$artifacts/test-logs/OrphanBoard.Shared.Tests.log" 2>&1 &
      early=$!
    fi
    printf '\n== %s\n' "$name"
    if [[ $name == OrphanBoard.Shared.Tests && -n $early ]]; then
      wait "$early" || true
    else
      # Into a file and not through a pipe: what a test left behind would hold the pipe open, and we would wait for its end.
      timeout --kill-after=10 "$test_limit" dotnet "$(test_program "$name")" -noLogo -noColor </dev/null >"$artifacts/test-logs/$name.log" 2>&1 || true
    fi
    count_tests "$name"
  done
  tell_failures
  [[ -z $unfinished ]] || say "did not run to the end:$unfinished"
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [[ $failed -eq 0 && -z $unfinished ]]
}

# test_program PROJECT: its assembly. A project's folder is named by the end of its name.
test_program() { echo "$root/tests/${1#OrphanBoard.}/bin/Release/net10.0/$1.dll"; }

# Shows what a project's tests said, and adds to passed, failed and skipped, or to unfinished where there is no summary to add.
count_tests() {
  local name=$1 log=$artifacts/test-logs/$1.log line
  cat "$log"
  line=$(grep -E '^ +[^ ]+ +Total: [0-9]+, Errors: ' "$log" | tail -n 1 || true)
  if [[ ! $line =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
    unfinished+=" $name"
    return
  fi
  failed=$((failed + BASH_REMATCH[2] + BASH_REMATCH[3]))
  skipped=$((skipped + BASH_REMATCH[4] + BASH_REMATCH[5]))
  passed=$((passed + BASH_REMATCH[1] - BASH_REMATCH[2] - BASH_REMATCH[3] - BASH_REMATCH[4] - BASH_REMATCH[5]))
}

# What failed, once more and last: a log that is kept only in part is kept from its end.
tell_failures() {
  [[ $failed -gt 0 ]] || return 0
  printf '\n== What failed\n'
  awk '/^    [^ ].* \[FAIL\]$/ { told = 40 } !/^     / && !/ \[FAIL\]$/ { told = 0 } told-- > 0' "$artifacts"/test-logs/*.log
}

# skip_shim PYTHON: where that is a script which looks for the interpreter first (pyenv), as it takes several times as long to start, the directory of the interpreter comes before it in PATH.
skip_shim() {
  local shim real
  shim=$(command -v "$1")
  [[ $(head -c 2 "$shim" | tr -d '\0') == '#!' ]] || return 0
  real=$("$1" -c 'import sys; print(sys.executable)') && [[ -x $real ]] || return 0
  export PATH=${real%/*}:$PATH
}

# The browser of the end-to-end tests: any Chromium, ORPHANBOARD_CHROMIUM names one elsewhere. The one without an interface is the faster, and not in every release of Debian.
need_browser() {
  [[ -x ${ORPHANBOARD_CHROMIUM:-} ]] && return
  [[ $EUID -ne 0 ]] && command -v chromium >/dev/null && return
  (need chromium-headless-shell chromium-headless-shell fonts-liberation) || need chromium chromium fonts-liberation
}
