# shellcheck shell=bash
# The kernel program of back end ebpf: C to artifacts/bpf/collector.bin, which the agent embeds. Sourced by eng/build.sh.
: "${root:?}" "${artifacts:?}"

# Without the means to build it the agent is built all the same, and has no back end ebpf.
build_bpf() {
  local lacking=''
  is_stale "$artifacts/bpf/collector.bin" "$root/src/Agent/Bpf" "$root/eng/bpf.sh" "$root/eng/bpf-pack.c" || return 0
  PATH=$PATH:/usr/sbin
  (need gcc gcc libc6-dev) || lacking+=' gcc'
  (need clang clang) || lacking+=' clang'
  (need bpftool bpftool) || lacking+=' bpftool'
  [[ -e /usr/include/bpf/bpf_helpers.h ]] || (need bpf/bpf_helpers.h libbpf-dev) || lacking+=' libbpf-dev'
  if [[ -z $lacking ]]; then
    say "building the kernel program"
    compile_bpf || lacking=' a compiler that can build it (see above)'
  fi
  if [[ -n $lacking ]]; then
    say "without back end ebpf: this machine lacks$lacking"
    rm -f "$artifacts/bpf/collector.bin"
  fi
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
    "$staged/pack" >"$staged/collector.bin" &&
    touch -r "$artifacts/bpf/.begin" "$staged/collector.bin" &&
    mv -f "$staged/collector.bin" "$artifacts/bpf/collector.bin" || return 1
  rm -rf "$staged" "$artifacts/bpf/.begin"
}
