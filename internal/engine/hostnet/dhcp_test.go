package hostnet

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/insomniacslk/dhcp/dhcpv4"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// ask sends a DHCP message from the card and returns the answer.
func (c *card) ask(with ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	c.t.Helper()
	message, err := dhcpv4.New(append([]dhcpv4.Modifier{dhcpv4.WithHwAddr(c.port.MAC)}, with...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	src, dst := netip.MustParseAddrPort("0.0.0.0:68"), netip.AddrPortFrom(broadcast, 67)
	all := net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	c.send(c.frame(all, header.IPv4ProtocolNumber, datagram(src, dst, message.ToBytes())))
	frame := c.mustReceive()
	ip := header.IPv4(frame[header.EthernetMinimumSize:])
	udp := header.UDP(ip.Payload())
	if !ip.IsValid(len(ip)) || !ip.IsChecksumValid() || udp.SourcePort() != 67 || udp.DestinationPort() != 68 ||
		!udp.IsChecksumValid(ip.SourceAddress(), ip.DestinationAddress(), 0) && udp.Checksum() == 0 {
		c.t.Errorf("headers of the answer: %x", frame[:42])
	}
	reply, err := dhcpv4.FromBytes(udp.Payload())
	if err != nil {
		c.t.Fatal(err)
	}
	if reply.TransactionID != message.TransactionID || reply.OpCode != dhcpv4.OpcodeBootReply {
		c.t.Errorf("the answer is to something else: %s", reply.Summary())
	}
	return reply
}

func TestDHCPGivesTheLeaseOfThePort(t *testing.T) {
	n := newNetwork(t, nil)
	c := newCard(t, 1).plug(n)
	type lease struct {
		Kind            dhcpv4.MessageType
		IP              string
		Mask            string
		Router, DNS     []net.IP
		Server, Address string
		MTU             uint16
		Time            time.Duration
		Hostname        string
	}
	read := func(m *dhcpv4.DHCPv4) lease {
		mtu, _ := dhcpv4.GetUint16(dhcpv4.OptionInterfaceMTU, m.Options)
		return lease{
			Kind: m.MessageType(), IP: m.YourIPAddr.String(), Mask: net.IP(m.SubnetMask()).String(),
			Router: m.Router(), DNS: m.DNS(), Server: m.ServerIdentifier().String(),
			MTU: mtu, Time: m.IPAddressLeaseTime(0), Hostname: m.HostName(),
		}
	}
	gw := []net.IP{gateway.AsSlice()}
	want := lease{
		Kind: dhcpv4.MessageTypeOffer, IP: "10.0.0.11", Mask: "255.255.255.0", Router: gw, DNS: gw,
		Server: "10.0.0.1", MTU: 1500, Time: 24 * time.Hour, Hostname: "vm",
	}
	if diff := cmp.Diff(want, read(c.ask(dhcpv4.WithMessageType(dhcpv4.MessageTypeDiscover)))); diff != "" {
		t.Error("offer:", diff)
	}
	requested := func(ip string) dhcpv4.Modifier {
		return dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(net.ParseIP(ip)))
	}
	request := dhcpv4.WithMessageType(dhcpv4.MessageTypeRequest)
	want.Kind = dhcpv4.MessageTypeAck
	if diff := cmp.Diff(want, read(c.ask(request, requested("10.0.0.11")))); diff != "" {
		t.Error("ack:", diff)
	}
	if diff := cmp.Diff(want, read(c.ask(request, dhcpv4.WithClientIP(net.IPv4(10, 0, 0, 11))))); diff != "" {
		t.Error("renewal:", diff)
	}
	for _, wrong := range []string{"10.0.0.12", "0.0.0.0"} {
		if m := c.ask(request, requested(wrong)); m.MessageType() != dhcpv4.MessageTypeNak {
			t.Errorf("request for %s: %s", wrong, m.Summary())
		}
	}

	// Another card's lease is not to be had by naming its MAC, and a release
	// needs no answer: the next answer is the next discover's.
	forged, err := dhcpv4.New(dhcpv4.WithHwAddr(net.HardwareAddr{2, 0, 0, 0, 0, 9}), dhcpv4.WithMessageType(dhcpv4.MessageTypeDiscover))
	if err != nil {
		t.Fatal(err)
	}
	release, err := dhcpv4.New(dhcpv4.WithHwAddr(c.port.MAC), dhcpv4.WithMessageType(dhcpv4.MessageTypeRelease))
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []*dhcpv4.DHCPv4{forged, release} {
		c.send(c.frame(gatewayMAC[:], header.IPv4ProtocolNumber,
			datagram(netip.AddrPortFrom(c.port.IP, 68), netip.AddrPortFrom(gateway, 67), message.ToBytes())))
	}
	if m := c.ask(dhcpv4.WithMessageType(dhcpv4.MessageTypeInform)); m.YourIPAddr.String() != "0.0.0.0" || !m.Router()[0].Equal(gw[0]) {
		t.Errorf("inform: %s", m.Summary())
	}
}
