package conduct_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/novalet/novalet/internal/base/bus"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/agent"
	"github.com/novalet/novalet/internal/engine/conduct"
	"github.com/novalet/novalet/internal/engine/enginetest"
	"github.com/novalet/novalet/internal/engine/sched"
	"github.com/novalet/novalet/internal/engine/virt"
	"github.com/novalet/novalet/internal/engine/virt/fake"
)

// world is a conductor, c, with its hosts. It lives in a synctest bubble, where
// waiting costs nothing.
type world struct {
	t    *testing.T
	ctx  context.Context
	db   *store.DB
	bus  *bus.Bus
	work sync.WaitGroup

	drivers    map[string]*fake.Driver
	agents     map[string]context.CancelFunc // those that run
	conductors map[string]context.CancelFunc
}

const (
	project   = "p-demo"
	networkID = "n-private"
)

// template is a database with the schema and a network, made once.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "conduct-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path, ctx := filepath.Join(dir, "t.db"), context.Background()
	db, err := store.Open(ctx, "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	err = db.Tx(ctx, func(tx *store.Tx) error {
		return tx.CreateNetwork(ctx, &cloud.Network{ID: networkID, Name: "private", Shared: true, CIDR: "10.0.0.0/24", Gateway: "10.0.0.1", MTU: 1500, CreatedAt: time.Now()})
	})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// live runs f in a world with n hosts, h0 and so on, that obey the rules.
func live(t *testing.T, n int, rules string, f func(w *world)) {
	t.Helper()
	schema, err := template()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cloud.db")
	if err := os.WriteFile(path, schema, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		w := &world{
			t: t, ctx: ctx, db: storetest.Open(t, "sqlite:"+path), drivers: map[string]*fake.Driver{},
			agents: map[string]context.CancelFunc{}, conductors: map[string]context.CancelFunc{},
		}
		if w.bus, err = bus.Open(ctx, ""); err != nil {
			t.Fatal(err)
		}
		defer w.bus.Close(context.Background())
		defer w.work.Wait()
		defer stop()
		for i := range n {
			parsed, err := fake.ParseRules(rules)
			if err != nil {
				t.Fatal(err)
			}
			driver, err := fake.New(fake.Config{Rules: parsed})
			if err != nil {
				t.Fatal(err)
			}
			w.drivers[fmt.Sprint("h", i)] = driver
			w.startAgent(fmt.Sprint("h", i))
		}
		w.startConductor("c")
		time.Sleep(15 * time.Second) // all hosts have reported
		f(w)
	})
}

var quiet = slog.New(slog.DiscardHandler)

type noImages struct{ cloud.Images }

func (noImages) OpenImage(context.Context, string) (io.ReadCloser, error) {
	return nil, fault.New(fault.NotFound, "there are no images here")
}

// startAgent and stopAgent are a host's agent coming and going; its guests stay.
func (w *world) startAgent(host string) {
	a := agent.New(agent.Config{Host: host, Zone: "nova", Driver: w.drivers[host], Images: agent.Images{Bus: w.bus}, Bus: w.bus, Log: quiet})
	w.start(w.agents, host, a.Run)
}

func (w *world) stopAgent(host string) { stop(w.agents, host) }

// startConductor and stopConductor are a control plane coming and going.
func (w *world) startConductor(name string) {
	c := conduct.New(conduct.Config{
		DB: w.db, Bus: w.bus, Sched: sched.New(w.db, time.Now, store.Ratios{CPU: 16, Memory: 1, Disk: 1}), Images: noImages{},
		Log: quiet, Now: time.Now, NewID: uuid.NewString, Name: name, Grace: time.Second,
	})
	w.start(w.conductors, name, c.Run)
}

func (w *world) stopConductor(name string) { stop(w.conductors, name) }

// start runs something by its name, unless it runs.
func (w *world) start(all map[string]context.CancelFunc, name string, run func(context.Context) error) {
	if all[name] != nil {
		return
	}
	ctx, stop := context.WithCancel(w.ctx)
	done := make(chan struct{})
	w.work.Go(func() {
		defer close(done)
		if err := run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	all[name] = func() {
		stop()
		<-done
	}
}

func stop(all map[string]context.CancelFunc, name string) {
	if stop := all[name]; stop != nil {
		stop()
		delete(all, name)
	}
}

// create promises a server as the API does.
func (w *world) create(name string) string {
	w.t.Helper()
	id := uuid.NewString()
	args, err := json.Marshal(cloud.CreateArgs{Ports: []cloud.PortRequest{{NetworkID: networkID}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.promise(func(tx *store.Tx) error {
		s := &cloud.Server{
			ID: id, Name: name, Hostname: name, ProjectID: project, UserID: "u", Flavor: cloud.Flavor{ID: "1", VCPUs: 1, RAMMiB: 512, DiskGiB: 1},
			State: cloud.State{VM: cloud.Building, Task: cloud.Scheduling}, CreatedAt: time.Now(), UpdatedAt: time.Now(),
		}
		number, err := tx.Next(w.ctx, store.InstanceNumbers)
		if err != nil {
			return err
		}
		s.Number = number
		if err := tx.AddUsage(w.ctx, project, store.UsageOf(s), store.Usage{Instances: -1, Cores: -1, RAMMiB: -1}); err != nil {
			return err
		}
		if err := tx.CreateServer(w.ctx, s); err != nil {
			return err
		}
		return w.record(tx, s, cloud.ActionCreate, cloud.TaskCreate, args)
	})
	return id
}

// begin promises an action as the API does; a refusal is returned as false.
func (w *world) begin(id string, action cloud.Action, task string) bool {
	w.t.Helper()
	return w.promise(func(tx *store.Tx) error {
		s, err := tx.Server(w.ctx, id)
		if err != nil {
			return err
		}
		if task == cloud.TaskDelete && s.State.Task == cloud.Deleting {
			return nil
		}
		if err := tx.BeginAction(w.ctx, &s, action, false, time.Now()); err != nil {
			return err
		}
		return w.record(tx, &s, action, task, nil)
	})
}

func (w *world) remove(id string) bool { return w.begin(id, cloud.ActionDelete, cloud.TaskDelete) }

func (w *world) record(tx *store.Tx, s *cloud.Server, action cloud.Action, task string, args json.RawMessage) error {
	request := "req-" + uuid.NewString()
	if err := tx.AddAction(w.ctx, &cloud.InstanceAction{ServerID: s.ID, RequestID: request, Action: action.Record, ProjectID: project, StartTime: time.Now()}); err != nil {
		return err
	}
	return tx.AddTask(w.ctx, &cloud.Task{
		ID: uuid.NewString(), Kind: task, ServerID: s.ID, RequestID: request, ProjectID: project, Args: args, RunAt: time.Now(), CreatedAt: time.Now(),
	})
}

func (w *world) promise(f func(tx *store.Tx) error) bool {
	w.t.Helper()
	err := w.db.Tx(w.ctx, f)
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
		w.t.Fatal(err)
	}
	w.bus.Ring(cloud.SubjectTasks)
	return err == nil
}

// rest waits until no task is left.
func (w *world) rest() {
	w.t.Helper()
	for range 3600 {
		if next, err := w.db.NextTask(w.ctx); err != nil {
			w.t.Fatal(err)
		} else if next.IsZero() {
			return
		}
		time.Sleep(time.Second)
	}
	w.t.Fatal("there are tasks left after an hour")
}

// server is a server as it is now, deleted or not.
func (w *world) server(id string) cloud.Server {
	w.t.Helper()
	s, err := w.db.ServerEver(w.ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// audit waits for the hosts to be swept and fails the test for what is wrong.
func (w *world) audit() {
	w.t.Helper()
	time.Sleep(45 * time.Second)
	guests := map[string][]virt.GuestState{}
	for host, driver := range w.drivers {
		var err error
		if guests[host], err = driver.Guests(w.ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	wrong, err := enginetest.Audit(w.ctx, w.db, guests)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, text := range wrong {
		w.t.Error(text)
	}
}
