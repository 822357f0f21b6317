#!/usr/bin/env bash
# Two subshells that talk through two unlinked FIFOs, which the shell opened for reading and writing before it started them: each waits for the other's line.
# ZOO_FORM=busy: one of them is at work.
echo "role shell $$" >&99
mkfifo there back
exec 5<>there 6<>back
rm there back
(
  echo "role one $BASHPID" >&99
  exec 99>&-
  if [[ ${ZOO_FORM-} == busy ]]; then while :; do sleep 0.05; done; fi
  read -r line <&5 && echo "$line" >&6
) &
(
  echo "role other $BASHPID" >&99
  exec 99>&-
  read -r line <&6 && echo "$line" >&5
) &
exec 99>&-
wait
