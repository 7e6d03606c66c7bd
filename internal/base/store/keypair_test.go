package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func TestKeypairs(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		create := func(user, name string, limit int) error {
			k := cloud.Keypair{UserID: user, Name: name, Type: "ssh", PublicKey: "ssh-ed25519 AAAA " + name, Fingerprint: "aa:bb", CreatedAt: epoch}
			return db.Tx(ctx, func(tx *store.Tx) error { return tx.CreateKeypair(ctx, &k, limit) })
		}
		for _, name := range []string{"b", "a", "c"} {
			if err := create("u", name, 3); err != nil {
				t.Fatal(err)
			}
		}
		if err := create("other", "a", 1); err != nil {
			t.Errorf("another user's key pair of the same name: %v", err)
		}
		if err := create("u", "a", -1); !fault.Is(err, fault.Conflict) || err.Error() != "Key pair 'a' already exists." {
			t.Errorf("twice the same name: %v", err)
		}
		if err := create("u", "d", 3); !fault.Is(err, fault.OverQuota) {
			t.Errorf("over the limit: %v", err)
		}
		names := func(page store.Page) (names []string) {
			t.Helper()
			all, err := db.Keypairs(ctx, "u", page)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range all {
				names = append(names, k.Name)
			}
			return names
		}
		if diff := cmp.Diff([]string{"a", "b", "c"}, names(store.Page{})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"b"}, names(store.Page{Marker: "a", Limit: 1})); diff != "" {
			t.Error(diff)
		}
		if _, err := db.Keypairs(ctx, "u", store.Page{Marker: "x"}); !fault.Is(err, fault.BadRequest) {
			t.Errorf("an unknown marker: %v", err)
		}
		got, err := db.Keypair(ctx, "u", "b")
		want := cloud.Keypair{ID: 1, UserID: "u", Name: "b", Type: "ssh", PublicKey: "ssh-ed25519 AAAA b", Fingerprint: "aa:bb", CreatedAt: epoch}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
		remove := func() error {
			return db.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteKeypair(ctx, "u", "b") })
		}
		if err := remove(); err != nil {
			t.Error(err)
		}
		if err := remove(); !fault.Is(err, fault.NotFound) {
			t.Errorf("deleted twice: %v", err)
		}
	})
}

func TestKeypairLimitHoldsAgainstTwoAtOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		results := make(chan error, 8)
		for i := range cap(results) {
			go func() {
				k := cloud.Keypair{UserID: "u", Name: fmt.Sprint(i), CreatedAt: epoch}
				results <- db.Tx(ctx, func(tx *store.Tx) error { return tx.CreateKeypair(ctx, &k, 1) })
			}()
		}
		made := 0
		for range cap(results) {
			if err := <-results; err == nil {
				made++
			} else if !fault.Is(err, fault.OverQuota) {
				t.Error(err)
			}
		}
		if n, err := db.CountKeypairs(ctx, "u"); made != 1 || n != 1 || err != nil {
			t.Errorf("%d were made, %d are there, %v", made, n, err)
		}
	})
}
