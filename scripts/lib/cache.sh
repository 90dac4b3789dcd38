# shellcheck shell=bash
# The cache directory: all that set-up makes is there or in Docker, nothing but target/ in the
# checkout. What is there under its name is whole: it was made in work/ and then renamed.

CACHE=${STATEPROOF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stateproof}
export STATEPROOF_CACHE=$CACHE

cache_open() {
  if ! mkdir -p "$CACHE"/{bin,log,work} 2>/dev/null || [ ! -w "$CACHE" ]; then
    fail "cannot write to the cache directory $CACHE; STATEPROOF_CACHE can name another"
  fi
}

# Two set-ups at once would make the same things twice; the second waits for the first. What is in
# work/ once the lock is held was left by one that was interrupted.
cache_lock() {
  exec 9>"$CACHE/lock"
  if ! flock --nonblock 9; then
    say 'another set-up is at work; waiting for it to end'
    flock --timeout 5400 9 || fail 'the other set-up did not end within an hour and a half'
  fi
  LOCKED=yes
  cache_sweep
}

cache_sweep() {
  # Whatever may still be mounted in a half-made root is not ours to remove.
  rm -rf --one-file-system "${CACHE:?}"/work/*
}
