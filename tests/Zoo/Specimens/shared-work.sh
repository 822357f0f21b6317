#!/usr/bin/env bash
# shared-work.sh ZOO_EXEC: xargs -P runs two workers, each of which waits for a word of the other. xargs catches SIGUSR1 and SIGUSR2, by which it is told how many to run.
# ZOO_FORM=healthy: they work.
set -eu
mkfifo a b
exec 5<>a 6<>b
rm a b
printf '5 6\n6 5\n' >jobs
work='read -r _ <&"$1"; echo word >&"$2"'
[[ ${ZOO_FORM:-} != healthy ]] || work='sleep 1000; :'
echo "role shell $$" >&99
"$1" xargs xargs -P2 -L1 bash -c "$work" worker <jobs &
exec 99>&-
wait
