#!/usr/bin/env bash
# fifo-ring.sh ZOO_EXEC: `tee f < <(cat f)`: cat reads the FIFO that tee writes to, and tee what cat reads. It goes round without an input.
# ZOO_FORM=fed: somebody has the FIFO open besides, and works. ZOO_FORM=kept: the shell keeps the FIFO open for reading and writing, so that it never ends: a service.
exec_as=$1
printf 'role shell %d\n' $$ >&99
mkfifo f
if [[ ${ZOO_FORM-} == kept ]]; then
  exec 3<>f
  cat < f 99>&- | "$exec_as" reader cat 99>&99 &
else
  [[ ${ZOO_FORM-} != fed ]] || { "$exec_as" feeder bash -c 'while :; do read -rt 0.05 < /dev/null; sleep 0.05; done' > f & }
  "$exec_as" tee tee f < <("$exec_as" cat cat f) > /dev/null &
fi
exec 99>&-
wait
