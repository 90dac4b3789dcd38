# shellcheck shell=bash
# k3d, in the one version that stateproof is tested with: on PATH, or built into the cache.

K3D_VERSION=v5.8.3

k3d_ready() {
  local candidate
  for candidate in "$(command -v k3d)" "$CACHE/bin/k3d"; do
    if [ -x "$candidate" ] && [[ $("$candidate" version) == "k3d version $K3D_VERSION"* ]]; then return 0; fi
  done
  return 1
}

# `go install` fails on k3d's list of versions: a module of our own that needs it does not.
k3d_install() {
  command -v go >/dev/null ||
    fail "please install k3d $K3D_VERSION, or Go, with which set-up builds it"
  step "building k3d $K3D_VERSION"
  local package=github.com/k3d-io/k3d/v5
  mkdir "$CACHE/work/k3d"
  cd "$CACHE/work/k3d" || return
  go mod init stateproof.local/k3d
  go get -tool "$package@$K3D_VERSION"
  CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X $package/version.Version=$K3D_VERSION" -o k3d "$package"
  mv k3d "$CACHE/bin/k3d"
}
