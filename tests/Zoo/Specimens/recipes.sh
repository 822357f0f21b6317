#!/usr/bin/env bash
# make -j2 whose recipes read a FIFO without a name, which make and the shell above it have open for both. $1 is zoo-exec. ZOO_FORM=busy: a recipe is at work.
echo "role shell $$" >&99
mkfifo queue
exec 3<>queue
rm queue
command=cat
[[ ${ZOO_FORM-} == busy ]] && command='sleep 1000'
makefile=$(cat <<'MAKE'
SHELL = /bin/bash
all: a b
a b:
	@exec 99>/proc/$(ZOO_HOLDER)/fd/99; : >there-$@; until [[ -e there-a && -e there-b ]]; do sleep 0.02; done; exec "$(ZOO_EXEC)" job-$@ $(ZOO_COMMAND) <&3
MAKE
)
# make would keep the announcement open: it has none, and its jobs get theirs from somebody who waits until they have.
(until [[ -e there-a && -e there-b ]]; do sleep 0.02; done) 3>&- &
holder=$!
ZOO_HOLDER=$holder ZOO_EXEC=$1 ZOO_COMMAND=$command "$1" make make -j2 -f <(echo "$makefile") &
exec 99>&-
wait
