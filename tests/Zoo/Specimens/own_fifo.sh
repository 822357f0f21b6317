#!/usr/bin/env dash
# It reads a FIFO that it has opened for both directions and unlinked: nobody else can write.
# ZOO_FORM=healthy: a trap is to end it.
folder=$(mktemp -d)
mkfifo "$folder/fifo"
exec 3<> "$folder/fifo"
rm -r "$folder"
[ "$ZOO_FORM" != healthy ] || trap 'exit 0' TERM
read -r line <&3
