#!/usr/bin/env bash
# Writes all input to a coprocess before it reads any of its output. $1 is zoo-exec. ZOO_FORM=busy: the filter takes its time instead.
echo "role shell $$" >&99
if [[ $ZOO_FORM == busy ]]; then
  coproc "$1" filter sleep 1000
else
  coproc "$1" filter cat
fi
exec 99>&-
printf '%1000000s' "" >&"${COPROC[1]}"
cat <&"${COPROC[0]}" >/dev/null
