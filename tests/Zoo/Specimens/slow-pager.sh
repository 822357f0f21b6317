#!/usr/bin/env bash
# yes | a reader that pauses: the pipe is full and the writer waits, until the reader goes on. $1 is zoo-exec.
echo "role shell $$" >&99
"$1" yes yes | "$1" reader sleep 1000 &
exec 99>&-
wait
