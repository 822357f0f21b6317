#!/usr/bin/env bash
# std-locks.sh FORM: locks of Rust's std, which have no word for their owner.
set -eu
rustc --edition 2021 -o std-locks "$(dirname "$0")/std-locks.rs" 2>&1
exec ./std-locks "$@"
