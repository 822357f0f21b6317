#!/usr/bin/env bash
# A shell sends its own output through a FIFO to a child that logs it, and waits for that child with the FIFO still open; with ZOO_ALIVE set, it has taken its output back, and another child is yet to write.
echo "role shell $$" >&99
mkfifo output
exec 6>&1
( echo "role tee $BASHPID" >&99; exec 99>&-; exec tee log <output >&6 6>&- ) &
exec >output
echo "works"
if [[ -n ${ZOO_ALIVE-} ]]; then
  ( exec 99>&- 6>&-; sleep 250; echo done ) &
  exec >&6
fi
exec 99>&- 6>&-
wait
