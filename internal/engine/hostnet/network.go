// Package hostnet is a tenant network in user space: a switch that QEMU
// processes are plugged into, with DHCP, a gateway that translates addresses
// to the host's own sockets, and listeners inside the network. It needs no
// root and no kernel interface.
//
// QEMU listens and this package dials (NetdevArg): the guest outlives the
// agent, and QEMU 7.2, which Debian 12 ships, does not reconnect a stream
// netdev that it dialled itself, whereas one with server=on goes back to
// listening when its peer goes away. So after a restart of the agent every
// port is attached again and the guests' traffic flows on.
package hostnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// Config describes one tenant network.
type Config struct {
	Name    string
	CIDR    netip.Prefix // IPv4
	Gateway netip.Addr   // inside CIDR; answers ARP, ping and DNS
	DNS     []netip.Addr // given out by DHCP; none: the gateway, which asks the host's resolver
	MTU     int          // 0: 1500
	Log     *slog.Logger // nil: slog.Default()

	// Dial makes the guests' connections to the world ("tcp" or "udp", IP and
	// port); nil: the host's own sockets. The host's loopback, link-local
	// addresses and the network itself are refused before it is asked.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Port is one network card of a guest. The network gives the lease IP to
// whoever sits on Socket, and drops what claims another MAC or IP.
type Port struct {
	MAC      net.HardwareAddr
	IP       netip.Addr // the address that the API shows, inside the network's CIDR
	Hostname string     // DHCP option 12; may be empty
	Socket   string     // where QEMU listens, see NetdevArg
}

// ErrClosed is what calls on a closed network return.
var ErrClosed = errors.New("hostnet: network closed")

// NetdevArg is the value for QEMU's -netdev that makes it listen on socket.
// The path must fit a unix address (107 bytes); QEMU replaces what is there.
func NetdevArg(id, socket string) string {
	return "stream,id=" + id + ",server=on,addr.type=unix,addr.path=" + strings.ReplaceAll(socket, ",", ",,")
}

// Network is one running tenant network. Its methods may be called from many
// goroutines at once.
type Network struct {
	cfg   Config
	log   *slog.Logger
	link  *channel.Endpoint
	stack *stack.Stack

	ctx  context.Context // ends when the network closes
	stop context.CancelFunc
	work sync.WaitGroup
	// flows holds a token for every translated connection, so that one guest
	// cannot use up the host's file descriptors.
	flows chan struct{}

	mu     sync.RWMutex
	closed bool
	ports  map[macAddr]*port
	local  map[netip.Addr]bool // addresses the gateway answers for
}

type macAddr [6]byte

// gatewayMAC is the same in every network and after every restart, so guests'
// ARP caches stay right. Networks share no wire.
var gatewayMAC = macAddr{0x02, 0x6e, 0x6f, 0x76, 0x61, 0x01}

const (
	nicID      = 1
	defaultMTU = 1500
	maxFlows   = 1024
	linkQueue  = 512 // frames from the gateway waiting to be switched
)

// New starts a network. Close must be called to stop it.
func New(cfg Config) (*Network, error) {
	switch {
	case !cfg.CIDR.IsValid() || !cfg.CIDR.Addr().Is4():
		return nil, fmt.Errorf("hostnet: network %s: CIDR %s is not an IPv4 prefix", cfg.Name, cfg.CIDR)
	case !cfg.CIDR.Contains(cfg.Gateway):
		return nil, fmt.Errorf("hostnet: network %s: gateway %s is not in %s", cfg.Name, cfg.Gateway, cfg.CIDR)
	case cfg.MTU != 0 && (cfg.MTU < 576 || cfg.MTU > 65521):
		return nil, fmt.Errorf("hostnet: network %s: MTU %d is not within 576 and 65521", cfg.Name, cfg.MTU)
	}
	cfg.CIDR = cfg.CIDR.Masked()
	if cfg.MTU == 0 {
		cfg.MTU = defaultMTU
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	n := &Network{
		cfg:   cfg,
		log:   cfg.Log.With("network", cfg.Name),
		link:  channel.New(linkQueue, uint32(cfg.MTU)+header.EthernetMinimumSize, tcpip.LinkAddress(gatewayMAC[:])),
		flows: make(chan struct{}, maxFlows),
		ports: map[macAddr]*port{},
		local: map[netip.Addr]bool{},
	}
	n.ctx, n.stop = context.WithCancel(context.Background())
	if err := n.startStack(); err != nil {
		n.Close()
		return nil, err
	}
	n.begin(n.switchFromGateway)
	return n, nil
}

func (n *Network) startStack() error {
	n.stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	if err := n.stack.CreateNIC(nicID, ethernet.New(n.link)); err != nil {
		return fmt.Errorf("hostnet: network %s: %s", n.cfg.Name, err)
	}
	// The gateway takes packets for, and answers from, every address: that is
	// what makes it a translator.
	n.stack.SetPromiscuousMode(nicID, true)
	n.stack.SetSpoofing(nicID, true)
	subnet, err := tcpip.NewSubnet(address(n.cfg.CIDR.Addr()), tcpip.MaskFromBytes(net.CIDRMask(n.cfg.CIDR.Bits(), 32)))
	if err != nil {
		return fmt.Errorf("hostnet: network %s: %w", n.cfg.Name, err)
	}
	n.stack.SetRouteTable([]tcpip.Route{{Destination: subnet, NIC: nicID}})
	n.stack.SetTransportProtocolHandler(tcp.ProtocolNumber, tcp.NewForwarder(n.stack, 0, maxFlows, n.forwardTCP).HandlePacket)
	n.stack.SetTransportProtocolHandler(udp.ProtocolNumber, udp.NewForwarder(n.stack, n.forwardUDP).HandlePacket)
	return n.serve(n.cfg.Gateway)
}

// serve makes addr one of the gateway's own addresses.
func (n *Network) serve(addr netip.Addr) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.local[addr] {
		return nil
	}
	err := n.stack.AddProtocolAddress(nicID, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: address(addr).WithPrefix(),
	}, stack.AddressProperties{})
	if err != nil {
		return fmt.Errorf("hostnet: network %s: address %s: %s", n.cfg.Name, addr, err)
	}
	n.local[addr] = true
	return nil
}

// Attach plugs a guest's card in and gives it its lease. It returns at once
// and keeps dialling p.Socket, also after QEMU went away and came back, until
// Detach. Attaching a MAC again replaces what was there; a port like the one
// that stands is left alone.
func (n *Network) Attach(p Port) error {
	switch {
	case len(p.MAC) != 6 || p.MAC[0]&1 != 0:
		return fmt.Errorf("hostnet: MAC %s is not one of a single card", p.MAC)
	case macAddr(p.MAC) == gatewayMAC:
		return fmt.Errorf("hostnet: MAC %s is the gateway's", p.MAC)
	case !n.cfg.CIDR.Contains(p.IP):
		return fmt.Errorf("hostnet: address %s is not in %s", p.IP, n.cfg.CIDR)
	case p.IP == n.cfg.Gateway:
		return fmt.Errorf("hostnet: address %s is the gateway's", p.IP)
	}
	n.mu.Lock()
	old := n.ports[macAddr(p.MAC)]
	if old != nil && old.same(p) {
		n.mu.Unlock()
		return nil
	}
	for _, other := range n.ports {
		if other != old && other.IP == p.IP {
			n.mu.Unlock()
			return fmt.Errorf("hostnet: address %s is leased to %s", p.IP, other.MAC)
		}
	}
	n.mu.Unlock()
	n.Detach(p.MAC)

	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.closed:
		return ErrClosed
	case n.ports[macAddr(p.MAC)] != nil:
		return fmt.Errorf("hostnet: port %s is being attached by someone else", p.MAC)
	}
	fresh := newPort(n, p)
	err := n.stack.AddStaticNeighbor(nicID, ipv4.ProtocolNumber, address(p.IP), tcpip.LinkAddress(fresh.mac[:]))
	if err != nil {
		return fmt.Errorf("hostnet: network %s: address %s: %s", n.cfg.Name, p.IP, err)
	}
	n.ports[fresh.mac] = fresh
	fresh.start(n.ctx)
	return nil
}

// Detach unplugs a card and forgets its lease. An unknown MAC is done.
func (n *Network) Detach(mac net.HardwareAddr) {
	if len(mac) != 6 {
		return
	}
	n.mu.Lock()
	p := n.ports[macAddr(mac)]
	if p != nil {
		delete(n.ports, p.mac)
		n.stack.RemoveNeighbor(nicID, ipv4.ProtocolNumber, address(p.IP))
	}
	n.mu.Unlock()
	if p != nil {
		p.close()
	}
}

// ListenTCP listens inside the network, on the gateway's address or on one
// outside the network's CIDR such as 169.254.169.254:80. An accepted
// connection's RemoteAddr is the guest's leased address and cannot be forged.
func (n *Network) ListenTCP(at netip.AddrPort) (net.Listener, error) {
	if !at.Addr().Is4() || n.cfg.CIDR.Contains(at.Addr()) && at.Addr() != n.cfg.Gateway {
		return nil, fmt.Errorf("hostnet: network %s: %s belongs to a guest", n.cfg.Name, at)
	}
	if n.ctx.Err() != nil {
		return nil, ErrClosed
	}
	if err := n.serve(at.Addr()); err != nil {
		return nil, err
	}
	l, err := gonet.ListenTCP(n.stack, fullAddress(at), ipv4.ProtocolNumber)
	if err != nil {
		return nil, fmt.Errorf("hostnet: network %s: listen on %s: %w", n.cfg.Name, at, err)
	}
	return l, nil
}

// DialContext connects to a guest from the gateway; network must be tcp, and
// address a guest's IP with a port.
func (n *Network) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil || network != "tcp" || !n.cfg.CIDR.Contains(to.Addr()) {
		return nil, fmt.Errorf("hostnet: network %s: cannot dial %s %s: only tcp to an address in %s", n.cfg.Name, network, addr, n.cfg.CIDR)
	}
	if n.ctx.Err() != nil {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.ctx, cancel)()
	c, err := gonet.DialTCPWithBind(ctx, n.stack, fullAddress(netip.AddrPortFrom(n.cfg.Gateway, 0)), fullAddress(to), ipv4.ProtocolNumber)
	if err != nil {
		return nil, fmt.Errorf("hostnet: network %s: dial %s: %w", n.cfg.Name, to, err)
	}
	return c, nil
}

// Close unplugs every port, ends every connection through the network and
// waits for it all. Guests go on running; their QEMUs listen again.
func (n *Network) Close() error {
	n.mu.Lock()
	ports := n.ports
	n.closed, n.ports = true, map[macAddr]*port{}
	n.mu.Unlock()
	n.stop()
	for _, p := range ports {
		p.close()
	}
	n.link.Close()
	n.stack.Close()
	n.work.Wait()
	n.stack.Wait()
	return nil
}

// begin runs f in a goroutine that Close waits for; false: it is too late.
func (n *Network) begin(f func()) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.closed {
		return false
	}
	n.work.Go(f)
	return true
}

func address(a netip.Addr) tcpip.Address { return tcpip.AddrFrom4(a.As4()) }

func fullAddress(at netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nicID, Addr: address(at.Addr()), Port: at.Port()}
}
