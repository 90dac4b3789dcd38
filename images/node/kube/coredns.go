package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
)

// coredns is CoreDNS with the plugins that kubeadm's and k3d's Corefiles name, and no others: its
// usual set brings in the clients of three clouds. A query goes through them in this order, which
// is upstream's.
func coredns() {
	dnsserver.Directives = []string{
		"reload", "errors", "health", "ready", "prometheus", "cache",
		"hosts", "loadbalance", "loop", "kubernetes", "forward",
	}
	coremain.Run()
}
