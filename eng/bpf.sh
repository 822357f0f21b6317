# shellcheck shell=bash
# The kernel program of back end ebpf: C to artifacts/bpf/collector.bin.gz, which the agent embeds. Sourced by eng/build.sh.
: "${root:?}" "${artifacts:?}"

# Without the means to build it the agent is built all the same, and has no back end ebpf.
build_bpf() {
  local lacking PATH=$PATH:/usr/sbin
  mkdir -p "$artifacts/bpf"
  is_stale "$artifacts/bpf/collector.bin.gz" "$root/src/Agent/Bpf" "$root/eng/bpf.sh" "$root/eng/bpf-pack.c" || return 0
  lacking=$(bpf_lacks)
  # Tried once, not at every start on a machine that cannot have them.
  if [[ -n $lacking && ! -e $artifacts/bpf/.tried && $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    touch "$artifacts/bpf/.tried"
    # shellcheck disable=SC2086
    (need "${lacking%% *}" $lacking) || true
    lacking=$(bpf_lacks)
  fi
  if [[ -z $lacking ]]; then
    say "building the kernel program"
    compile_bpf || lacking='a clang and bpftool that can build it (see above)'
  fi
  if [[ -n $lacking ]]; then
    say "without back end ebpf, for which this machine lacks: $lacking"
    rm -f "$artifacts/bpf/collector.bin.gz"
  fi
}

# bpf_lacks: the Debian packages that are needed and not there.
bpf_lacks() {
  local lacking=''
  command -v clang >/dev/null || lacking+=' clang'
  command -v bpftool >/dev/null || lacking+=' bpftool'
  [[ -e /usr/include/bpf/bpf_helpers.h ]] || lacking+=' libbpf-dev'
  command -v gcc >/dev/null || lacking+=' gcc'
  echo "${lacking# }"
}

# Compiled, made into a program that loads it (so that the agent needs nothing but bpf(2)), and packed with its offsets.
compile_bpf() {
  local staged=$artifacts/.bpf arch
  case $(uname -m) in
    x86_64) arch=x86 ;;
    aarch64) arch=arm64 ;;
    *) return 1 ;;
  esac
  rm -rf "$staged"
  mkdir -p "$staged" "$artifacts/bpf"
  touch "$artifacts/bpf/.begin"
  clang -g -O2 -mcpu=v3 -target bpf "-D__TARGET_ARCH_$arch" -Wall -Werror -Wno-unused-function \
    -c "$root/src/Agent/Bpf/collector.bpf.c" -o "$staged/collector.bpf.o" >&2 &&
    bpftool gen object "$staged/collector.o" "$staged/collector.bpf.o" >&2 &&
    bpftool gen skeleton -L "$staged/collector.o" name collector >"$staged/collector.lskel.h" &&
    gcc -O1 -Wall -I "$staged" -I "$root/src/Agent/Bpf" -o "$staged/pack" "$root/eng/bpf-pack.c" >&2 &&
    "$staged/pack" | gzip -9n >"$staged/collector.bin.gz" &&
    touch -r "$artifacts/bpf/.begin" "$staged/collector.bin.gz" &&
    mv -f "$staged/collector.bin.gz" "$artifacts/bpf/collector.bin.gz" || return 1
  rm -rf "$staged" "$artifacts/bpf/.begin"
}
