package hostnet

import (
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// leaseTime is what DHCP says; the lease itself lasts until Detach.
const leaseTime = 24 * time.Hour

// answerDHCP returns the frame that answers a DHCP message from p, or nil. The
// answer depends on the port alone, so a guest gets its own address whatever
// it asks for, and needs no other server to agree.
func (n *Network) answerDHCP(p *port, frame []byte) []byte {
	ip := header.IPv4(frame[header.EthernetMinimumSize:])
	request, err := dhcpv4.FromBytes(header.UDP(ip.Payload()).Payload())
	if err != nil || request.OpCode != dhcpv4.OpcodeBootRequest || string(request.ClientHWAddr) != string(p.MAC) {
		return nil
	}
	reply, err := n.dhcpReply(p, request)
	if err != nil || reply == nil {
		return nil
	}
	return n.wrapDHCP(p, reply)
}

func (n *Network) dhcpReply(p *port, request *dhcpv4.DHCPv4) (*dhcpv4.DHCPv4, error) {
	gateway := n.cfg.Gateway.AsSlice()
	kind := dhcpv4.MessageTypeAck
	switch request.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		kind = dhcpv4.MessageTypeOffer
	case dhcpv4.MessageTypeRequest:
		wanted := request.RequestedIPAddress()
		if wanted == nil {
			wanted = request.ClientIPAddr
		}
		if !wanted.Equal(p.IP.AsSlice()) {
			return dhcpv4.NewReplyFromRequest(request,
				dhcpv4.WithMessageType(dhcpv4.MessageTypeNak),
				dhcpv4.WithOption(dhcpv4.OptServerIdentifier(gateway)))
		}
	case dhcpv4.MessageTypeInform:
	default:
		return nil, nil
	}
	dns := n.cfg.DNS
	if len(dns) == 0 {
		dns = []netip.Addr{n.cfg.Gateway}
	}
	with := []dhcpv4.Modifier{
		dhcpv4.WithMessageType(kind),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(gateway)),
		dhcpv4.WithNetmask(net.CIDRMask(n.cfg.CIDR.Bits(), 32)),
		dhcpv4.WithRouter(gateway),
		dhcpv4.WithDNS(netIPs(dns)...),
		dhcpv4.WithOption(dhcpv4.Option{Code: dhcpv4.OptionInterfaceMTU, Value: dhcpv4.Uint16(n.cfg.MTU)}),
	}
	if p.Hostname != "" {
		with = append(with, dhcpv4.WithOption(dhcpv4.OptHostName(p.Hostname)))
	}
	if request.MessageType() != dhcpv4.MessageTypeInform {
		with = append(with, dhcpv4.WithYourIP(p.IP.AsSlice()), dhcpv4.WithLeaseTime(uint32(leaseTime/time.Second)))
	}
	return dhcpv4.NewReplyFromRequest(request, with...)
}

// wrapDHCP puts Ethernet, IPv4 and UDP headers around a reply. It goes to the
// asking card alone; the IP destination is broadcast while the guest has no
// address to take it on.
func (n *Network) wrapDHCP(p *port, reply *dhcpv4.DHCPv4) []byte {
	payload := reply.ToBytes()
	size := header.UDPMinimumSize + len(payload)
	frame := make([]byte, header.EthernetMinimumSize+header.IPv4MinimumSize+size)
	header.Ethernet(frame).Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress(gatewayMAC[:]),
		DstAddr: tcpip.LinkAddress(p.mac[:]),
		Type:    header.IPv4ProtocolNumber,
	})
	dst := address(broadcast)
	if a, ok := netip.AddrFromSlice(reply.ClientIPAddr.To4()); ok && a == p.IP {
		dst = address(a)
	}
	ip := header.IPv4(frame[header.EthernetMinimumSize:])
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(header.IPv4MinimumSize + size),
		TTL:         64,
		Protocol:    uint8(header.UDPProtocolNumber),
		SrcAddr:     address(n.cfg.Gateway),
		DstAddr:     dst,
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	udp := header.UDP(ip.Payload())
	copy(udp.Payload(), payload)
	udp.Encode(&header.UDPFields{SrcPort: 67, DstPort: 68, Length: uint16(size)})
	sum := header.PseudoHeaderChecksum(header.UDPProtocolNumber, ip.SourceAddress(), dst, uint16(size))
	udp.SetChecksum(^udp.CalculateChecksum(checksum.Checksum(payload, sum)))
	return frame
}

func netIPs(addrs []netip.Addr) []net.IP {
	ips := make([]net.IP, len(addrs))
	for i, a := range addrs {
		ips[i] = a.AsSlice()
	}
	return ips
}
