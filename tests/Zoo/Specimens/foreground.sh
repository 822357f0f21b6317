#!/usr/bin/env bash
# A shell with a trap runs a command in the foreground, and the command reads a FIFO without a name whose other end the shell has: the trap would run when the command has ended.
# $1 is the shell, $2 is zoo-exec. ZOO_FORM=busy: the command is at work. ZOO_FORM=wait: it runs in the background, and the trap ends it.
echo "role shell $$" >&99
mkfifo input
exec 3<>input 4<input
rm input
command=(cat)
[[ ${ZOO_FORM-} == busy ]] && command=(sleep 1000)
run='"$@" <&4 4<&-'
[[ ${ZOO_FORM-} == wait ]] && run+=' & wait'
# The shell is to have no part in the announcement, and cannot let go of it when the command has begun: another one keeps it until then.
sleep 1000 3>&- 4<&- &
keeper=$!
exec 99>&-
exec "$1" -c "trap 'kill \$!' TERM
  $run
  echo over" "$1" bash -c 'exec 99>"/proc/$0/fd/99" 3>&-; kill "$0"; exec "$@"' "$keeper" "$2" command "${command[@]}"
