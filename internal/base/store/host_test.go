package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func TestAllocationsAreNeverOverrun(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		err := db.Tx(ctx, func(tx *store.Tx) error {
			if _, err := tx.Heartbeat(ctx, "u1", "nova-compute", "h1", "nova", epoch); err != nil {
				return err
			}
			return tx.ReportHypervisor(ctx, &cloud.Hypervisor{UUID: "u2", Hostname: "h1", VCPUs: 2, MemoryMiB: 2048, DiskGiB: 100})
		})
		if err != nil {
			t.Fatal(err)
		}
		ratios := store.Ratios{CPU: 2, Memory: 1, Disk: 1}
		need := cloud.Resources{VCPUs: 1, MemoryMiB: 256, DiskGiB: 1}
		results := make(chan error, 10)
		for i := range 10 {
			go func() {
				results <- db.Tx(ctx, func(tx *store.Tx) error {
					return tx.Allocate(ctx, fmt.Sprint("s", i), "h1", need, ratios)
				})
			}()
		}
		refused := 0
		for range 10 {
			if err := <-results; fault.Is(err, fault.Conflict) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		h, err := db.Hypervisor(ctx, "h1")
		if err != nil || refused != 6 || h.Allocation != (cloud.Resources{VCPUs: 4, MemoryMiB: 1024, DiskGiB: 4}) {
			t.Errorf("refused %d, %+v, %v", refused, h, err)
		}
		held, _ := db.AllocatedServers(ctx)
		for server := range held {
			for range 2 { // the second time there is nothing to give back
				if err := db.Tx(ctx, func(tx *store.Tx) error { return tx.Release(ctx, server) }); err != nil {
					t.Fatal(err)
				}
			}
		}
		if h, _ = db.Hypervisor(ctx, "h1"); len(held) != 4 || h.Allocation != (cloud.Resources{}) {
			t.Errorf("%d held, %+v left", len(held), h.Allocation)
		}
	})
}

func TestAddressesAreGivenOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		network := cloud.Network{ID: "n1", Name: "private", CIDR: "10.0.0.0/29", Gateway: "10.0.0.3", MTU: 1500, CreatedAt: epoch}
		if err := db.Tx(ctx, func(tx *store.Tx) error { return tx.CreateNetwork(ctx, &network) }); err != nil {
			t.Fatal(err)
		}
		take := func(server, ip string) (string, error) {
			p := cloud.Port{ID: "port-" + server, NetworkID: "n1", ServerID: server, MAC: "mac-" + server, IP: ip, CreatedAt: epoch}
			err := db.Tx(ctx, func(tx *store.Tx) error { return tx.CreatePort(ctx, &p, 0) })
			return p.IP, err
		}
		for _, test := range []struct{ server, ask, want string }{
			{"a", "", "10.0.0.1"},
			{"b", "10.0.0.4", "10.0.0.4"},
			{"c", "", "10.0.0.5"}, // after the highest
			{"a", "", "10.0.0.1"}, // done again
			{"d", "", "10.0.0.6"},
			{"e", "", "10.0.0.2"}, // the end is reached: the first gap
		} {
			if got, err := take(test.server, test.ask); err != nil || got != test.want {
				t.Errorf("%s asking %q got %q, %v; want %q", test.server, test.ask, got, err, test.want)
			}
		}
		for ask, kind := range map[string]fault.Kind{"": fault.Conflict, "10.0.0.4": fault.Conflict, "10.0.0.3": fault.BadRequest, "10.0.0.7": fault.BadRequest, "::1": fault.BadRequest, "x": fault.BadRequest} {
			if got, err := take("z", ask); !fault.Is(err, kind) {
				t.Errorf("asking %q got %q, %v", ask, got, err)
			}
		}
		if err := db.Tx(ctx, func(tx *store.Tx) error { return tx.DeletePorts(ctx, "a") }); err != nil {
			t.Fatal(err)
		}
		if got, err := take("f", ""); err != nil || got != "10.0.0.1" {
			t.Errorf("a freed address is not found: %q %v", got, err)
		}
	})
}
