#!/usr/bin/env bash
# A shell waits for a child that reads a FIFO which nobody opens for writing; with ZOO_ALIVE set, another child is to do so when it has done its work.
echo "role shell $$" >&99
mkfifo requests
if [[ -n ${ZOO_ALIVE-} ]]; then
  ( exec 99>&-; sleep 250; echo done >requests ) &
fi
( echo "role cat $BASHPID" >&99; exec 99>&-; exec cat <requests ) &
exec 99>&-
wait
