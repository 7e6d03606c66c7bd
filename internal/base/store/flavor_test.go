package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

var noon = time.Date(2026, 11, 5, 12, 0, 0, 123456000, time.UTC)

func flavor(id, name string, ram int) cloud.Flavor {
	return cloud.Flavor{
		ID: id, Name: name, RAMMiB: ram, VCPUs: 1, DiskGiB: ram / 100, RXTXFactor: 1.5, Public: true,
		ExtraSpecs: map[string]string{}, CreatedAt: noon,
	}
}

func create(t *testing.T, db *store.DB, flavors ...cloud.Flavor) {
	t.Helper()
	change(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, f := range flavors {
			if err := tx.CreateFlavor(ctx, &f); err != nil {
				return err
			}
		}
		return nil
	})
}

func change(t *testing.T, db *store.DB, f func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := db.Tx(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func names(flavors []cloud.Flavor) (all []string) {
	for _, f := range flavors {
		all = append(all, f.Name)
	}
	return all
}

func TestFlavorRoundTrip(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		text := "größer; 'quoted'?"
		f := cloud.Flavor{
			ID: "42", Name: "m1.nano", RAMMiB: 192, VCPUs: 2, DiskGiB: 1, EphemeralGiB: 3, SwapMiB: 64,
			RXTXFactor: 0.25, Disabled: true, Description: &text,
			ExtraSpecs: map[string]string{"hw:numa_nodes": "1"}, CreatedAt: noon, UpdatedAt: noon.Add(time.Hour),
		}
		create(t, db, f)
		got, err := db.Flavor(ctx, "42")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, got); diff != "" {
			t.Error(diff)
		}

		later := noon.Add(2 * time.Hour)
		change(t, db, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.SetFlavorDescription(ctx, "42", nil, later); err != nil {
				return err
			}
			if err := tx.SetFlavorExtraSpecs(ctx, "42", map[string]string{"a": "b", "hw:numa_nodes": "2"}, later); err != nil {
				return err
			}
			return tx.DeleteFlavorExtraSpec(ctx, "42", "a", later)
		})
		f.Description, f.UpdatedAt, f.ExtraSpecs = nil, later, map[string]string{"hw:numa_nodes": "2"}
		if got, err = db.Flavor(ctx, "42"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, got); diff != "" {
			t.Error(diff)
		}

		change(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteFlavor(ctx, "42") })
		if _, err := db.Flavor(ctx, "42"); !fault.Is(err, fault.NotFound) {
			t.Errorf("after delete: %v", err)
		}
	})
}

func TestFlavorRefusals(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		create(t, db, flavor("1", "m1.tiny", 512))
		for name, test := range map[string]struct {
			do   func(ctx context.Context, tx *store.Tx) error
			kind fault.Kind
			says string
		}{
			"taken id": {func(ctx context.Context, tx *store.Tx) error {
				f := flavor("1", "other", 1)
				return tx.CreateFlavor(ctx, &f)
			}, fault.Conflict, "Flavor with ID 1 already exists."},
			"taken name": {func(ctx context.Context, tx *store.Tx) error {
				f := flavor("2", "m1.tiny", 1)
				return tx.CreateFlavor(ctx, &f)
			}, fault.Conflict, "Flavor with name m1.tiny already exists."},
			"delete missing": {func(ctx context.Context, tx *store.Tx) error {
				return tx.DeleteFlavor(ctx, "x")
			}, fault.NotFound, "Flavor x could not be found."},
			"extra specs of missing": {func(ctx context.Context, tx *store.Tx) error {
				return tx.SetFlavorExtraSpecs(ctx, "x", nil, noon)
			}, fault.NotFound, "Flavor x could not be found."},
			"missing extra spec": {func(ctx context.Context, tx *store.Tx) error {
				return tx.DeleteFlavorExtraSpec(ctx, "1", "k", noon)
			}, fault.NotFound, "Flavor 1 has no extra specs with key k."},
			"access to missing": {func(ctx context.Context, tx *store.Tx) error {
				return tx.AddFlavorAccess(ctx, "x", "p")
			}, fault.NotFound, "Flavor x could not be found."},
			"access twice": {func(ctx context.Context, tx *store.Tx) error {
				if err := tx.AddFlavorAccess(ctx, "1", "p"); err != nil {
					return err
				}
				return tx.AddFlavorAccess(ctx, "1", "p")
			}, fault.Conflict, "Flavor access already exists for flavor 1 and project p combination."},
			"no access to remove": {func(ctx context.Context, tx *store.Tx) error {
				return tx.RemoveFlavorAccess(ctx, "1", "p")
			}, fault.NotFound, "Flavor access not found for flavor 1 and project p combination."},
		} {
			t.Run(name, func(t *testing.T) {
				err := db.Tx(t.Context(), func(tx *store.Tx) error { return test.do(t.Context(), tx) })
				if !fault.Is(err, test.kind) || err.Error() != test.says {
					t.Errorf("got %v, want %q of kind %d", err, test.says, test.kind)
				}
			})
		}
		if got, err := db.FlavorAccess(t.Context(), "1"); err != nil || len(got) != 0 {
			t.Errorf("a refused transaction left access %v, %v", got, err)
		}
	})
}

func TestFlavorsFilter(t *testing.T) {
	yes, no := true, false
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		private, other, disabled := flavor("5", "private", 8192), flavor("6", "other", 8192), flavor("7", "disabled", 8192)
		private.Public, other.Public, disabled.Disabled = false, false, true
		create(t, db, flavor("1", "tiny", 512), flavor("2", "small", 2048), flavor("42", "nano", 192), private, other, disabled)
		change(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.AddFlavorAccess(ctx, "5", "p1") })
		for name, test := range map[string]struct {
			filter store.FlavorFilter
			want   []string
		}{
			"all":              {store.FlavorFilter{}, []string{"tiny", "small", "nano", "private", "other"}},
			"with disabled":    {store.FlavorFilter{IncludeDisabled: true}, []string{"tiny", "small", "nano", "private", "other", "disabled"}},
			"public":           {store.FlavorFilter{Public: &yes}, []string{"tiny", "small", "nano"}},
			"public and p1's":  {store.FlavorFilter{Public: &yes, Access: "p1"}, []string{"tiny", "small", "nano", "private"}},
			"private":          {store.FlavorFilter{Public: &no}, []string{"private", "other"}},
			"min ram":          {store.FlavorFilter{Public: &yes, MinRAMMiB: 512}, []string{"tiny", "small"}},
			"min disk":         {store.FlavorFilter{MinDiskGiB: 81}, []string{"private", "other"}},
			"limit":            {store.FlavorFilter{Page: store.Page{Limit: 2}}, []string{"tiny", "small"}},
			"marker":           {store.FlavorFilter{Page: store.Page{Limit: 2, Marker: "2"}}, []string{"nano", "private"}},
			"by ram down":      {store.FlavorFilter{Page: store.Page{Sort: []store.Sort{{"memory_mb", true}}}}, []string{"other", "private", "small", "tiny", "nano"}},
			"ram down, id up":  {store.FlavorFilter{Page: store.Page{Sort: []store.Sort{{"memory_mb", true}, {"flavorid", false}}}}, []string{"private", "other", "small", "tiny", "nano"}},
			"mixed and marker": {store.FlavorFilter{Page: store.Page{Sort: []store.Sort{{"memory_mb", true}, {"flavorid", false}}, Marker: "5"}}, []string{"other", "small", "tiny", "nano"}},
			"past the end":     {store.FlavorFilter{Page: store.Page{Marker: "6"}}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				got, err := db.Flavors(t.Context(), test.filter)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, names(got)); diff != "" {
					t.Error(diff)
				}
			})
		}
		for name, p := range map[string]store.Page{
			"unknown marker": {Marker: "nope"},
			"unknown key":    {Sort: []store.Sort{{Key: "id; DROP TABLE flavors"}}},
		} {
			if _, err := db.Flavors(t.Context(), store.FlavorFilter{Page: p}); !fault.Is(err, fault.BadRequest) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestFlavorsPages walks a list page by page under many orders: the pages
// together are the list.
func TestFlavorsPages(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		var all []cloud.Flavor
		for i := range 30 {
			f := flavor(fmt.Sprint(i), fmt.Sprintf("f%02d", (i*7)%30), 100*(i%3))
			f.VCPUs = i % 4
			if i%5 == 0 {
				f.Description = &f.Name
				f.UpdatedAt = noon
			}
			all = append(all, f)
		}
		create(t, db, all...)
		for i, sort := range [][]store.Sort{
			nil,
			{{"name", true}},
			{{"memory_mb", false}, {"vcpus", true}},
			{{"vcpus", true}, {"memory_mb", true}, {"flavorid", false}},
			{{"description", true}, {"updated_at", false}},
			{{"is_public", false}, {"rxtx_factor", true}, {"name", false}},
		} {
			whole, err := db.Flavors(t.Context(), store.FlavorFilter{Page: store.Page{Sort: sort}})
			if err != nil {
				t.Fatal(err)
			}
			var joined []string
			p := store.Page{Sort: sort, Limit: 4}
			for {
				part, err := db.Flavors(t.Context(), store.FlavorFilter{Page: p})
				if err != nil {
					t.Fatal(err)
				}
				if len(part) == 0 {
					break
				}
				joined = append(joined, names(part)...)
				p.Marker = part[len(part)-1].ID
			}
			if diff := cmp.Diff(names(whole), joined); diff != "" || len(joined) != len(all) {
				t.Errorf("order %d: %s", i, diff)
			}
		}
	})
}
