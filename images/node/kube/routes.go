package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/vishvananda/netlink"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// ownRoutes marks the routes made here, so that those of nodes which went away while nobody was
// looking are told from everybody else's. The kernel leaves the number to whoever wants it.
const ownRoutes netlink.RouteProtocol = 93

// keepRoutes keeps this node's routes to the pods of the other nodes, until it is told to stop.
// It is all the network a kind cluster needs between nodes, since they share one segment.
func keepRoutes() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := watchNodes(ctx, os.Getenv("NODE_NAME"))
	if err != nil {
		slog.Error("cannot keep routes", "error", err)
	}
	return err
}

func watchNodes(ctx context.Context, self string) error {
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	nodes := informers.NewSharedInformerFactory(client, 0).Core().V1().Nodes().Informer()
	_, err = nodes.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
		AddFunc:    func(object any, _ bool) { route(self, nil, object) },
		UpdateFunc: func(old, object any) { route(self, old, object) },
		DeleteFunc: func(object any) {
			if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = gone.Obj
			}
			route(self, object, nil)
		},
	})
	if err != nil {
		return err
	}
	go nodes.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), nodes.HasSynced) {
		return ctx.Err()
	}
	if err := dropStale(self, nodes.GetStore().List()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// route takes this node from the routes to a node as it was to those to the node as it is.
func route(self string, old, now any) {
	wanted := routes(self, now)
	for pods, was := range routes(self, old) {
		if is, kept := wanted[pods]; kept && is.Gw.Equal(was.Gw) {
			delete(wanted, pods)
		} else if !kept {
			report("dropped", was, netlink.RouteDel(&was))
		}
	}
	for _, is := range wanted {
		report("set", is, netlink.RouteReplace(&is))
	}
}

// routes are the routes to a node's pods, by the pods' network; none to this node's own.
func routes(self string, object any) map[string]netlink.Route {
	found := map[string]netlink.Route{}
	node, ok := object.(*v1.Node)
	if !ok || node.Name == self {
		return found
	}
	for _, cidr := range node.Spec.PodCIDRs {
		_, pods, err := net.ParseCIDR(cidr)
		if err != nil {
			slog.Error("not a network", "node", node.Name, "pods", cidr)
			continue
		}
		for _, address := range node.Status.Addresses {
			gateway := net.ParseIP(address.Address)
			if address.Type == v1.NodeInternalIP && sameFamily(gateway, pods.IP) {
				found[cidr] = netlink.Route{Dst: pods, Gw: gateway, Protocol: ownRoutes}
			}
		}
	}
	return found
}

func sameFamily(a, b net.IP) bool {
	return a != nil && (a.To4() == nil) == (b.To4() == nil)
}

// dropStale removes the routes made here in an earlier life to nodes that are no more.
func dropStale(self string, nodes []any) error {
	wanted := map[string]bool{}
	for _, node := range nodes {
		for pods := range routes(self, node) {
			wanted[pods] = true
		}
	}
	present, err := netlink.RouteListFiltered(netlink.FAMILY_ALL,
		&netlink.Route{Protocol: ownRoutes}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	for _, route := range present {
		if route.Dst != nil && !wanted[route.Dst.String()] {
			report("dropped", route, netlink.RouteDel(&route))
		}
	}
	return nil
}

func report(what string, route netlink.Route, err error) {
	if err != nil {
		slog.Error("route not "+what, "pods", route.Dst, "via", route.Gw, "error", err)
		return
	}
	slog.Info("route "+what, "pods", route.Dst, "via", route.Gw)
}
