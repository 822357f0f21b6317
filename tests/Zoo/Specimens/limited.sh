#!/bin/sh
# A hang that timeout(1) will end after a long time: a child that is stopped, as its parent waits for it.
exec timeout 250 "$1" wait
