#!/usr/bin/env bash
# build.sh OUT: compiles the specimens into OUT, those whose source is newer than the program.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:?usage: build.sh OUT}
mkdir -p "$out"
out=$(cd "$out" && pwd)
for source in "$here"/*.c; do
  program=$out/$(basename "$source" .c)
  [[ $program -nt $source && $program -nt $here/zoo.h && $program -nt $here/founding.h ]] && continue
  # Built beside and renamed into place: a specimen that runs keeps its old file.
  gcc -std=gnu17 -O1 -g -Wall -Wextra -Werror -pthread -o "$program.new.$$" "$source"
  mv -f "$program.new.$$" "$program"
done

# Programs of other languages, where their compilers are installed; the rows that need them are skipped where they are not.
newer() { [[ -e $1 && $1 -nt $2 ]]; }
if command -v javac >/dev/null && ! newer "$out/Specimen.class" "$here/java/Specimen.java"; then
  javac -d "$out" "$here/java/Specimen.java"
fi
if command -v go >/dev/null && ! newer "$out/go-specimen" "$here/go/specimen.go"; then
  (cd "$here/go" && GO111MODULE=off GOFLAGS= go build -o "$out/go-specimen.new.$$" specimen.go && mv -f "$out/go-specimen.new.$$" "$out/go-specimen")
fi
suites=$here/../Suites
if command -v rustc >/dev/null && ! newer "$out/rust-suite" "$suites/rust/service.rs"; then
  rustc --test --edition 2021 -o "$out/rust-suite.new.$$" "$suites/rust/service.rs" && mv -f "$out/rust-suite.new.$$" "$out/rust-suite"
fi
