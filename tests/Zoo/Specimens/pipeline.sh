#!/usr/bin/env bash
# sleep | cat: cat reads a pipe whose only writer sleeps. $1 is zoo-exec.
echo "role shell $$" >&99
"$1" feeder sleep 1000 | "$1" reader cat &
exec 99>&-
wait
