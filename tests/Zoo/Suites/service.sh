#!/bin/sh
# The service that the suites test: it starts a worker that works until our stdin (or fd 3, where that is the lifeline) ends, says where it listens, and is done.
# SUITE=leaky: the worker has our stdout as well, as whoever starts something in the background easily does. SUITE=clean: it does not.
[ "$LIFELINE" = 3 ] || exec 3<&0
if [ "$SUITE" = leaky ]; then
  cat <&3 3<&- &
else
  cat <&3 3<&- >/dev/null &
fi
echo "listening on 4711"
