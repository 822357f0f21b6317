#!/usr/bin/env bash
# A coprocess that filters, and a shell that waits for it with its input still open. $1 is zoo-exec. ZOO_FORM=busy: the filter has work to do. ZOO_TRAP: the
# shell ends it when it is told to end. ZOO_FORM=beside: it waits for another job, which is at work, and the filter stands by.
echo "role shell $$" >&99
if [[ $ZOO_FORM == busy ]]; then
  coproc "$1" filter sleep 1000
else
  coproc "$1" filter cat
fi
[[ -z ${ZOO_TRAP-} ]] || trap 'kill "$COPROC_PID"' TERM
if [[ $ZOO_FORM == beside ]]; then
  "$1" job sleep 1000 &
  exec 99>&-
  wait $!
fi
exec 99>&-
wait "$COPROC_PID"
