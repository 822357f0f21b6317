#!/usr/bin/env bash
# leaked_output.sh HOW ZOO_EXEC: a shell whose output is held open by what a command left behind.
#   substitution   $(...) reads to the end
#   stdin          cat reads its stdin to the end, in a pipeline whose first member is gone
#   feeder         nothing is wrong: the first member of the pipeline lives
export ZOO_EXEC=$2
echo "role shell $$" >&99
case $1 in
substitution)
  exec 99>&-
  text=$(sleep 1000 &)
  ;;
stdin)
  ("$ZOO_EXEC" leftover sleep 1000 &) | "$ZOO_EXEC" runner cat &
  exec 99>&-
  wait
  ;;
feeder)
  "$ZOO_EXEC" leftover sleep 1000 | "$ZOO_EXEC" runner cat &
  exec 99>&-
  wait
  ;;
esac
