#!/usr/bin/env bash
# left-lock.sh ZOO_EXEC: what flock(1) ran has started a daemon and is done; the daemon has inherited the lock, and the next who wants it waits. ZOO_FORM=busy: the daemon
# works. ZOO_FORM=closed: it was not given the lock, and whoever has it works.
set -eu
export ZOO_EXEC=$1
echo "role shell $$" >&99
case ${ZOO_FORM:-} in
busy) daemon='"$ZOO_EXEC" daemon bash -c "while :; do sleep 0.1; done" &' ;;
closed) daemon='{ exec "$ZOO_EXEC" daemon sleep 100000; } 3>&- & exec "$ZOO_EXEC" work bash -c "while :; do sleep 0.1; done"' ;;
*) daemon='"$ZOO_EXEC" daemon sleep 100000 &' ;;
esac
exec 3>deploy.lock
flock 3
if [[ ${ZOO_FORM:-} == closed ]]; then
  bash -c "$daemon" &
else
  bash -c "$daemon"
fi
exec 3>&-
"$ZOO_EXEC" next flock deploy.lock true &
exec 99>&-
wait
