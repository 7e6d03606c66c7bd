package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)

func testServer(id string) cloud.Server {
	note := "a note"
	return cloud.Server{
		ID: id, Number: 42, Name: "vm 1", Hostname: "vm-1", Description: &note, ProjectID: "p", UserID: "u",
		State: cloud.State{VM: cloud.Building, Task: cloud.Scheduling}, Flavor: cloud.Flavor{ID: "1", Name: "m1.tiny", RAMMiB: 512, VCPUs: 1},
		ImageID: "i", Metadata: map[string]string{"a": "b"}, Tags: []string{"red", "blue"}, DiskConfig: "MANUAL",
		CreatedAt: epoch, UpdatedAt: epoch, Groups: []string{"default"},
	}
}

func TestServerMovesOnlyFromTheStateItIsIn(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		want := testServer("s1")
		tx := func(f func(*store.Tx) error) error { t.Helper(); return db.Tx(ctx, f) }
		if err := tx(func(tx *store.Tx) error { return tx.CreateServer(ctx, &want) }); err != nil {
			t.Fatal(err)
		}
		got, err := db.Server(ctx, "s1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		host := "h1"
		move := func(from, to cloud.State) error {
			return tx(func(tx *store.Tx) error {
				return tx.MoveServer(ctx, "s1", from, to, epoch.Add(time.Second), store.ServerChange{Host: &host, Metadata: map[string]string{}})
			})
		}
		building := func(task cloud.TaskState) cloud.State { return cloud.State{VM: cloud.Building, Task: task} }
		if err := move(building(cloud.Scheduling), building(cloud.Networking)); err != nil {
			t.Fatal(err)
		}
		if err := move(building(cloud.Scheduling), building(cloud.Networking)); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second mover won too: %v", err)
		}
		if err := move(building(cloud.Networking), cloud.State{VM: cloud.Paused}); !fault.Is(err, fault.Conflict) {
			t.Errorf("an illegal move was made: %v", err)
		}
		got, _ = db.Server(ctx, "s1")
		if got.Host != "h1" || got.State.Task != cloud.Networking || len(got.Metadata) != 0 || got.Revision != 1 {
			t.Errorf("%+v", got)
		}
		stale := got
		if err := tx(func(tx *store.Tx) error {
			return tx.ChangeServer(ctx, &got, epoch, store.ServerChange{Tags: []string{"x"}})
		}); err != nil {
			t.Fatal(err)
		}
		if err := tx(func(tx *store.Tx) error {
			return tx.ChangeServer(ctx, &stale, epoch, store.ServerChange{Tags: []string{"y"}})
		}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a stale change was made: %v", err)
		}
	})
}

func TestUsageIsNeverOverrun(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		limits := store.Usage{Instances: 5, Cores: -1, RAMMiB: 100000}
		one := store.Usage{Instances: 1, Cores: 100, RAMMiB: 512}
		results := make(chan error, 10)
		for range 10 {
			go func() {
				results <- db.Tx(ctx, func(tx *store.Tx) error { return tx.AddUsage(ctx, "p", one, limits) })
			}()
		}
		refused := 0
		for range 10 {
			if err := <-results; fault.Is(err, fault.OverQuota) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		have, err := db.Usage(ctx, "p")
		if err != nil || refused != 5 || have != one.Times(5) {
			t.Errorf("refused %d, have %+v, %v", refused, have, err)
		}
	})
}

func TestTaskLeases(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		tx := func(f func(*store.Tx) error) error { return db.Tx(ctx, f) }
		task := cloud.Task{ID: "t1", Kind: "create", ServerID: "s1", RunAt: epoch, CreatedAt: epoch}
		if err := tx(func(tx *store.Tx) error { return tx.AddTask(ctx, &task) }); err != nil {
			t.Fatal(err)
		}
		due := func(now time.Time) []cloud.Task {
			t.Helper()
			tasks, err := db.DueTasks(ctx, now, 10)
			if err != nil {
				t.Fatal(err)
			}
			return tasks
		}
		if len(due(epoch.Add(-time.Second))) != 0 {
			t.Error("due before its time")
		}
		a, b := due(epoch)[0], due(epoch)[0]
		if err := tx(func(tx *store.Tx) error { return tx.ClaimTask(ctx, &a, "a", epoch.Add(time.Minute)) }); err != nil {
			t.Fatal(err)
		}
		if err := tx(func(tx *store.Tx) error { return tx.ClaimTask(ctx, &b, "b", epoch.Add(time.Minute)) }); !fault.Is(err, fault.Conflict) {
			t.Errorf("two have the lease: %v", err)
		}
		if len(due(epoch.Add(time.Second))) != 0 {
			t.Error("a leased task is due")
		}
		later := due(epoch.Add(2 * time.Minute))[0]
		if err := tx(func(tx *store.Tx) error { return tx.ClaimTask(ctx, &later, "c", epoch.Add(3*time.Minute)) }); err != nil {
			t.Fatal(err)
		}
		if later.Attempts != 2 {
			t.Errorf("%d attempts", later.Attempts)
		}
		if err := tx(func(tx *store.Tx) error { return tx.FinishTask(ctx, &a) }); !fault.Is(err, fault.Conflict) {
			t.Errorf("the one who lost the lease finished: %v", err)
		}
		if err := tx(func(tx *store.Tx) error {
			return tx.MoveTask(ctx, &later, "spawn", nil, epoch.Add(time.Hour), epoch)
		}); err != nil {
			t.Fatal(err)
		}
		if next, err := db.NextTask(ctx); err != nil || !next.Equal(epoch.Add(time.Hour)) {
			t.Errorf("next at %v, %v", next, err)
		}
	})
}
