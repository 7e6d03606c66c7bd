package hostnet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

var metadata = netip.MustParseAddrPort("169.254.169.254:80")

// echo serves one listener: it says who called, then echoes until the end.
func echo(t *testing.T, l net.Listener) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
			io.WriteString(c, host+" says ")
			io.Copy(c, c)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
}

// say sends a word, ends the sending side and returns all that comes back.
func say(t *testing.T, c net.Conn, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	c.(interface{ CloseWrite() error }).CloseWrite()
	back, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(back)
}

func (g *guestStack) dial(t *testing.T, to string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return gonet.DialContextTCP(ctx, g.Stack, fullAddress(netip.MustParseAddrPort(to)), ipv4.ProtocolNumber)
}

func (g *guestStack) listen(t *testing.T, port uint16) {
	t.Helper()
	l, err := gonet.ListenTCP(g.Stack, tcpip.FullAddress{NIC: nicID, Port: port}, ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	echo(t, l)
}

func TestGuestsReachEachOtherTheMetadataServiceAndTheHostReachesThem(t *testing.T) {
	n := newNetwork(t, nil)
	l, err := n.ListenTCP(metadata)
	if err != nil {
		t.Fatal(err)
	}
	echo(t, l)
	a, b := newGuest(t, n, 1), newGuest(t, n, 2)
	b.listen(t, 22)

	c, err := a.dial(t, "10.0.0.12:22")
	if got, want := say(t, c, err), "10.0.0.11 says hello"; got != want {
		t.Errorf("guest to guest: %q, want %q", got, want)
	}
	c, err = b.dial(t, metadata.String())
	if got, want := say(t, c, err), "10.0.0.12 says hello"; got != want {
		t.Errorf("guest to metadata: %q, want %q", got, want)
	}
	c, err = n.DialContext(t.Context(), "tcp", "10.0.0.12:22")
	if got, want := say(t, c, err), "10.0.0.1 says hello"; got != want {
		t.Errorf("host to guest: %q, want %q", got, want)
	}
}

func TestGuestsReachTheWorldThroughTheHost(t *testing.T) {
	world, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	echo(t, world)
	asked := make(chan string, 10)
	n := newNetwork(t, func(ctx context.Context, network, to string) (net.Conn, error) {
		asked <- network + " " + to
		if !strings.HasPrefix(to, "192.0.2.1:") {
			return nil, errors.New("no route")
		}
		return new(net.Dialer).DialContext(ctx, network, world.Addr().String())
	})
	g := newGuest(t, n, 1)
	c, err := g.dial(t, "192.0.2.1:80")
	if got, want := say(t, c, err), "127.0.0.1 says hello"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, to := range []string{"192.0.2.2:80", "169.254.169.254:80"} {
		if c, err := g.dial(t, to); err == nil {
			c.Close()
			t.Errorf("the guest reached %s", to)
		}
	}
	if first, second := <-asked, <-asked; first != "tcp 192.0.2.1:80" || second != "tcp 192.0.2.2:80" || len(asked) > 0 {
		t.Errorf("the host was asked for %q, %q and %d more", first, second, len(asked))
	}
}

func TestTheHostsOwnPlacesAreNotReachable(t *testing.T) {
	n := newNetwork(t, nil)
	for to, want := range map[string]bool{
		"192.0.2.1:80": true, "10.1.0.1:443": true, "127.0.0.1:22": false, "0.0.0.0:22": false, "224.0.0.1:5": false,
		"255.255.255.255:67": false, "169.254.169.254:80": false, "10.0.0.1:80": false, "10.0.0.77:80": false,
	} {
		at := netip.MustParseAddrPort(to)
		id := stack.TransportEndpointID{LocalAddress: address(at.Addr()), LocalPort: at.Port()}
		if got, err := n.target("tcp", id); (err == nil) != want || want && got != at {
			t.Errorf("%s: %s, %v", to, got, err)
		}
	}
}

func TestGuestsDatagramsReachTheWorldAndComeBack(t *testing.T) {
	world, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	go func() {
		buf := make([]byte, 2048)
		for {
			size, from, err := world.ReadFrom(buf)
			if err != nil {
				return
			}
			world.WriteTo(bytes.ToUpper(buf[:size]), from)
		}
	}()
	n := newNetwork(t, func(ctx context.Context, network, to string) (net.Conn, error) {
		if network+" "+to != "udp 192.0.2.1:123" {
			t.Errorf("the host was asked for %s %s", network, to)
		}
		return new(net.Dialer).DialContext(ctx, network, world.LocalAddr().String())
	})
	g := newGuest(t, n, 1)
	to := fullAddress(netip.MustParseAddrPort("192.0.2.1:123"))
	c, err := gonet.DialUDP(g.Stack, nil, &to, ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 64)
	for _, word := range []string{"one", "two"} {
		if _, err := io.WriteString(c, word); err != nil {
			t.Fatal(err)
		}
		size, err := c.Read(buf)
		if err != nil || string(buf[:size]) != strings.ToUpper(word) {
			t.Errorf("%q, %v", buf[:size], err)
		}
	}
}

// The agent dies and comes back while the guest runs on: a second Network on
// the same socket carries on, with the gateway the guest knows.
func TestGuestOutlivesTheNetwork(t *testing.T) {
	first := newNetwork(t, nil)
	g := newGuest(t, first, 1)
	g.listen(t, 22)
	c, err := first.DialContext(t.Context(), "tcp", "10.0.0.11:22")
	if got, want := say(t, c, err), "10.0.0.1 says hello"; got != want {
		t.Fatalf("%q, want %q", got, want)
	}
	open, err := first.DialContext(t.Context(), "tcp", "10.0.0.11:22")
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	if _, err := io.ReadAll(open); err == nil {
		t.Error("a connection through a closed network ended well")
	}
	open.Close()
	if _, err := first.DialContext(t.Context(), "tcp", "10.0.0.11:22"); !errors.Is(err, ErrClosed) {
		t.Errorf("dial on a closed network: %v", err)
	}

	second := newNetwork(t, nil)
	if err := second.Attach(g.card.port); err != nil {
		t.Fatal(err)
	}
	c, err = second.DialContext(t.Context(), "tcp", "10.0.0.11:22")
	if got, want := say(t, c, err), "10.0.0.1 says hello"; got != want {
		t.Errorf("after the restart: %q, want %q", got, want)
	}
}

// A guest that does not take its frames must not hold up the others.
func TestStuckGuestHoldsUpNobody(t *testing.T) {
	n := newNetwork(t, nil)
	newCard(t, 1).plug(n) // and never read
	g := newGuest(t, n, 2)
	g.listen(t, 22)
	flood := newCard(t, 3).plug(n)
	packet := datagram(netip.AddrPortFrom(flood.port.IP, 9), netip.MustParseAddrPort("10.0.0.11:9"), make([]byte, 1400))
	frame := flood.frame(net.HardwareAddr{0xfa, 0x16, 0x3e, 0, 0, 1}, header.IPv4ProtocolNumber, packet)
	for range 2000 {
		flood.send(frame)
	}
	c, err := n.DialContext(t.Context(), "tcp", "10.0.0.12:22")
	if got, want := say(t, c, err), "10.0.0.1 says hello"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What claims to be someone else, and what nobody here can check, is dropped:
// of all that is sent only the last, honest frame arrives.
func TestForgeriesAreDropped(t *testing.T) {
	n := newNetwork(t, nil)
	a, b := newCard(t, 1).plug(n), newCard(t, 2).plug(n)
	all := net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	mine, yours := netip.AddrPortFrom(a.port.IP, 68), netip.AddrPortFrom(b.port.IP, 68)
	other := netip.MustParseAddrPort("10.0.0.99:68")
	arpFrom := func(mac net.HardwareAddr, ip netip.Addr) []byte {
		h := header.ARP(make([]byte, header.ARPSize))
		h.SetIPv4OverEthernet()
		h.SetOp(header.ARPReply)
		copy(h.HardwareAddressSender(), mac)
		copy(h.ProtocolAddressSender(), ip.AsSlice())
		copy(h.ProtocolAddressTarget(), b.port.IP.AsSlice())
		return h
	}
	forgedMAC := a.frame(b.port.MAC, header.IPv4ProtocolNumber, datagram(mine, yours, nil))
	forgedMAC[11] ^= 0x40
	honest := a.frame(b.port.MAC, header.IPv4ProtocolNumber, datagram(mine, yours, []byte("honest")))
	for _, frame := range [][]byte{
		{},
		honest[:13],
		honest[:20],
		forgedMAC,
		a.frame(b.port.MAC, header.IPv4ProtocolNumber, datagram(other, yours, nil)),
		a.frame(all, header.IPv4ProtocolNumber, datagram(netip.AddrPortFrom(gateway, 7), yours, nil)),
		a.frame(all, header.IPv4ProtocolNumber, datagram(netip.AddrPortFrom(a.port.IP, 67), netip.AddrPortFrom(broadcast, 68), nil)),
		a.frame(b.port.MAC, header.ARPProtocolNumber, arpFrom(a.port.MAC, gateway)),
		a.frame(b.port.MAC, header.ARPProtocolNumber, arpFrom(gatewayMAC[:], a.port.IP)),
		a.frame(all, header.IPv6ProtocolNumber, make([]byte, 40)),
		a.frame(b.port.MAC, header.IPv4ProtocolNumber, make([]byte, 3000)),
		honest,
	} {
		a.send(frame)
	}
	if got := b.mustReceive(); !bytes.Equal(got, honest) {
		t.Errorf("a forgery arrived: %x", got)
	}
}

func TestNotQEMUsFramingIsHungUpOn(t *testing.T) {
	n := newNetwork(t, nil)
	c := newCard(t, 1).plug(n)
	io.WriteString(c.conn, "GET / HTTP/1.1\r\n")
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.receive(); !errors.Is(err, io.EOF) {
		t.Errorf("error %v, want the end", err)
	}
	c.accept() // and dialled again
}

func TestAttachRefusesWhatCannotBe(t *testing.T) {
	n := newNetwork(t, nil)
	good := newCard(t, 1).plug(n).port
	for name, tt := range map[string]struct {
		change func(p *Port)
		want   string
	}{
		"outside":     {func(p *Port) { p.IP = netip.MustParseAddr("10.0.1.1") }, "not in 10.0.0.0/24"},
		"the gateway": {func(p *Port) { p.IP = gateway }, "the gateway's"},
		"its MAC":     {func(p *Port) { p.MAC = gatewayMAC[:] }, "the gateway's"},
		"multicast":   {func(p *Port) { p.MAC = net.HardwareAddr{1, 0, 0, 0, 0, 1} }, "single card"},
		"short":       {func(p *Port) { p.MAC = p.MAC[:5] }, "single card"},
		"taken":       {func(p *Port) { p.MAC = net.HardwareAddr{2, 0, 0, 0, 0, 1} }, "leased to fa:16:3e:00:00:01"},
	} {
		p := good
		tt.change(&p)
		if err := n.Attach(p); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", name, err, tt.want)
		}
	}
	if err := n.Attach(good); err != nil {
		t.Errorf("the same again: %v", err)
	}
	n.Detach(good.MAC)
	n.Detach(good.MAC)
	good.MAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	if err := n.Attach(good); err != nil {
		t.Errorf("a freed address: %v", err)
	}
	n.Close()
	if err := n.Attach(newCard(t, 2).port); !errors.Is(err, ErrClosed) {
		t.Errorf("on a closed network: %v", err)
	}
	if _, err := n.ListenTCP(metadata); !errors.Is(err, ErrClosed) {
		t.Errorf("listen on a closed network: %v", err)
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	for _, cfg := range []Config{
		{},
		{CIDR: netip.MustParsePrefix("fd00::/64"), Gateway: netip.MustParseAddr("fd00::1")},
		{CIDR: cidr, Gateway: netip.MustParseAddr("10.0.1.1")},
		{CIDR: cidr, Gateway: gateway, MTU: 70000},
	} {
		if n, err := New(cfg); err == nil {
			n.Close()
			t.Errorf("%+v taken", cfg)
		}
	}
}

func TestHostResolver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	for text, want := range map[string]string{
		"# nameserver 9.9.9.9\nsearch x\nnameserver\nnameserver 127.0.0.53\nnameserver 8.8.8.8\n": "127.0.0.53",
		"options edns0\n": "invalid IP",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := hostResolver(path); got.String() != want || (err == nil) != got.IsValid() {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

// No frame a guest can make up brings the network down.
func FuzzFrame(f *testing.F) {
	n, err := New(Config{Name: "fuzz", CIDR: cidr, Gateway: gateway})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { n.Close() })
	p := newPort(n, Port{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, IP: netip.MustParseAddr("10.0.0.2")})
	c := &card{port: p.Port}
	mine := netip.AddrPortFrom(p.IP, 68)
	f.Add(c.frame(gatewayMAC[:], header.IPv4ProtocolNumber, datagram(mine, netip.AddrPortFrom(gateway, 67), make([]byte, 244))))
	f.Add(c.frame(gatewayMAC[:], header.IPv4ProtocolNumber, datagram(mine, netip.AddrPortFrom(gateway, 9), nil)))
	f.Add(c.frame(gatewayMAC[:], header.ARPProtocolNumber, make([]byte, header.ARPSize)))
	f.Fuzz(func(_ *testing.T, frame []byte) {
		n.fromGuest(p, frame)
		for len(p.send) > 0 {
			<-p.send
		}
	})
}
