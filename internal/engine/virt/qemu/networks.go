package qemu

import (
	"net"
	"net/netip"
	"sync"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/hostnet"
)

// networks are the tenant networks that have a running guest on this host.
type networks struct {
	cfg  Config
	find func(networkID string, ip netip.Addr) (cloud.Guest, error)

	mu   sync.Mutex
	byID map[string]*network
}

type network struct {
	*hostnet.Network
	ports map[string]bool // by MAC
}

func newNetworks(cfg Config, find func(networkID string, ip netip.Addr) (cloud.Guest, error)) *networks {
	return &networks{cfg: cfg, find: find, byID: map[string]*network{}}
}

// wire is a port in the types that hostnet takes.
type wire struct {
	mac     net.HardwareAddr
	ip      netip.Addr
	cidr    netip.Prefix
	gateway netip.Addr
}

func parsePort(p cloud.GuestPort) (wire, error) {
	var (
		w   wire
		err error
	)
	if w.mac, err = net.ParseMAC(p.MAC); err != nil || len(w.mac) != 6 {
		return w, fault.New(fault.BadRequest, "port %s: mac %q is not an Ethernet address", p.ID, p.MAC)
	}
	if w.ip, err = netip.ParseAddr(p.IP); err != nil {
		return w, fault.New(fault.BadRequest, "port %s: ip %q is not an address", p.ID, p.IP)
	}
	if w.cidr, err = netip.ParsePrefix(p.CIDR); err != nil {
		return w, fault.New(fault.BadRequest, "port %s: cidr %q is not a prefix", p.ID, p.CIDR)
	}
	if w.gateway, err = netip.ParseAddr(p.Gateway); err != nil {
		return w, fault.New(fault.BadRequest, "port %s: gateway %q is not an address", p.ID, p.Gateway)
	}
	return w, nil
}

func checkPorts(ports []cloud.GuestPort) error {
	for _, p := range ports {
		if _, err := parsePort(p); err != nil {
			return err
		}
	}
	return nil
}

// plug attaches a port to its network, which comes up with its first port.
func (n *networks) plug(p cloud.GuestPort, hostname, socket string) error {
	w, err := parsePort(p)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	net := n.byID[p.NetworkID]
	if net == nil {
		if net, err = n.open(p, w); err != nil {
			return err
		}
		n.byID[p.NetworkID] = net
	}
	if err := net.Attach(hostnet.Port{MAC: w.mac, IP: w.ip, Hostname: hostname, Socket: socket}); err != nil {
		n.closeEmpty(p.NetworkID, net)
		return err
	}
	net.ports[w.mac.String()] = true
	return nil
}

func (n *networks) open(p cloud.GuestPort, w wire) (*network, error) {
	opened, err := hostnet.New(hostnet.Config{
		Name: p.Network, CIDR: w.cidr, Gateway: w.gateway, DNS: n.cfg.DNS, MTU: p.MTU, Log: n.cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	if n.cfg.OnNetwork != nil {
		find := func(ip netip.Addr) (cloud.Guest, error) { return n.find(p.NetworkID, ip) }
		if err := n.cfg.OnNetwork(p.NetworkID, opened, find); err != nil {
			opened.Close()
			return nil, err
		}
	}
	return &network{Network: opened, ports: map[string]bool{}}, nil
}

// unplug detaches a port; the network goes with its last one.
func (n *networks) unplug(p cloud.GuestPort) {
	w, err := parsePort(p)
	if err != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	net := n.byID[p.NetworkID]
	if net == nil {
		return
	}
	net.Detach(w.mac)
	delete(net.ports, w.mac.String())
	n.closeEmpty(p.NetworkID, net)
}

// closeEmpty closes a network without ports. n.mu is held.
func (n *networks) closeEmpty(id string, net *network) {
	if len(net.ports) == 0 {
		delete(n.byID, id)
		net.Close()
	}
}

func (n *networks) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, net := range n.byID {
		delete(n.byID, id)
		net.Close()
	}
}
