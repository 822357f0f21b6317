#!/usr/bin/env bash
# build.sh OUT: compiles the specimens into OUT, those whose source is newer than the program.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:?usage: build.sh OUT}
mkdir -p "$out"
for source in "$here"/*.c; do
  program=$out/$(basename "$source" .c)
  [[ $program -nt $source && $program -nt $here/zoo.h && $program -nt $here/founding.h ]] && continue
  # Built beside and renamed into place: a specimen that runs keeps its old file.
  gcc -std=gnu17 -O1 -g -Wall -Wextra -Werror -pthread -o "$program.new.$$" "$source"
  mv -f "$program.new.$$" "$program"
done
