#!/usr/bin/env bash
# saves-stdio.sh SHELL ZOO-EXEC: a list in braces has its stderr elsewhere, and while it runs the shell keeps its own, a pipe, at another fd.
"$2" script "$1" -c '{ sleep 1000; } 2>/dev/null; :' 2>&1 | "$2" reader cat &
exec 99>&-
wait
