#!/usr/bin/env bash
# Two process substitutions; the later one inherits the first's pipe (fd 5). The shell closes its own and waits for the first. $1 is zoo-exec.
# ZOO_FORM=busy: the later one is at work.
echo "role shell $$" >&99
exec 5> >(exec "$1" filter cat >/dev/null)
filter=$!
if [[ $ZOO_FORM == busy ]]; then
  exec 6> >(exec "$1" later sleep 1000)
else
  exec 6> >(exec "$1" later cat >/dev/null)
fi
exec 5>&- 99>&-
wait "$filter"
exec 6>&-
wait
