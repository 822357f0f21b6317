#!/usr/bin/env bash
# make -j whose recipes read a FIFO without a name that make, and the shell above it, have open for both. $1 is zoo-exec. ZOO_FORM=busy: a recipe is at work.
echo "role shell $$" >&99
mkfifo queue
exec 3<>queue
rm queue
command=cat
[[ ${ZOO_FORM-} == busy ]] && command='sleep 1000'
makefile=$(printf 'all: a b\na b:\n\t@exec "%s" job-$@ %s <&3\n' "$1" "$command")
"$1" make make -j2 -f <(echo "$makefile") &
exec 99>&-
wait
