#!/usr/bin/env bash
# make -j2, of which one recipe reads a FIFO to its end that the recipe alone has open, for both directions. $1 is zoo-exec.
# ZOO_FORM=busy: the other recipe is at work, and may write there; beside: so is somebody of make's process group.
echo "role shell $$" >&99
mkfifo queue
command=true
[[ ${ZOO_FORM-} != busy ]] || command='sleep 1000'
cat >Makefile <<MAKE
all: reader writer
reader:
	@exec 3<>queue; cat <&3
writer:
	@$command
MAKE
"$1" make make -j2 &
exec 99>&-
if [[ ${ZOO_FORM-} == beside ]]; then
  sleep 1000 &
fi
wait
