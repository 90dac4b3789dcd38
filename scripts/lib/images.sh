# shellcheck shell=bash
# The images of images/list: pulled where a registry answers, else stand-ins built from images/.

# images_each COMMAND…: calls it with UPSTREAM FOLDER LOCAL for each image of the list.
images_each() {
  local upstream folder image
  while read -r upstream folder image; do
    "$@" "$upstream" "$folder" "${image:-$upstream}"
  done < <(grep --invert-match '^#' "$ROOT/images/list")
}

# What a recipe is known by: the names and contents of its files and of those all recipes share.
recipe_key() {
  (cd "$ROOT/images" && find -L "$1" lib.sh -type f -print0 | LC_ALL=C sort --zero-terminated |
    xargs --null sha256sum | sha256sum | cut --characters=1-16)
}

# Prints what Docker has under a name: nothing, `real`, or the recipe of a stand-in.
image_state() {
  docker image inspect "$1" 2>/dev/null \
    --format '{{with index .Config.Labels "io.stateproof.recipe"}}{{.}}{{else}}real{{end}}' || true
}

# Prints the list's lines that something is to be done for, in the mode that --images asks for. A
# real image is good in any mode, and a stand-in of the present recipe in all but `pull`.
images_lacking() {
  images_each image_lacking
}

image_lacking() {
  local upstream=$1 folder=$2 image=$3 real standin
  real=$(image_state "$upstream")
  if [ "$image" = "$upstream" ]; then standin=$real; else standin=$(image_state "$image"); fi
  case $MODE in
    auto | build)
      if [ "$standin" = "$(recipe_key "$folder")" ]; then return; fi
      # An outdated stand-in beside the real image would be taken for the better one.
      if [ "$standin" = real ] || { [ "$MODE$real" = autoreal ] && [ -z "$standin" ]; }; then return; fi
      ;;
    pull) if [ "$real" = real ] && { [ "$image" = "$upstream" ] || [ -z "$standin" ]; }; then return; fi ;;
  esac
  echo "$upstream $folder $image"
}

# Whether a registry answers, found out by pulling: where none does, some networks say so at once
# and others never. Docker's first line comes when the registry has told what the image is made of.
registry_answers() {
  local log=$CACHE/log/registry.log tries
  : >"$log"
  docker pull "$1" >>"$log" 2>&1 </dev/null 9>&- &
  local pull=$!
  for ((tries = 0; tries < 40; tries++)); do
    if grep --quiet 'Pulling from' "$log"; then
      wait "$pull"
      return
    fi
    kill -0 "$pull" 2>/dev/null || break
    sleep 0.2
  done
  kill "$pull" 2>/dev/null || true
  wait "$pull" 2>/dev/null
}

# What building takes besides Docker. What each recipe takes besides that, it asks for itself.
images_tools() {
  if [ "$(id -u)" != 0 ] || [ "$(uname -m)" != x86_64 ]; then
    fail 'no registry answers, and without one images can only be built by root on an x86_64 machine'
  fi
  install_packages binutils mmdebstrap debian-archive-keyring jq unzip xz-utils util-linux
}

# images_get FOLDER LINE…: these lines of the list, which are one recipe's, by pulling where that is
# possible and asked for, else by building.
images_get() {
  local folder=$1 upstream image lacking=()
  shift
  for line in "$@"; do
    read -r upstream _ image <<<"$line"
    if [ "$MODE" = pull ] || [ "$REGISTRY" = yes ]; then
      step "pulling $upstream"
      if docker pull --quiet "$upstream"; then
        [ "$image" = "$upstream" ] || docker image rm "$image" 2>/dev/null || true
        continue
      fi
      [ "$MODE" = auto ] || fail "cannot pull $upstream; without a registry, use --images build"
    fi
    lacking+=("$image ${upstream%@*}")
  done
  [ ${#lacking[@]} = 0 ] || images_build "$folder" "${lacking[@]}"
}

# images_build FOLDER 'IMAGE UPSTREAM'…
images_build() {
  local folder=$1
  shift
  WORK=$(mktemp --directory --tmpdir="$CACHE/work" "$folder.XXXXXX")
  export WORK RECIPE IMAGE UPSTREAM IMAGES
  read -r IMAGE UPSTREAM <<<"$1"
  IMAGES=$(printf '%s\n' "$@")
  RECIPE=$(recipe_key "$folder")
  (cd "$ROOT/images/$folder" && ./build)
  rm -rf --one-file-system "$WORK"
}

# Removes the stand-ins that newer ones have taken the names of.
images_prune() {
  docker image prune --force --filter label=io.stateproof.recipe >/dev/null
}
