package hostnet

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	cidr    = netip.MustParsePrefix("10.0.0.0/24")
	gateway = netip.MustParseAddr("10.0.0.1")
)

func newNetwork(t *testing.T, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Network {
	t.Helper()
	n, err := New(Config{Name: "private", CIDR: cidr, Gateway: gateway, Log: slog.New(slog.DiscardHandler), Dial: dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// card plays QEMU's part of a stream netdev: it listens, and after its peer
// went away it listens again.
type card struct {
	t      *testing.T
	port   Port
	listen net.Listener
	conn   net.Conn
	r      *bufio.Reader
}

// newCard makes the n-th card with the address 10.0.0.(n+10).
func newCard(t *testing.T, n byte) *card {
	t.Helper()
	c := &card{t: t, port: Port{
		MAC:      net.HardwareAddr{0xfa, 0x16, 0x3e, 0, 0, n},
		IP:       netip.AddrFrom4([4]byte{10, 0, 0, 10 + n}),
		Hostname: "vm",
		Socket:   filepath.Join(t.TempDir(), "net"),
	}}
	l, err := net.Listen("unix", c.port.Socket)
	if err != nil {
		t.Fatal(err)
	}
	c.listen = l
	t.Cleanup(func() { l.Close() })
	return c
}

// plug attaches the card to a network and waits until it is dialled.
func (c *card) plug(n *Network) *card {
	c.t.Helper()
	if err := n.Attach(c.port); err != nil {
		c.t.Fatal(err)
	}
	c.accept()
	return c
}

func (c *card) accept() {
	c.t.Helper()
	conn, err := c.listen.Accept()
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.r = conn, bufio.NewReader(conn)
	c.t.Cleanup(func() { conn.Close() })
}

func (c *card) send(frame []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *card) receive() ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(c.r, prefix[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(prefix[:]))
	_, err := io.ReadFull(c.r, frame)
	return frame, err
}

func (c *card) mustReceive() []byte {
	c.t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	frame, err := c.receive()
	if err != nil {
		c.t.Fatal(err)
	}
	return frame
}

// frame is an Ethernet frame from the card.
func (c *card) frame(dst net.HardwareAddr, kind tcpip.NetworkProtocolNumber, body []byte) []byte {
	f := make([]byte, header.EthernetMinimumSize, header.EthernetMinimumSize+len(body))
	header.Ethernet(f).Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress(c.port.MAC), DstAddr: tcpip.LinkAddress(dst), Type: kind,
	})
	return append(f, body...)
}

// datagram is an IPv4 packet that carries UDP.
func datagram(src, dst netip.AddrPort, payload []byte) []byte {
	size := header.UDPMinimumSize + len(payload)
	b := make([]byte, header.IPv4MinimumSize+size)
	ip := header.IPv4(b)
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(b)), TTL: 64, Protocol: uint8(header.UDPProtocolNumber),
		SrcAddr: address(src.Addr()), DstAddr: address(dst.Addr()),
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	header.UDP(ip.Payload()).Encode(&header.UDPFields{SrcPort: src.Port(), DstPort: dst.Port(), Length: uint16(size)})
	copy(ip.Payload()[header.UDPMinimumSize:], payload)
	return b
}

// guestStack is a guest with a TCP/IP stack of its own behind a card.
type guestStack struct {
	*stack.Stack
	card *card
}

func newGuest(t *testing.T, n *Network, number byte) *guestStack {
	t.Helper()
	c := newCard(t, number).plug(n)
	link := channel.New(256, 1514, tcpip.LinkAddress(c.port.MAC))
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	if err := s.CreateNIC(nicID, ethernet.New(link)); err != nil {
		t.Fatal(err)
	}
	if err := s.AddProtocolAddress(nicID, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: address(c.port.IP), PrefixLen: cidr.Bits()},
	}, stack.AddressProperties{}); err != nil {
		t.Fatal(err)
	}
	onLink, err := tcpip.NewSubnet(address(cidr.Addr()), tcpip.MaskFromBytes(net.CIDRMask(cidr.Bits(), 32)))
	if err != nil {
		t.Fatal(err)
	}
	s.SetRouteTable([]tcpip.Route{
		{Destination: onLink, NIC: nicID},
		{Destination: header.IPv4EmptySubnet, Gateway: address(gateway), NIC: nicID},
	})

	// As in QEMU, one loop reads the socket and listens again when it ends.
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	var work sync.WaitGroup
	work.Go(func() {
		for {
			frame, err := c.receive()
			if err != nil {
				c.conn.Close()
				fresh, err := c.listen.Accept()
				if err != nil {
					return
				}
				mu.Lock()
				c.conn, c.r = fresh, bufio.NewReader(fresh)
				mu.Unlock()
				continue
			}
			pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
			link.InjectInbound(0, pkt)
			pkt.DecRef()
		}
	})
	work.Go(func() {
		for {
			pkt := link.ReadContext(ctx)
			if pkt == nil {
				return
			}
			frame := pkt.ToView().AsSlice()
			mu.Lock()
			// Without a peer QEMU drops what the guest sends.
			c.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...))
			mu.Unlock()
			pkt.DecRef()
		}
	})
	t.Cleanup(func() {
		cancel()
		c.listen.Close()
		mu.Lock()
		c.conn.Close()
		mu.Unlock()
		link.Close()
		s.Close()
		work.Wait()
		s.Wait()
	})
	return &guestStack{s, c}
}
