#!/usr/bin/env bash
# first | second: the first waits for a word from the second, which comes back through a coprocess, before it says anything. $1 is zoo-exec.
# ZOO_FORM=busy: the second is at work.
echo "role shell $$" >&99
coproc "$1" back cat
exec 8<&"${COPROC[0]}" 9>&"${COPROC[1]}"
eval "exec ${COPROC[0]}<&- ${COPROC[1]}>&-"
if [[ $ZOO_FORM == busy ]]; then
  "$1" first head -c 1 <&8 8<&- 9>&- | "$1" second sleep 1000 >&9 8<&- 9>&- &
else
  "$1" first head -c 1 <&8 8<&- 9>&- | "$1" second cat >&9 8<&- 9>&- &
fi
exec 8<&- 9>&- 99>&-
wait
