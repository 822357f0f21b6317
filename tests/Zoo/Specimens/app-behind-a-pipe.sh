#!/usr/bin/env bash
# sleep infinity | app: keeps an app's stdin open that would end with it. $1 is zoo-exec.
echo "role shell $$" >&99
"$1" keeper sleep infinity | "$1" app cat &
exec 99>&-
wait
