# shellcheck shell=bash
# What makes of a privileged container a machine that Kubernetes can run on.

say() {
  printf 'node: %s\n' "$*"
}

# Mounts that pods make must be seen by other pods.
share_mounts() {
  mount --make-rshared /
}

# kind has the kubelet keep its cgroups below /kubelet, so that clusters in clusters do not meet.
cgroups() {
  local group=/sys/fs/cgroup
  if [ -f "$group/cgroup.controllers" ]; then
    # A group with children that have controllers may hold no process itself, so all move down.
    # A process that is gone by now is none to move.
    local process controller
    mkdir -p "$group/init" "$group/kubelet"
    while read -r process; do
      echo "$process" >"$group/init/cgroup.procs" 2>/dev/null || true
    done <"$group/cgroup.procs"
    for controller in $(<"$group/cgroup.controllers"); do
      echo "+$controller" >"$group/cgroup.subtree_control"
      echo "+$controller" >"$group/kubelet/cgroup.subtree_control"
    done
    return
  fi
  for group in "$group"/*/; do
    case $group in */unified/) continue ;; esac
    mkdir -p "$group/kubelet"
    case $group in
      */cpuset/) # no process may enter a group without processors and memory
        cat "$group/cpuset.cpus" >"$group/kubelet/cpuset.cpus"
        cat "$group/cpuset.mems" >"$group/kubelet/cpuset.mems"
        ;;
    esac
  done
}

# What tells this node from others on the same machine.
identity() {
  local file
  tr --delete - </proc/sys/kernel/random/uuid >/etc/machine-id
  [ -f /kind/product_uuid ] || cat /proc/sys/kernel/random/uuid >/kind/product_uuid
  for file in /sys/class/dmi/id/product_uuid /sys/devices/virtual/dmi/id/product_uuid; do
    [ ! -f "$file" ] || mount --bind -o ro /kind/product_uuid "$file"
  done
  # The kubelet reads the kernel's messages to learn of processes killed for want of memory.
  [ -e /dev/kmsg ] || ln -s /dev/console /dev/kmsg
}

# The images the node brings with it lie beside /var, since Docker copies /var into a volume
# whenever a node is made. Where this kernel or file system does not take them from there as lower
# layers of an overlay, they are copied after all.
bring_images() {
  local snapshots=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots
  local trial=/var/tmp/overlay snapshot
  mkdir -p $trial/{upper,work,merged}
  if mount -t overlay -o "lowerdir=/kind/snapshots/1/fs,upperdir=$trial/upper,workdir=$trial/work" \
    overlay $trial/merged 2>/dev/null; then
    umount $trial/merged
  else
    say 'no overlay on top of the image here: copying the baked images'
    for snapshot in "$snapshots"/*; do
      [ ! -L "$snapshot" ] || { cp -a "$(readlink "$snapshot")" "$snapshot.copy" && mv -T "$snapshot.copy" "$snapshot"; }
    done
  fi
  rm -rf $trial
}

# The iptables that Docker used in this network namespace, for the node and for kube-proxy's image:
# nft, as the image has it, or the older kind. Neither sees the other's rules.
choose_iptables() {
  local root program
  iptables-legacy-save 2>/dev/null | grep --quiet '^-A' || return 0
  for root in '' /kind/snapshots/1/fs; do
    for program in "$root"/usr/sbin/ip{,6}tables{,-save,-restore}; do
      ln -sf /usr/sbin/xtables-legacy-multi "$program"
    done
  done
}

# Docker's name server answers on a loopback address, which from a pod means the pod. Here it
# answers on the gateway's address as well, for the node and for its pods.
name_server() {
  local docker=127.0.0.11 gateway
  grep --quiet "$docker" /etc/resolv.conf || return 0
  gateway=$(ip -4 route show default | awk '{print $3; exit}')
  sysctl --quiet --write net.ipv4.conf.all.route_localnet=1
  iptables-save --table nat | sed \
    -e "s/-d $docker/-d $gateway/; s/--to-source :53/--to-source $gateway:53/" \
    -e 's/^-A OUTPUT\( .*-j DOCKER_OUTPUT\)$/&\n-A PREROUTING\1/' | iptables-restore --table nat
  # In place: the file is a mount.
  local resolv
  resolv=$(sed "s/$docker/$gateway/g" /etc/resolv.conf)
  printf '%s\n' "$resolv" >/etc/resolv.conf
}

# Docker may give a node that is started again another address than it had. Then what kubeadm wrote
# down is put right, and the API server gets a certificate for the new one.
follow_address() {
  local now before='' pattern file
  now=$(ip -4 -o address show dev eth0 scope global | awk '{sub("/.*", "", $4); print $4; exit}')
  [ ! -f /kind/old-ipv4 ] || before=$(</kind/old-ipv4)
  printf '%s' "$now" >/kind/old-ipv4
  [ -n "$before" ] && [ "$before" != "$now" ] || return 0
  say "address was $before, is $now"
  pattern=${before//./\\.}
  for file in /etc/kubernetes/manifests/*.yaml /etc/kubernetes/*.conf /kind/kubeadm.conf /var/lib/kubelet/kubeadm-flags.env; do
    [ ! -f "$file" ] || sed --in-place "s/\b$pattern\b/$now/g" "$file"
  done
  if [ -f /etc/kubernetes/pki/apiserver.crt ]; then
    rm /etc/kubernetes/pki/apiserver.{crt,key}
    kubeadm init phase certs apiserver --config /kind/kubeadm.conf
  fi
}

become_a_machine() {
  share_mounts
  cgroups
  identity
  bring_images
  choose_iptables
  name_server
  follow_address
}
