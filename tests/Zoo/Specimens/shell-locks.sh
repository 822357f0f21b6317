#!/usr/bin/env bash
# Two subshells with flock(1): each holds one lock and waits for the other. The commands that took the locks have exited; the shells' fds hold them. With
# ZOO_ALIVE set, the second goes on with its work instead.
echo "role shell $$" >&99
work() {
  local name=$1 own=$2 other=$3 peer=$4
  echo "role $name $BASHPID" >&99
  exec 8>"$own" 9>"$other"
  flock 8
  : >"$name.has-it"
  until [[ -e $peer.has-it ]]; do sleep 0.05; done
  if [[ -n ${ZOO_ALIVE-} && $name == second ]]; then
    exec 99>&-
    sleep 250
  fi
  ( echo "role $name-waits $BASHPID" >&99; exec 99>&-; exec flock 9 ) &
  exec 99>&-
  wait
}
work first one.lock two.lock second &
work second two.lock one.lock first &
exec 99>&-
wait
