#!/usr/bin/env bash
# make -j2 whose jobs each want one token more than there are: both read the job server's pipe, and nobody is left who would put one back.
# $1 is zoo-exec, $2 take-tokens. ZOO_FORM=busy: the jobs are at work.
echo "role shell $$" >&99
makefile=$(cat <<'MAKE'
SHELL = /bin/bash
fds = $(patsubst --jobserver-auth=%,%,$(filter --jobserver-auth=%,$(MAKEFLAGS)))
all: a b
a b:
	+@exec 99>/proc/$(ZOO_HOLDER)/fd/99; : >there-$@; until [[ -e there-a && -e there-b ]]; do sleep 0.02; done; exec "$(ZOO_EXEC)" job-$@ "$(ZOO_TAKE)" $(fds)
MAKE
)
# make would keep the announcement open: it has none, and its jobs get theirs from somebody who waits until they have.
(until [[ -e there-a && -e there-b ]]; do sleep 0.02; done) &
holder=$!
ZOO_HOLDER=$holder ZOO_EXEC=$1 ZOO_TAKE=$2 "$1" make make -j2 -f <(echo "$makefile") &
exec 99>&-
wait
