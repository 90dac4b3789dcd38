# shellcheck shell=bash
# Jobs that run side by side: each in a process group of its own with its own log, shown while they
# run, ended together.

declare -A JOB_PID=() JOB_BEGAN=()
SHOWN=0 # lines of progress on the terminal
REPORTED=0

say() {
  printf 'setup: %s\n' "$*" >&2
}

# What a job is doing at the moment, for the display.
step() {
  printf '== %s\n' "$*"
}

# Ends set-up, or the job it is called in, with one clear message.
fail() {
  if [ -n "${JOB:-}" ]; then
    printf '%s\n' "$*" >"$(job_file "$JOB" failure)"
  else
    say "$*"
  fi
  exit 4
}

job_file() {
  printf '%s/log/%s.%s' "$CACHE" "${1//[ \/:]/-}" "$2"
}

# start NAME COMMAND…: runs the command as a job.
start() {
  local name=$1
  shift
  rm -f "$(job_file "$name" failure)"
  set -o monitor # gives the job a process group, to be ended by
  (
    set +o monitor
    JOB=$name
    trap - EXIT INT TERM
    "$@"
  ) >"$(job_file "$name" log)" 2>&1 </dev/null &
  set +o monitor
  JOB_PID[$name]=$!
  JOB_BEGAN[$name]=$SECONDS
}

# await NAME…: waits for these jobs; the first that fails, of all, ends set-up.
await() {
  local name waiting=1
  while [ "$waiting" = 1 ]; do
    waiting=0
    for name in "${!JOB_PID[@]}"; do
      kill -0 "${JOB_PID[$name]}" 2>/dev/null || finish "$name"
    done
    for name in "$@"; do
      [ -z "${JOB_PID[$name]:-}" ] || waiting=1
    done
    [ "$waiting" = 0 ] || { show && sleep 0.2; }
    [ "$SECONDS" -lt 5400 ] || fail 'gave up after an hour and a half'
  done
  clear_shown
}

await_all() {
  await "${!JOB_PID[@]}"
}

finish() {
  local name=$1 code=0 took log message
  wait "${JOB_PID[$name]}" || code=$?
  unset "JOB_PID[$name]"
  took=$((SECONDS - JOB_BEGAN[$name]))
  clear_shown
  if [ "$code" != 0 ]; then
    end_jobs
    log=$(job_file "$name" log)
    message=$(job_file "$name" failure)
    if [ -s "$message" ]; then
      say "$(<"$message")"
    else
      tail --lines=40 "$log" >&2
      say "$name failed; its log is $log"
    fi
    exit 4
  fi
  # What took no time to speak of had nothing to do.
  [ "$took" -lt 2 ] || say "$name: done in $took s"
}

# What the jobs are at: on a terminal all the time, elsewhere once a minute.
show() {
  local name line
  if [ ! -t 2 ]; then
    [ $((SECONDS - REPORTED)) -ge 60 ] || return 0
  fi
  clear_shown
  for name in "${!JOB_PID[@]}"; do
    [ $((SECONDS - JOB_BEGAN[$name])) -ge 2 ] || continue
    line=$(grep '^== ' "$(job_file "$name" log)" | tail --lines=1)
    line=$(printf '%s: %s (%d s)' "$name" "${line#== }" $((SECONDS - JOB_BEGAN[$name])))
    # On a terminal a line that wraps could not be taken back.
    [ ! -t 2 ] || line=${line:0:$((${COLUMNS:-80} - 8))}
    say "$line"
    SHOWN=$((SHOWN + 1))
  done
  REPORTED=$SECONDS
}

clear_shown() {
  if [ -t 2 ] && [ "$SHOWN" -gt 0 ]; then printf '\e[%dA\e[J' "$SHOWN" >&2; fi
  SHOWN=0
}

# Ends what still runs, and all that it started.
end_jobs() {
  local name
  for name in "${!JOB_PID[@]}"; do
    kill -TERM -- "-${JOB_PID[$name]}" 2>/dev/null || true
  done
  # The rest: what was put in the background without being a job.
  for name in $(jobs -p); do
    kill -TERM "$name" 2>/dev/null || true
  done
  wait
  JOB_PID=()
}
