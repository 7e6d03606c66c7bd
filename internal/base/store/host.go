package store

import (
	"context"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const serviceColumns = `s.id, s.uuid, s.service_binary, s.host, s.zone, s.disabled, s.disabled_reason, s.forced_down, s.seen_at, s.created_at, s.updated_at`

func serviceInto(s *cloud.Service) []any {
	return []any{
		&s.ID, &s.UUID, &s.Binary, &s.Host, &s.Zone, &s.Disabled, &s.DisabledReason, &s.ForcedDown,
		intoTime(&s.SeenAt), intoTime(&s.CreatedAt), intoTime(&s.UpdatedAt),
	}
}

func scanService(rw row) (s cloud.Service, err error) {
	err = rw.Scan(serviceInto(&s)...)
	return s, err
}

// Heartbeat notes that a service is alive, and adds it when it is new; uuid is
// its id then. It returns whether it was new.
func (tx *Tx) Heartbeat(ctx context.Context, uuid, binary, host, zone string, now time.Time) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE compute_services SET seen_at = ? WHERE service_binary = ? AND host = ?`, micros(now), binary, host)
	if err != nil || n > 0 {
		return false, err
	}
	id, err := tx.Next(ctx, ServiceNumbers)
	if err != nil {
		return false, err
	}
	_, err = tx.exec(ctx, `INSERT INTO compute_services (id, uuid, service_binary, host, zone, disabled, forced_down, seen_at, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, FALSE, FALSE, ?, ?, ?) ON CONFLICT (service_binary, host) DO NOTHING`,
		id, uuid, binary, host, zone, micros(now), micros(now), micros(now))
	return true, err
}

// Services lists the services, by id; an empty host or binary is any.
func (r Reader) Services(ctx context.Context, host, binary string) ([]cloud.Service, error) {
	s := &selection{base: `SELECT ` + serviceColumns + ` FROM compute_services s`, order: "s.id"}
	if host != "" {
		s.where(`s.host = ?`, host)
	}
	if binary != "" {
		s.where(`s.service_binary = ?`, binary)
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanService, query, args...)
}

// Service returns the service with the given UUID.
func (r Reader) Service(ctx context.Context, uuid string) (cloud.Service, error) {
	s, err := queryOne(ctx, r, scanService, `SELECT `+serviceColumns+` FROM compute_services s WHERE s.uuid = ?`, uuid)
	return s, orMissing(err, "Compute service %s could not be found.", uuid)
}

// UpdateService changes what an administrator may change of a service.
func (tx *Tx) UpdateService(ctx context.Context, s *cloud.Service, now time.Time) error {
	err := tx.execOne(ctx, `UPDATE compute_services SET disabled = ?, disabled_reason = ?, forced_down = ?, updated_at = ? WHERE uuid = ?`,
		s.Disabled, s.DisabledReason, s.ForcedDown, micros(now), s.UUID)
	return orMissing(err, "Compute service %s could not be found.", s.UUID)
}

const hypervisorSelect = `SELECT h.id, h.uuid, h.hostname, h.type, h.version, h.host_ip, h.vcpus, h.memory_mib, h.disk_gib, h.cpu_info, h.uptime,
	h.vcpus_used, h.memory_used, h.disk_used, h.generation,
	(SELECT COUNT(*) FROM servers v WHERE v.host = h.hostname AND v.deleted_at IS NULL), ` + serviceColumns + `
	FROM hypervisors h JOIN compute_services s ON s.host = h.hostname AND s.service_binary = 'nova-compute'`

func scanHypervisor(rw row) (h cloud.Hypervisor, err error) {
	into := []any{
		&h.ID, &h.UUID, &h.Hostname, &h.Type, &h.Version, &h.HostIP, &h.VCPUs, &h.MemoryMiB, &h.DiskGiB,
		asJSON(&h.CPUInfo), &h.Uptime, &h.Allocation.VCPUs, &h.Allocation.MemoryMiB, &h.Allocation.DiskGiB, &h.Generation, &h.Servers,
	}
	err = rw.Scan(append(into, serviceInto(&h.Service)...)...)
	return h, err
}

// Hypervisors returns a page of the hypervisors by id; the marker is the
// integer id as text. pattern, when not empty, must be part of the hostname.
func (r Reader) Hypervisors(ctx context.Context, pattern string, page Page) ([]cloud.Hypervisor, error) {
	s := &selection{base: hypervisorSelect, order: "h.id", limit: page.Limit}
	if pattern != "" {
		s.where(`REPLACE(h.hostname, ?, '') <> h.hostname`, pattern)
	}
	if page.Marker != "" {
		s.where(`h.id > ?`, page.Marker)
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanHypervisor, query, args...)
}

// Candidates lists all hypervisors as a scheduler looks at them, by id: name,
// inventory, what is in use and the service's zone and health, nothing else.
func (r Reader) Candidates(ctx context.Context) ([]cloud.Hypervisor, error) {
	return queryAll(ctx, r, func(rw row) (h cloud.Hypervisor, err error) {
		err = rw.Scan(&h.Hostname, &h.VCPUs, &h.MemoryMiB, &h.DiskGiB, &h.Allocation.VCPUs, &h.Allocation.MemoryMiB, &h.Allocation.DiskGiB,
			&h.Service.Zone, &h.Service.Disabled, &h.Service.ForcedDown, intoTime(&h.Service.SeenAt))
		return h, err
	}, `SELECT h.hostname, h.vcpus, h.memory_mib, h.disk_gib, h.vcpus_used, h.memory_used, h.disk_used, s.zone, s.disabled, s.forced_down, s.seen_at
		FROM hypervisors h JOIN compute_services s ON s.host = h.hostname AND s.service_binary = 'nova-compute' ORDER BY h.id`)
}

// Hypervisor returns the hypervisor of a host.
func (r Reader) Hypervisor(ctx context.Context, hostname string) (cloud.Hypervisor, error) {
	h, err := queryOne(ctx, r, scanHypervisor, hypervisorSelect+` WHERE h.hostname = ?`, hostname)
	return h, orMissing(err, "Compute host %s could not be found.", hostname)
}

// HypervisorByID returns the hypervisor with the UUID, or with the integer id
// as text.
func (r Reader) HypervisorByID(ctx context.Context, id string) (cloud.Hypervisor, error) {
	h, err := queryOne(ctx, r, scanHypervisor, hypervisorSelect+` WHERE h.uuid = ? OR CAST(h.id AS TEXT) = ?`, id, id)
	return h, orMissing(err, "Hypervisor with ID '%s' could not be found.", id)
}

// ReportHypervisor writes down what a host has, and adds it when it is new;
// h.UUID is its id then. What is in use is not touched.
func (tx *Tx) ReportHypervisor(ctx context.Context, h *cloud.Hypervisor) error {
	n, err := tx.exec(ctx, `UPDATE hypervisors SET type = ?, version = ?, host_ip = ?, vcpus = ?, memory_mib = ?, disk_gib = ?, cpu_info = ?, uptime = ?
		WHERE hostname = ?`, h.Type, h.Version, h.HostIP, h.VCPUs, h.MemoryMiB, h.DiskGiB, asJSON(&h.CPUInfo), h.Uptime, h.Hostname)
	if err != nil || n > 0 {
		return err
	}
	if h.ID, err = tx.Next(ctx, HostNumbers); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO hypervisors (id, uuid, hostname, type, version, host_ip, vcpus, memory_mib, disk_gib, cpu_info, uptime,
		vcpus_used, memory_used, disk_used, generation) VALUES (`+marks(11)+`, 0, 0, 0, 0) ON CONFLICT (hostname) DO NOTHING`,
		h.ID, h.UUID, h.Hostname, h.Type, h.Version, h.HostIP, h.VCPUs, h.MemoryMiB, h.DiskGiB, asJSON(&h.CPUInfo), h.Uptime)
	return err
}

// Ratios are how much more than a host has may be given away.
type Ratios struct{ CPU, Memory, Disk float64 }

// Allocate gives a server its part of a host, in one step that two schedulers
// cannot both win for the same room: what does not fit any more, and what the
// server has on that host already, is judged by the database. Not enough room
// is a fault.Conflict; the allocation that is there already is no error.
func (tx *Tx) Allocate(ctx context.Context, serverID, hostname string, need cloud.Resources, ratios Ratios) error {
	n, err := tx.exec(ctx, `INSERT INTO allocations (server_id, hostname, vcpus, memory_mib, disk_gib) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (server_id, hostname) DO NOTHING`, serverID, hostname, need.VCPUs, need.MemoryMiB, need.DiskGiB)
	if err != nil || n == 0 {
		return err
	}
	n, err = tx.exec(ctx, `UPDATE hypervisors SET vcpus_used = vcpus_used + ?, memory_used = memory_used + ?, disk_used = disk_used + ?,
		generation = generation + 1 WHERE hostname = ? AND vcpus_used + ? <= vcpus * CAST(? AS DOUBLE PRECISION)
		AND memory_used + ? <= memory_mib * CAST(? AS DOUBLE PRECISION) AND disk_used + ? <= disk_gib * CAST(? AS DOUBLE PRECISION)`,
		need.VCPUs, need.MemoryMiB, need.DiskGiB, hostname, need.VCPUs, ratios.CPU, need.MemoryMiB, ratios.Memory, need.DiskGiB, ratios.Disk)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "Host %s has no room for server %s any more.", hostname, serverID)
	}
	return err
}

// Release gives back all that a server has on any host; nothing is no error.
func (tx *Tx) Release(ctx context.Context, serverID string) error {
	if _, err := tx.exec(ctx, `UPDATE hypervisors SET
		vcpus_used = vcpus_used - (SELECT a.vcpus FROM allocations a WHERE a.server_id = ? AND a.hostname = hypervisors.hostname),
		memory_used = memory_used - (SELECT a.memory_mib FROM allocations a WHERE a.server_id = ? AND a.hostname = hypervisors.hostname),
		disk_used = disk_used - (SELECT a.disk_gib FROM allocations a WHERE a.server_id = ? AND a.hostname = hypervisors.hostname),
		generation = generation + 1
		WHERE hostname IN (SELECT hostname FROM allocations WHERE server_id = ?)`, serverID, serverID, serverID, serverID); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM allocations WHERE server_id = ?`, serverID)
	return err
}

// AllocatedServers maps each server that has an allocation to its host.
func (r Reader) AllocatedServers(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	return all, r.each(ctx, func(rw row) error {
		var server, host string
		err := rw.Scan(&server, &host)
		all[server] = host
		return err
	}, `SELECT server_id, hostname FROM allocations`)
}
