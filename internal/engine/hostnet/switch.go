package hostnet

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// maxFrame is QEMU's own limit for a frame on a stream netdev.
const maxFrame = 4096 + 65536

// route is where a guest's frame goes.
type route int

const (
	drop route = iota
	toGateway
	toGuests // the one with the destination MAC, or all others on broadcast
	toDHCP
)

// fromGuest switches one frame that came in on p.
func (n *Network) fromGuest(p *port, frame []byte) {
	switch n.route(p, frame) {
	case toGateway:
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
		n.link.InjectInbound(0, pkt)
		pkt.DecRef()
	case toGuests:
		n.deliver(p, frame)
	case toDHCP:
		if reply := n.answerDHCP(p, frame); reply != nil {
			p.deliver(reply)
		}
	}
}

// route decides what may pass. A guest speaks ARP and IPv4 under its own MAC
// and leased address only; all else is dropped: IPv6 too, because nothing
// here hands out or checks its addresses.
func (n *Network) route(p *port, frame []byte) route {
	if len(frame) < header.EthernetMinimumSize {
		return drop
	}
	eth := header.Ethernet(frame)
	if eth.SourceAddress() != tcpip.LinkAddress(p.mac[:]) {
		return drop
	}
	body := frame[header.EthernetMinimumSize:]
	switch eth.Type() {
	case header.ARPProtocolNumber:
		return n.routeARP(p, body)
	case header.IPv4ProtocolNumber:
		return n.routeIPv4(p, macAddr(frame[:6]), body)
	}
	return drop
}

func (n *Network) routeARP(p *port, body []byte) route {
	h := header.ARP(body)
	if len(h) < header.ARPSize || !h.IsValid() || macAddr(h.HardwareAddressSender()) != p.mac {
		return drop
	}
	// A sender of 0.0.0.0 asks whether an address is taken (RFC 5227).
	if sender := addr4(h.ProtocolAddressSender()); sender != p.IP && !sender.IsUnspecified() {
		return drop
	}
	// The stack would answer for every address; it may for the gateway's.
	if n.isLocal(addr4(h.ProtocolAddressTarget())) {
		return toGateway
	}
	return toGuests
}

func (n *Network) routeIPv4(p *port, dstMAC macAddr, body []byte) route {
	h := header.IPv4(body)
	if !h.IsValid(len(body)) {
		return drop
	}
	src, dst := addr4(h.SourceAddressSlice()), addr4(h.DestinationAddressSlice())
	if h.TransportProtocol() == header.UDPProtocolNumber && h.FragmentOffset() == 0 {
		ports := h.Payload()
		if len(ports) < header.UDPMinimumSize {
			return drop
		}
		switch from, to := binary.BigEndian.Uint16(ports), binary.BigEndian.Uint16(ports[2:]); {
		case to == 67 && from == 68 && (dst == broadcast || dst == n.cfg.Gateway):
			return toDHCP
		case from == 67 && to == 68:
			return drop // a guest is no DHCP server
		}
	}
	if src != p.IP {
		return drop
	}
	if dstMAC != gatewayMAC {
		return toGuests
	}
	switch {
	case n.isLocal(dst):
		return toGateway
	case h.TransportProtocol() == header.ICMPv4ProtocolNumber:
		// User space cannot carry pings on; the stack would answer them
		// itself, in the name of hosts that may not be there.
		return drop
	case n.cfg.CIDR.Contains(dst):
		return drop // on the wire, so not through the gateway
	}
	return toGateway
}

// switchFromGateway sends what the gateway's stack emits to the guests.
func (n *Network) switchFromGateway() {
	for {
		pkt := n.link.ReadContext(n.ctx)
		if pkt == nil {
			return
		}
		frame := pkt.ToView().AsSlice()
		n.deliver(nil, append([]byte(nil), frame...))
		pkt.DecRef()
	}
}

// deliver hands a frame to the port with its destination MAC, or to all but
// its sender when that is broadcast or multicast.
func (n *Network) deliver(from *port, frame []byte) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if frame[0]&1 == 0 {
		if to := n.ports[macAddr(frame[:6])]; to != nil && to != from {
			to.deliver(frame)
		}
		return
	}
	for _, to := range n.ports {
		if to != from {
			to.deliver(frame)
		}
	}
}

func (n *Network) isLocal(a netip.Addr) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.local[a]
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

func addr4(b []byte) netip.Addr { return netip.AddrFrom4([4]byte(b)) }
