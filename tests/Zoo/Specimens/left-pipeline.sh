#!/usr/bin/env bash
# A pipeline in the background whose shell has gone; its last member is a wrapper that waits for the app. $1 is zoo-exec.
("$1" keeper sleep infinity | bash -c '"$1" app cat <&0 & exec 99>&-; wait' wrapper "$1" &)
