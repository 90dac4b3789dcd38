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
  local directory=$1 variant=$2 packages options=()
  shift 2
  packages=$(IFS=,; echo "$*")
  # The one whose signed list of packages expires, within a week, and mirrors may lag behind.
  [ "$SUITE" != sid ] || options=(--aptopt='Acquire::Check-Valid-Until "false"')
  # In a mount namespace of its own, so that nothing stays mounted whatever ends it.
  unshare --mount mmdebstrap --quiet --mode=root --variant="$variant" --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "${options[@]}" "$SUITE" "$directory"
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

# skeleton ROOT NAME ID HOME: an empty root, with the account that its server runs as. Its numbers are
# upstream's, since volumes change hands between the images.
skeleton() {
  local root=$1 name=$2 id=$3 home=$4
  mkdir -p "$root"/{dev,etc,proc,root,run,sys,tmp,var/lib,var/log,var/tmp}
  mkdir -p "$root"/usr/{bin,lib/locale,lib64,local/bin,local/lib,sbin,share}
  ln --symbolic usr/bin usr/lib usr/lib64 usr/sbin "$root"
  ln --symbolic ../run "$root/var/run"
  chmod 1777 "$root/tmp" "$root/var/tmp"
  printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' "$name:x:$id:$id::$home:/bin/sh" >"$root/etc/passwd"
  printf '%s\n' 'root:x:0:' "$name:x:$id:" >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
}

# shell_tools TREE ROOT: what entrypoints and probes are written in: bash, the tree's `sh` if it has
# one, and BusyBox for all that is not in the root by then. The tree has bash, busybox-static,
# libc-bin and util-linux.
shell_tools() {
  local tree=$1 root=$2 applet
  cp "$tree/bin/busybox" "$root/bin"
  take "$tree" "$root" /bin/bash /usr/bin/setpriv
  [ ! -e "$tree/bin/sh" ] || take "$tree" "$root" /bin/sh
  cp --recursive "$tree"/usr/lib/locale/C.* "$root/usr/lib/locale"
  for applet in $("$root/bin/busybox" --list); do
    [ -e "$root/usr/bin/$applet" ] || ln --symbolic busybox "$root/usr/bin/$applet"
  done
}

# pack ROOT: makes a root the layer $WORK/layer.tar.
pack() {
  tar --create --numeric-owner --directory="$1" --file="$WORK/layer.tar" .
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
