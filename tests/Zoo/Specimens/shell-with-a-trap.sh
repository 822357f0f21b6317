#!/usr/bin/env bash
# Waits, by design, for a signal to which it says goodbye; meanwhile a worker of its own reads a pipe that it holds open.
echo "role shell $$" >&99
trap 'exit 0' TERM USR1
exec 8> >(echo "role worker $BASHPID" >&99; exec 99>&-; while read -r line; do echo "$line"; done)
exec 99>&-
wait $!
