package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func TestLimitsOfUserProjectAndDefault(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		defaults := cloud.Quotas{cloud.QuotaInstances: 10, cloud.QuotaCores: 20, cloud.QuotaRAM: 512}
		expect := func(project, user string, want cloud.Quotas) {
			t.Helper()
			got, err := db.Limits(ctx, defaults, project, user)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(err, diff)
			}
		}
		tx := func(f func(*store.Tx) error) {
			t.Helper()
			if err := db.Tx(ctx, f); err != nil {
				t.Fatal(err)
			}
		}
		expect("p", "u", defaults)
		tx(func(tx *store.Tx) error {
			return tx.SetLimits(ctx, "p", "u", cloud.Quotas{cloud.QuotaCores: 1})
		})
		tx(func(tx *store.Tx) error {
			return tx.SetLimits(ctx, "p", "", cloud.Quotas{cloud.QuotaCores: 2, cloud.QuotaInstances: 3})
		})
		tx(func(tx *store.Tx) error { return tx.SetLimits(ctx, "p", "", cloud.Quotas{cloud.QuotaInstances: -1}) })
		project := cloud.Quotas{cloud.QuotaInstances: -1, cloud.QuotaCores: 2, cloud.QuotaRAM: 512}
		expect("p", "", project)
		expect("p", "u", cloud.Quotas{cloud.QuotaInstances: -1, cloud.QuotaCores: 1, cloud.QuotaRAM: 512})
		expect("p", "v", project)
		expect("q", "u", defaults)
		tx(func(tx *store.Tx) error { return tx.DeleteLimits(ctx, "p", "u") })
		expect("p", "u", project)
		tx(func(tx *store.Tx) error { return tx.SetLimits(ctx, "p", "u", cloud.Quotas{cloud.QuotaCores: 1}) })
		tx(func(tx *store.Tx) error { return tx.DeleteLimits(ctx, "p", "") })
		expect("p", "u", defaults)
	})
}

func TestReserveHoldsProjectAndUserToTheirLimits(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		defaults := cloud.Quotas{cloud.QuotaInstances: 3, cloud.QuotaCores: -1, cloud.QuotaRAM: -1}
		boot := func(user, id string) error {
			return db.Tx(ctx, func(tx *store.Tx) error {
				s := testServer(id)
				s.UserID = user
				if err := tx.Reserve(ctx, defaults, s.ProjectID, user, store.UsageOf(&s)); err != nil {
					return err
				}
				return tx.CreateServer(ctx, &s)
			})
		}
		if err := db.Tx(ctx, func(tx *store.Tx) error {
			return tx.SetLimits(ctx, "p", "poor", cloud.Quotas{cloud.QuotaInstances: 1})
		}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			user, id, refused string
		}{
			{"poor", "1", ""},
			{"poor", "2", "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances"},
			{"rich", "3", ""},
			{"rich", "4", ""},
			{"rich", "5", "Quota exceeded for instances: Requested 1, but already used 3 of 3 instances"},
		} {
			err := boot(c.user, c.id)
			if c.refused == "" && err != nil || c.refused != "" && (!fault.Is(err, fault.OverQuota) || err.Error() != c.refused) {
				t.Errorf("server %s of %s: %v", c.id, c.user, err)
			}
		}
		// What was refused for the user was not counted for the project.
		if have, err := db.Usage(ctx, "p"); err != nil || have.Instances != 3 {
			t.Errorf("%+v, %v", have, err)
		}
	})
}
