# shellcheck shell=bash
# ./orphanboard build: the published programs in artifacts/. Sourced by ./orphanboard.
: "${root:?}" "${artifacts:?}"

# shellcheck source=eng/bpf.sh
source "$root/eng/bpf.sh"

# One configuration for everything, and no build server that would outlive the command.
build_flags=(-c Release -v quiet -nologo -nodeReuse:false -p:UseSharedCompilation=false)
# What is published is not analysed: ./orphanboard test builds the same sources as a solution, with all analyzers.
publish_flags=("${build_flags[@]}" -p:RunAnalyzers=false)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

need_sdk() {
  command -v dotnet >/dev/null ||
    fail "the .NET 10 SDK is missing: install the package dotnet-sdk-10.0 or see https://dotnet.microsoft.com/download"
  (cd "$root" && dotnet --version >/dev/null 2>&1) ||
    fail "the .NET SDK here is not version 10 (dotnet --list-sdks): install the package dotnet-sdk-10.0 or see https://dotnet.microsoft.com/download"
}

# need PROGRAM PACKAGE...: installs Debian packages where a program is missing, or says so.
need() {
  local program=$1
  shift
  command -v "$program" >/dev/null && return
  if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    say "installing $* ($program is missing)"
    { apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }; } >&2 </dev/null ||
      fail "$program is missing and could not be installed: install the package $* and run this again"
  else
    fail "$program is missing: install it (Debian: apt-get install $*) and run this again"
  fi
}

# is_stale BUILT SOURCE...: whether BUILT is absent or older than any file of the sources.
is_stale() {
  local built=$1
  shift
  [[ ! -e $built ]] || [[ -n $(find "$@" "$root"/Directory.*.props "$root/global.json" \( -name bin -o -name obj \) -prune -o -type f -newer "$built" -print -quit) ]]
}

# native_rid: what the native programs are published for.
native_rid() {
  case $(uname -m) in
    x86_64) echo linux-x64 ;;
    aarch64) echo linux-arm64 ;;
    *) fail "no agent for $(uname -m): x86_64 and aarch64 are supported" ;;
  esac
}

# The file's time is that of the start of its build: a source that changes meanwhile is newer. What its publish said is kept beside it.
build_agent() {
  local rid staged=$artifacts/.agent
  build_bpf
  is_stale "$artifacts/orphan-agent" "$root/src/Agent" "$root/src/Shared" "$artifacts/bpf" || return 0
  need gcc gcc libc6-dev
  rid=$(native_rid)
  say "building the agent"
  touch "$artifacts/.agent-begin"
  # Half of a file that a build left which was ended would pass for the whole.
  rm -rf "$root/src/Agent/obj/Release/net10.0/$rid/native"
  dotnet publish "$root/src/Agent" -r "$rid" -o "$staged" "${publish_flags[@]}" 2>&1 </dev/null | tee "$artifacts/orphan-agent.publish.log" >&2 ||
    fail "the agent could not be built"
  touch -r "$artifacts/.agent-begin" "$staged/orphan-agent"
  mv -f "$staged/orphan-agent" "$artifacts/orphan-agent"
  rm -rf "$staged" "$artifacts/.agent-begin"
}

build_server() {
  local staged=$artifacts/.server
  is_stale "$artifacts/server/.built" "$root/src/Server" "$root/src/Shared" || return 0
  say "building the server"
  rm -rf "$staged"
  mkdir -p "$staged"
  touch "$artifacts/.server-begin"
  dotnet publish "$root/src/Server" -o "$staged" "${publish_flags[@]}" >&2 </dev/null || fail "the server could not be built"
  mv -f "$artifacts/.server-begin" "$staged/.built"
  rm -rf "$artifacts/server"
  mv "$staged" "$artifacts/server"
}

# The zoo's specimens; the founding hang among them is what the demo starts.
build_specimens() {
  need gcc gcc libc6-dev
  bash "$root/tests/Zoo/Specimens/build.sh" "$artifacts/zoo" >&2 || fail "the specimens could not be built"
}

build_all() {
  need_sdk
  mkdir -p "$artifacts"
  build_agent
  build_server
}

run_build() {
  [[ $# -eq 0 ]] || fail "unknown argument '$1'; usage: ./orphanboard build" 2
  build_all
  say "artifacts/orphan-agent and artifacts/server/ are up to date"
}
