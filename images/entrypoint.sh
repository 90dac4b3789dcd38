# shellcheck shell=bash
# What the entrypoints share.

die() {
  printf 'docker-entrypoint: %s\n' "$*" >&2
  exit 1
}

say() {
  printf 'docker-entrypoint: %s\n' "$*"
}

# setting NAME [DEFAULT]: exports NAME from NAME, or from the file that NAME_FILE names.
setting() {
  local name=$1 file=$1_FILE value
  [ -z "${!name:-}" ] || [ -z "${!file:-}" ] || die "$name and $file are both set; only one may be"
  value=${!name:-${2:-}}
  [ -z "${!file:-}" ] || value=$(<"${!file}")
  export "$name=$value"
  unset "$file"
}

# The first initialisation happens in a directory of its own inside the server's, which becomes the
# database only when it is complete and on disk. Whatever ends it early, the next start finds
# either nothing but leftovers under our own name, which it removes, or all of it. The name is not
# a hidden one: MySQL does not find the parts of a database below such a directory.

# first_initialisation DIRECTORY LAST: fills the directory by way of `check`, which ends it where
# the directory cannot be used, and `initialise STAGING`. LAST is the entry that makes a directory a
# database.
first_initialisation() {
  local directory=$1 last=$2
  local staging=$directory/first-init complete=$directory/first-init-complete
  if [ ! -d "$complete" ]; then
    [ ! -d "$staging" ] || say 'an earlier first initialisation was interrupted; starting over'
    rm -rf "$staging"
    check
    # A subshell: the scripts may do as they like with its variables.
    (initialise "$staging")
    sync -f "$staging"
    mv "$staging" "$complete"
  fi
  # From here on the work is done and only has to be moved up.
  # Kubernetes lends a volume to a group; the directory is root's then, and its mode too.
  [ ! -O "$directory" ] || chmod "$(stat -c %a "$complete")" "$directory"
  local entry entries=()
  for entry in "$complete"/*; do
    [ "$entry" = "$complete/$last" ] || entries+=("$entry")
  done
  [ ${#entries[@]} -eq 0 ] || mv "${entries[@]}" "$directory"
  mv "$complete/$last" "$directory"
  sync -f "$directory"
  rmdir "$complete"
  say 'first initialisation complete'
}
