package store

import (
	"context"
	"encoding/binary"
	"net/netip"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const networkColumns = `id, name, project_id, shared, cidr, gateway, mtu, created_at`

func scanNetwork(rw row) (n cloud.Network, err error) {
	err = rw.Scan(&n.ID, &n.Name, &n.ProjectID, &n.Shared, &n.CIDR, &n.Gateway, &n.MTU, intoTime(&n.CreatedAt))
	return n, err
}

const networkMissing = "Network %s could not be found."

// Network returns the network with the given id.
func (r Reader) Network(ctx context.Context, id string) (cloud.Network, error) {
	n, err := queryOne(ctx, r, scanNetwork, `SELECT `+networkColumns+` FROM networks WHERE id = ?`, id)
	return n, orMissing(err, networkMissing, id)
}

// Networks lists the networks that a project can use: its own and the shared
// ones, oldest first. An empty project is all networks.
func (r Reader) Networks(ctx context.Context, projectID string) ([]cloud.Network, error) {
	s := &selection{base: `SELECT ` + networkColumns + ` FROM networks`, order: "created_at, id"}
	if projectID != "" {
		s.where(`project_id = ? OR shared = TRUE`, projectID)
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanNetwork, query, args...)
}

// CreateNetwork adds a network.
func (tx *Tx) CreateNetwork(ctx context.Context, n *cloud.Network) error {
	_, err := tx.exec(ctx, `INSERT INTO networks (`+networkColumns+`) VALUES (`+marks(8)+`)`,
		n.ID, n.Name, n.ProjectID, n.Shared, n.CIDR, n.Gateway, n.MTU, micros(n.CreatedAt))
	return orTaken(err, "networks_id", "Network %s exists already.", n.ID)
}

const portColumns = `p.id, p.network_id, n.name, p.server_id, p.project_id, p.mac, p.ip, p.tag, p.created_at`

const portSelect = `SELECT ` + portColumns + ` FROM ports p JOIN networks n ON n.id = p.network_id`

func scanPort(rw row) (p cloud.Port, err error) {
	err = rw.Scan(&p.ID, &p.NetworkID, &p.Network, &p.ServerID, &p.ProjectID, &p.MAC, &p.IP, &p.Tag, intoTime(&p.CreatedAt))
	return p, err
}

// PortsOfServers lists the ports of some servers, each server's in its order.
func (r Reader) PortsOfServers(ctx context.Context, serverIDs ...string) ([]cloud.Port, error) {
	if len(serverIDs) == 0 {
		return nil, nil
	}
	cond, arg := r.among("p.server_id", serverIDs)
	return queryAll(ctx, r, scanPort, portSelect+` WHERE `+cond+` ORDER BY p.server_id, p.position`, arg)
}

// CreatePort gives a server its port number position on a network: p.IP when it
// is set, else a free one. A port that is there already is
// returned as it is, so that the step may be done again. No free address, and
// an address that is taken or outside, are faults.
func (tx *Tx) CreatePort(ctx context.Context, p *cloud.Port, position int) error {
	have, err := queryOne(ctx, tx.Reader, scanPort, portSelect+` WHERE p.server_id = ? AND p.position = ?`, p.ServerID, position)
	if err == nil {
		*p = have
		return nil
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	// The network's row is locked, so that two servers do not find the same
	// address free.
	network, err := queryOne(ctx, tx.Reader, scanNetwork, `SELECT `+networkColumns+` FROM networks WHERE id = ?`+tx.forUpdate(), p.NetworkID)
	if err != nil {
		return orMissing(err, networkMissing, p.NetworkID)
	}
	number, err := tx.pickAddress(ctx, &network, p.IP)
	if err != nil {
		return err
	}
	p.Network, p.IP = network.Name, addressOf(number).String()
	_, err = tx.exec(ctx, `INSERT INTO ports (id, network_id, server_id, project_id, position, mac, ip, ip_number, tag, created_at)
		VALUES (`+marks(10)+`)`, p.ID, p.NetworkID, p.ServerID, p.ProjectID, position, p.MAC, p.IP, number, p.Tag, micros(p.CreatedAt))
	return orTaken(err, "ports_network_id_ip_number", "Fixed IP address %s is already in use on network %s.", p.IP, network.Name)
}

// DeletePorts removes a server's ports.
func (tx *Tx) DeletePorts(ctx context.Context, serverID string) error {
	_, err := tx.exec(ctx, `DELETE FROM ports WHERE server_id = ?`, serverID)
	return err
}

// pickAddress returns the address asked for, or a free one. The first
// address of a network is its own, the last is broadcast, the gateway is taken.
func (tx *Tx) pickAddress(ctx context.Context, n *cloud.Network, asked string) (int64, error) {
	prefix, err := netip.ParsePrefix(n.CIDR)
	if err != nil {
		return 0, err
	}
	first := numberOf(prefix.Masked().Addr()) + 1
	last := first - 1 + int64(1)<<(32-prefix.Bits()) - 2
	gateway := int64(0)
	if addr, err := netip.ParseAddr(n.Gateway); err == nil {
		gateway = numberOf(addr)
	}
	if asked != "" {
		addr, err := netip.ParseAddr(asked)
		if err != nil || !addr.Is4() || numberOf(addr) < first || numberOf(addr) > last || numberOf(addr) == gateway {
			return 0, fault.New(fault.BadRequest, "Fixed IP %s is not a usable IP address of network %s (%s).", asked, n.Name, n.CIDR)
		}
		return numberOf(addr), nil
	}
	// Usually the address after the highest one: the index has it at hand, and
	// an address that was given back rests until the end is reached.
	highest, err := queryOne(ctx, tx.Reader, value[int64],
		`SELECT COALESCE(MAX(ip_number), CAST(? AS BIGINT)) FROM ports WHERE network_id = ?`, first-1, n.ID)
	if err != nil {
		return 0, err
	}
	next := max(highest+1, first)
	if next == gateway {
		next++
	}
	if next <= last {
		return next, nil
	}
	// Then the first gap: an address whose predecessor is taken, or the first.
	for from := first; from <= last; from = next + 1 {
		next, err = queryOne(ctx, tx.Reader, value[int64], `SELECT CASE
			WHEN NOT EXISTS (SELECT 1 FROM ports WHERE network_id = ? AND ip_number = ?) THEN CAST(? AS BIGINT)
			ELSE (SELECT MIN(p.ip_number) + 1 FROM ports p WHERE p.network_id = ? AND p.ip_number >= ?
				AND NOT EXISTS (SELECT 1 FROM ports q WHERE q.network_id = p.network_id AND q.ip_number = p.ip_number + 1)) END`,
			n.ID, from, from, n.ID, from)
		if err != nil {
			return 0, err
		}
		if next <= last && next != gateway {
			return next, nil
		}
	}
	return 0, fault.New(fault.Conflict, "No more IP addresses available on network %s.", n.Name)
}

func numberOf(addr netip.Addr) int64 {
	b := addr.As4()
	return int64(binary.BigEndian.Uint32(b[:]))
}

func addressOf(number int64) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(number))
	return netip.AddrFrom4(b)
}
