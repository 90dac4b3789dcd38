# shellcheck shell=bash
# What the recipes share: Debian's packages, and images of one layer.
#
# A recipe is a folder with an executable `build`. It is run in its own folder with
#   IMAGE     the name to give the image
#   UPSTREAM  the name of the image it stands in for
#   IMAGES    both, a line each, where a recipe makes several; IMAGE and UPSTREAM are the first
#   RECIPE    the recipe's key, which goes into a label
#   WORK      an empty directory of its own, removed afterwards
#   STATEPROOF_CACHE  where things worth keeping may be kept
# and is done when Docker has IMAGE. Lines of its output that begin with `== ` are shown as progress.

# Debian's release that the stand-ins are made of.
SUITE=bookworm

# need PROGRAM WHAT: ends the recipe where a program is missing that no package brings along.
need() {
  command -v "$1" >/dev/null && return
  echo "please install $2: $UPSTREAM cannot be built without $1" >&2
  exit 1
}

step() {
  printf '== %s\n' "$*"
}

# debian_tree DIRECTORY VARIANT PACKAGE…: a root of these packages, without what only people read.
# The variant `extract` only unpacks them; the others of mmdebstrap(1) set them up too.
debian_tree() {
  local directory=$1 variant=$2 packages
  shift 2
  packages=$(IFS=,; echo "$*")
  # In a mount namespace of its own, so that nothing stays mounted whatever ends it.
  unshare --mount mmdebstrap --quiet --mode=root --variant="$variant" --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$SUITE" "$directory"
}

# take TREE ROOT FILE…: copies programs from a tree into a root, with all libraries they load.
take() {
  local tree=$1 root=$2 file files
  shift 2
  for file in "$@"; do
    files=$(chroot "$tree" /lib64/ld-linux-x86-64.so.2 --list "$file" |
      sed --quiet --regexp-extended 's#^[^/]*(/[^ ]+) .*#\1#p')
    # Links are followed: in the root every name is a file of its own, or already there.
    (cd "$tree" && xargs --max-args=1 printf '.%s\0' <<<"$file $files" |
      tar --create --dereference --null --files-from=- --file=-) | tar --extract --directory="$root"
  done
}

# image_archive LAYER IMAGES: an archive for `docker load` or `ctr images import`, on standard
# output. All its images have the tar file LAYER as their one layer. IMAGES is JSON, a list of
# {names, config}; the config is that of the OCI image specification. No builder is needed for it,
# and it works with every version of Docker there is.
image_archive() {
  local layer=$1 images=$2 archive digest count index
  archive=$(mktemp --directory --tmpdir="$WORK")
  digest=$(sha256sum "$layer" | cut --delimiter=' ' --fields=1)
  ln "$layer" "$archive/layer.tar"
  count=$(jq length <<<"$images")
  for ((index = 0; index < count; index++)); do
    jq --arg digest "sha256:$digest" --argjson index "$index" '{
      architecture: "amd64", os: "linux", created: (now | todate),
      config: .[$index].config, rootfs: {type: "layers", diff_ids: [$digest]}
    }' <<<"$images" >"$archive/$index.json"
  done
  jq 'to_entries | map({Config: "\(.key).json", RepoTags: .value.names, Layers: ["layer.tar"]})' \
    <<<"$images" >"$archive/manifest.json"
  tar --create --directory="$archive" .
  rm -r "$archive"
}

# load LAYER CONTAINS CONFIG: gives Docker the image, labelled with what it stands in for and
# what it really contains.
load() {
  local layer=$1 contains=$2 config=$3
  step 'handing the image to Docker'
  image_archive "$layer" "$(jq --arg name "$IMAGE" --arg upstream "$UPSTREAM" \
    --arg contains "$contains" --arg recipe "$RECIPE" '[{
      names: [$name],
      config: (. + {Labels: {
        "io.stateproof.stand-in-for": $upstream,
        "io.stateproof.contains": $contains,
        "io.stateproof.recipe": $recipe
      }})
    }]' <<<"$config")" | docker load --quiet
}
