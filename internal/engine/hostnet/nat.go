package hostnet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	dialTimeout = 30 * time.Second
	udpIdle     = time.Minute
)

// forwardTCP answers a guest's SYN for an address outside: it connects there
// first, so that the guest sees a refusal as a refusal. The stack calls it in
// a goroutine of its own, which lasts as long as Complete takes to be called.
func (n *Network) forwardTCP(r *tcp.ForwarderRequest) {
	if !n.begin(func() { n.carryTCP(r) }) {
		r.Complete(true)
	}
}

func (n *Network) carryTCP(r *tcp.ForwarderRequest) {
	out, err := n.dialOut("tcp", r.ID())
	if err != nil {
		r.Complete(true)
		return
	}
	defer n.closeFlow(out)
	var events waiter.Queue
	ep, refusal := r.CreateEndpoint(&events)
	r.Complete(refusal != nil)
	if refusal != nil {
		return
	}
	in := gonet.NewTCPConn(&events, ep)
	defer in.Close()
	defer context.AfterFunc(n.ctx, func() { in.Close(); out.Close() })()
	var up sync.WaitGroup
	up.Go(func() { pipeTCP(out, in) })
	pipeTCP(in, out)
	up.Wait()
}

// pipeTCP copies until the source ends, then ends the sink's input; a broken
// sink ends the source too, so that its writer notices.
func pipeTCP(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if err != nil {
		to.Close()
		from.Close()
		return
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	} else {
		to.Close()
	}
}

// forwardUDP starts a flow for a guest's datagram that belongs to none. The
// stack calls it while it holds the datagram, so it must not wait.
func (n *Network) forwardUDP(r *udp.ForwarderRequest) {
	if _, err := n.target("udp", r.ID()); err != nil {
		return
	}
	var events waiter.Queue
	ep, err := r.CreateEndpoint(&events)
	if err != nil {
		return
	}
	in := gonet.NewUDPConn(&events, ep)
	id := r.ID()
	if !n.begin(func() { n.carryUDP(in, id) }) {
		in.Close()
	}
}

func (n *Network) carryUDP(in net.Conn, id stack.TransportEndpointID) {
	defer in.Close()
	out, err := n.dialOut("udp", id)
	if err != nil {
		return
	}
	defer n.closeFlow(out)
	defer context.AfterFunc(n.ctx, func() { in.Close(); out.Close() })()
	var up sync.WaitGroup
	up.Go(func() { pipeUDP(out, in) })
	pipeUDP(in, out)
	up.Wait()
}

// pipeUDP copies datagrams until the flow has been idle both ways.
func pipeUDP(to, from net.Conn) {
	buf := make([]byte, 64<<10)
	defer to.Close()
	defer from.Close()
	for {
		idle := time.Now().Add(udpIdle)
		from.SetReadDeadline(idle)
		to.SetReadDeadline(idle)
		size, err := from.Read(buf)
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:size]); err != nil && errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

var errTooManyFlows = errors.New("too many connections through the gateway")

// dialOut connects to where a guest wants to go. closeFlow undoes it.
func (n *Network) dialOut(network string, id stack.TransportEndpointID) (net.Conn, error) {
	to, err := n.target(network, id)
	if err != nil {
		return nil, err
	}
	select {
	case n.flows <- struct{}{}:
	default:
		n.log.Warn("connection refused", "to", to, "err", errTooManyFlows)
		return nil, errTooManyFlows
	}
	ctx, cancel := context.WithTimeout(n.ctx, dialTimeout)
	defer cancel()
	conn, err := n.cfg.Dial(ctx, network, to.String())
	if err != nil {
		<-n.flows
		return nil, err
	}
	return conn, nil
}

func (n *Network) closeFlow(out net.Conn) {
	out.Close()
	<-n.flows
}

// target says where on the outside a guest's packet goes, if it may: not to
// what only the host itself should reach. DNS at the gateway goes to the
// host's resolver, which may well be on loopback.
func (n *Network) target(network string, id stack.TransportEndpointID) (netip.AddrPort, error) {
	to := netip.AddrPortFrom(netip.AddrFrom4(id.LocalAddress.As4()), id.LocalPort)
	a := to.Addr()
	switch {
	case a == n.cfg.Gateway && to.Port() == 53:
		resolver, err := hostResolver("/etc/resolv.conf")
		return netip.AddrPortFrom(resolver, 53), err
	case n.isLocal(a), n.cfg.CIDR.Contains(a), !a.IsGlobalUnicast():
		return to, fmt.Errorf("%s %s is not reachable from network %s", network, to, n.cfg.Name)
	}
	return to, nil
}

// hostResolver returns the first name server in a resolv.conf.
func hostResolver(path string) (netip.Addr, error) {
	f, err := os.Open(path)
	if err != nil {
		return netip.Addr{}, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) >= 2 && words[0] == "nameserver" {
			if a, err := netip.ParseAddr(words[1]); err == nil {
				return a, nil
			}
		}
	}
	return netip.Addr{}, fmt.Errorf("%s names no name server", path)
}
