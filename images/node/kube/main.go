// Everything a node of a kind cluster runs from Kubernetes, etcd and CoreDNS, in one program that
// is told by the name it is called by what it is to be. Linked apart the same commands take more
// than three times the room, and most of it is the same code.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	os.Exit(run(filepath.Base(os.Args[0])))
}

// run is one of the commands, by the name upstream gives it, and returns its exit code.
func run(name string) int {
	switch name {
	case "kube-apiserver":
		return cli.Run(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		return cli.Run(controllermanager.NewControllerManagerCommand())
	case "kube-scheduler":
		return cli.Run(scheduler.NewSchedulerCommand())
	case "kube-proxy":
		return cli.Run(proxy.NewProxyCommand())
	case "kubelet":
		// The kubelet handles signals itself; a context that does so too would panic.
		return cli.Run(kubelet.NewKubeletCommand(context.Background()))
	case "kubeadm":
		return code(kubeadm.Run())
	case "kubectl":
		return code(cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()))
	case "etcd":
		etcdmain.Main(os.Args)
		return 0
	case "coredns":
		coredns()
		return 0
	case "route-keeper":
		return code(keepRoutes())
	default:
		fmt.Fprintf(os.Stderr, "%s: not one of this program's names\n", name)
		return 2
	}
}

// code is for commands that have printed their error already.
func code(err error) int {
	if err != nil {
		return 1
	}
	return 0
}
