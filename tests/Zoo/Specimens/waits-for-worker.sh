#!/usr/bin/env bash
# A shell that waits for a command which works. $1 is zoo-exec.
echo "role shell $$" >&99
"$1" worker sleep 1000 &
exec 99>&-
wait
