#!/usr/bin/env bash
# cat reads a FIFO that nobody opens for writing, under timeout(1); with ZOO_ALIVE set, somebody beside it will when it has done its work.
mkfifo requests
if [[ -n ${ZOO_ALIVE-} ]]; then
  ( exec 99>&-; sleep 250; echo done >requests ) &
fi
echo "role timeout $$" >&99
exec 99>&-
exec timeout 1000 cat requests
