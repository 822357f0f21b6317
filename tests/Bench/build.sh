#!/usr/bin/env bash
# build.sh OUT: compiles the load and the zoo-keeper that runs it into OUT, where they are older than their source.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
zoo=$here/../Zoo/Specimens
out=${1:?usage: build.sh OUT}
mkdir -p "$out"
for source in "$here/load.c" "$zoo/zoo-keeper.c"; do
  program=$out/$(basename "$source" .c)
  [[ $program -nt $source && $program -nt $zoo/zoo.h ]] && continue
  # Built beside and renamed into place: one that runs keeps its old file.
  gcc -std=gnu17 -O2 -Wall -Wextra -Werror -pthread -o "$program.new.$$" "$source"
  mv -f "$program.new.$$" "$program"
done
