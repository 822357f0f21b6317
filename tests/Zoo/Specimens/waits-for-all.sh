#!/usr/bin/env bash
# sh starts a filter in the background, whose input it has open itself, and waits for it: dash waits for the signal that it has exited. $1 is zoo-exec.
# ZOO_FORM=busy: the filter is at work.
echo "role shell $$" >&99
mkfifo input
exec 3<>input 4>input 5<input 3>&-
rm input
if [[ ${ZOO_FORM-} == busy ]]; then
  filter=(sleep 1000)
else
  filter=(cat)
fi
# dash knows fds of one digit alone.
exec 9>&99 99>&-
exec sh -c '
  bash -c "exec 99>&9 9>&-; exec \"\$@\"" bash "$@" <&5 4>&- 5>&- &
  exec 5>&- 9>&-
  wait' sh "$1" filter "${filter[@]}"
