package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/vishvananda/netlink"
)

const (
	dhcpTry   = 2 * time.Second // one question; the switch answers in milliseconds
	dhcpTries = 5
)

// link is a card with the lease it got.
type link struct {
	name string
	ack  *dhcpv4.DHCPv4
}

// bringUp brings loopback and every Ethernet card up and gets a lease for
// each; the first one's router becomes the default route.
func bringUp(ctx context.Context) []link {
	all, err := netlink.LinkList()
	if err != nil {
		report("network: %v", err)
		return nil
	}
	var up []link
	for _, l := range all {
		name := l.Attrs().Name
		if name != "lo" && !strings.HasPrefix(name, "eth") {
			continue
		}
		if err := netlink.LinkSetUp(l); err != nil {
			report("%s: %v", name, err)
			continue
		}
		if name == "lo" {
			continue
		}
		ack, err := lease(ctx, l)
		if err == nil {
			err = use(l, ack, len(up) == 0)
		}
		if err != nil {
			report("%s: %s: no address: %v", name, l.Attrs().HardwareAddr, err)
			continue
		}
		up = append(up, link{name, ack})
		report("%s", up[len(up)-1])
	}
	return up
}

func lease(ctx context.Context, l netlink.Link) (*dhcpv4.DHCPv4, error) {
	c, err := nclient4.New(l.Attrs().Name, nclient4.WithTimeout(dhcpTry), nclient4.WithRetry(dhcpTries))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	got, err := c.Request(ctx)
	if err != nil {
		return nil, err
	}
	return got.ACK, nil
}

// use gives the card what the lease says.
func use(l netlink.Link, ack *dhcpv4.DHCPv4, first bool) error {
	if mtu, err := dhcpv4.GetUint16(dhcpv4.OptionInterfaceMTU, ack.Options); err == nil && mtu != 0 {
		if err := netlink.LinkSetMTU(l, int(mtu)); err != nil {
			report("%s: MTU %d: %v", l.Attrs().Name, mtu, err)
		}
	}
	address := &net.IPNet{IP: ack.YourIPAddr, Mask: ack.SubnetMask()}
	if err := netlink.AddrReplace(l, &netlink.Addr{IPNet: address}); err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	routers := ack.Router()
	if !first || len(routers) == 0 {
		return nil
	}
	if err := netlink.RouteReplace(&netlink.Route{LinkIndex: l.Attrs().Index, Gw: routers[0]}); err != nil {
		return fmt.Errorf("route by %s: %w", routers[0], err)
	}
	return nil
}

func (l link) String() string {
	ones, _ := l.ack.SubnetMask().Size()
	s := fmt.Sprintf("%s: %s/%d", l.name, l.ack.YourIPAddr, ones)
	if r := l.ack.Router(); len(r) > 0 {
		s += fmt.Sprintf(" gateway %s", r[0])
	}
	for _, d := range l.ack.DNS() {
		s += fmt.Sprintf(" dns %s", d)
	}
	return s + fmt.Sprintf(" mac %s", l.ack.ClientHWAddr)
}
