#!/usr/bin/env bash
# A shell has a lock, has started something in the background that has inherited it, and waits for a command that wants the same lock. $1 is zoo-exec. ZOO_FORM=next: it waits for whichever of the two
# ends first, and then lets go of the lock.
echo "role shell $$" >&99
if [[ ${ZOO_FORM-} == next ]]; then
  exec 9>lock
  flock 9
  "$1" heir sleep 1000 &
  "$1" wants flock lock true &
  exec 99>&-
  wait -n
  exit
fi
# The shell is to have no part in the announcement, and cannot let go of it when the command has begun: another one keeps it until then.
sleep 1000 &
keeper=$!
exec 9>lock
flock 9 99>&-
"$1" heir sleep 1000 &
exec 99>&-
bash -c 'exec 99>"/proc/$0/fd/99"; kill "$0"; exec "$@"' "$keeper" "$1" wants flock lock true
echo over
