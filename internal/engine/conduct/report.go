package conduct

import (
	"context"
	"fmt"
	"time"

	"github.com/novalet/novalet/internal/base/bus"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/order"
)

// computeBinary is the name under which an agent is listed among the services.
const computeBinary = "nova-compute"

// takeReport writes down what an agent says of its host, and sees to what does
// not agree with the database.
func (c *Conductor) takeReport(ctx context.Context, r *bus.Request) (any, error) {
	var report order.Report
	if err := r.Decode(&report); err != nil {
		return nil, err
	}
	err := c.DB.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Heartbeat(ctx, c.NewID(), computeBinary, report.Host, report.Zone, c.Now()); err != nil {
			return err
		}
		return tx.ReportHypervisor(ctx, &cloud.Hypervisor{
			UUID: c.NewID(), Hostname: report.Host, Type: report.HypervisorType, Version: report.HypervisorVersion, HostIP: report.HostIP,
			VCPUs: report.VCPUs, MemoryMiB: report.MemoryMiB, DiskGiB: report.DiskGiB, CPUInfo: report.CPUInfo, Uptime: report.Uptime,
		})
	})
	if err != nil {
		return nil, err
	}
	return nil, c.reconcile(ctx, &report)
}

// reconcile compares a host's guests with the servers that belong there. What a
// guest did by itself is believed at once; any other difference only when two
// reports in a row have it, because a report may be older than an order.
func (c *Conductor) reconcile(ctx context.Context, report *order.Report) error {
	servers, err := c.DB.ServersOnHost(ctx, report.Host)
	if err != nil {
		return err
	}
	guests := map[string]order.GuestPower{}
	for _, g := range report.Guests {
		guests[g.ServerID] = g
	}
	changed := map[string]bool{}
	for _, g := range report.Changed {
		changed[g.ServerID] = true
	}
	for i := range servers {
		s := &servers[i]
		g, known := guests[s.ID]
		delete(guests, s.ID)
		if g.Busy || s.State.Task != cloud.Idle {
			c.agrees(s.ID)
			continue
		}
		to, power := shouldBe(s, g.Power, known)
		if to == s.State {
			c.agrees(s.ID)
			if power != s.Power {
				if err := c.DB.Tx(ctx, func(tx *store.Tx) error { return tx.ReportPower(ctx, s.ID, power) }); err != nil {
					return err
				}
			}
			continue
		}
		if !changed[s.ID] && !c.disagreesAgain(s.ID, fmt.Sprint(s.Revision, power)) {
			continue
		}
		c.Log.Info("server follows its guest", "server", s.ID, "from", s.State.String(), "to", to.String(), "power", power)
		err := c.DB.Tx(ctx, func(tx *store.Tx) error {
			return tx.MoveServer(ctx, s.ID, s.State, to, c.Now(), store.ServerChange{Power: &power})
		})
		if err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return c.sweep(ctx, report.Host, guests)
}

// shouldBe is the state that shows what the guest does.
func shouldBe(s *cloud.Server, power cloud.PowerState, known bool) (cloud.State, cloud.PowerState) {
	if !known {
		power = cloud.PowerNone
	}
	switch {
	case s.State.VM == cloud.Active && power != cloud.PowerRunning && power != cloud.PowerPaused && power != cloud.PowerSuspended:
		return cloud.State{VM: cloud.Stopped}, cloud.PowerShutdown
	case s.State.VM == cloud.Stopped && power == cloud.PowerRunning:
		return cloud.State{VM: cloud.Active}, power
	case s.State.VM == cloud.Stopped && !known:
		return s.State, cloud.PowerShutdown
	}
	return s.State, power
}

// sweep removes guests of servers that are gone or belong to another host. A
// guest that no server ever had is left alone: it is not ours to judge.
func (c *Conductor) sweep(ctx context.Context, host string, guests map[string]order.GuestPower) error {
	for id, g := range guests {
		if g.Busy {
			continue
		}
		s, err := c.DB.ServerEver(ctx, id)
		if fault.Is(err, fault.NotFound) {
			c.Log.Warn("host has a guest that no server has; it is left alone", "host", host, "guest", id)
			continue
		} else if err != nil {
			return err
		}
		if s.DeletedAt.IsZero() && (s.Host == host || s.State.VM == cloud.Building) || !c.disagreesAgain(id, "orphan") {
			continue
		}
		c.Log.Info("guest of a server that is not here any more is removed", "host", host, "server", id)
		// Not bounded by the report, whose sender does not wait as long as a
		// slow host may take.
		ctx, cancel := context.WithTimeout(c.life, time.Minute)
		_, err = c.tell(ctx, host, order.Order{Op: order.Destroy, Guest: cloud.Guest{ServerID: id}}, nil)
		cancel()
		if err != nil {
			return err
		}
		c.agrees(id)
	}
	return nil
}

func (c *Conductor) agrees(serverID string) {
	c.mu.Lock()
	delete(c.mismatch, serverID)
	c.mu.Unlock()
}

// disagreesAgain notes a difference and reports whether the report before had
// the same.
func (c *Conductor) disagreesAgain(serverID, what string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mismatch[serverID] == what {
		delete(c.mismatch, serverID)
		return true
	}
	c.mismatch[serverID] = what
	return false
}

// Console reads a server's serial log from its host.
func (c *Conductor) Console(ctx context.Context, s *cloud.Server, lines int) ([]byte, error) {
	done, err := c.tell(ctx, s.Host, order.Order{Op: order.Console, Guest: cloud.Guest{ServerID: s.ID}, Lines: lines}, nil)
	return done.Console, err
}
