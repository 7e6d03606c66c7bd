// Package conduct carries out what the API promised: it claims tasks from the
// database by lease, takes servers through their states step by step, and
// gives orders to the agents of hosts. A worker may die at any point: every
// step can be done again, and the next worker finds in the database where the
// last one was.
package conduct

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/base/bus"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/order"
	"github.com/novalet/novalet/internal/engine/sched"
)

// Config is what a conductor is made of.
type Config struct {
	DB    *store.DB
	Bus   *bus.Bus
	Sched *sched.Scheduler
	// Images are what agents fetch.
	Images cloud.Images
	Log    *slog.Logger
	Now    func() time.Time
	NewID  func() string
	// Name is this process's, unique among those alive and the same after a
	// restart: what the one before it had claimed is free at once.
	Name string
	// Workers is how many tasks are carried out at a time; 0: 64.
	Workers int
	// Grace is how long a guest may take to power off before it is cut; 0: 60 s.
	Grace time.Duration
}

// The times of leases. A lease outlives its worker's death by at most lease.
const (
	lease = 30 * time.Second
	renew = lease / 3
	// poll is how often the database is asked without a ring, for rings that
	// were lost.
	poll = 5 * time.Second
)

// Conductor carries out tasks.
type Conductor struct {
	Config
	owner string
	life  context.Context // of Run: what a report leads to lives as long
	kinds map[string]kind

	mu       sync.Mutex
	running  map[string]*job   // by task id
	mismatch map[string]string // server id -> what the last report of its host said against the database
	freed    chan struct{}     // a worker is free, or the bell rang
}

// New returns a conductor; Run makes it work.
func New(cfg Config) *Conductor {
	if cfg.Workers == 0 {
		cfg.Workers = 64
	}
	if cfg.Grace == 0 {
		cfg.Grace = 60 * time.Second
	}
	return &Conductor{
		Config: cfg, owner: cfg.Name + "/" + cfg.NewID(), kinds: allKinds(),
		running: map[string]*job{}, mismatch: map[string]string{}, freed: make(chan struct{}, 1),
	}
}

// Run carries out tasks until ctx ends, then waits for those under way to let
// go of their leases.
func (c *Conductor) Run(ctx context.Context) error {
	c.life = ctx
	if err := c.DB.Tx(ctx, func(tx *store.Tx) error { return tx.FreeLeases(ctx, c.Name+"/") }); ctx.Err() != nil {
		return nil // it was stopped before it began
	} else if err != nil {
		return err
	}
	bell, err := c.Bus.Listen(cloud.SubjectTasks, "", func(context.Context) { c.ring() })
	if err != nil {
		return err
	}
	defer bell.Stop()
	for subject, handler := range map[string]bus.Handler{order.SubjectReports: c.takeReport, order.SubjectImages: c.readImage} {
		line, err := c.Bus.Serve(subject, "conduct", handler)
		if err != nil {
			return err
		}
		defer line.Stop()
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { c.Sched.Run(ctx) })
	for ctx.Err() == nil {
		wait := c.claim(ctx, &wg)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-c.freed:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

func (c *Conductor) ring() {
	select {
	case c.freed <- struct{}{}:
	default:
	}
}

// claim takes what tasks it can get and begins them; it returns how long there
// may be nothing to do.
func (c *Conductor) claim(ctx context.Context, wg *sync.WaitGroup) time.Duration {
	c.mu.Lock()
	room := c.Workers - len(c.running)
	c.mu.Unlock()
	if room <= 0 {
		return poll
	}
	due, err := c.DB.DueTasks(ctx, c.Now(), room)
	if err != nil {
		if ctx.Err() == nil {
			c.Log.Error("cannot look for tasks", "err", err)
		}
		return poll
	}
	if len(due) == 0 {
		next, err := c.DB.NextTask(ctx)
		if err != nil || next.IsZero() {
			return poll
		}
		return min(poll, max(next.Sub(c.Now()), time.Millisecond))
	}
	var mine []cloud.Task
	err = c.DB.Tx(ctx, func(tx *store.Tx) error {
		mine = mine[:0]
		for _, task := range due {
			err := tx.ClaimTask(ctx, &task, c.owner, c.Now().Add(lease))
			if fault.Is(err, fault.Conflict) {
				continue // another process has it
			} else if err != nil {
				return err
			}
			mine = append(mine, task)
		}
		return nil
	})
	if err != nil {
		if ctx.Err() == nil {
			c.Log.Error("cannot claim tasks", "err", err)
		}
		return poll
	}
	for _, task := range mine {
		j := c.begin(ctx, task)
		wg.Go(func() {
			defer c.ring()
			defer c.end(j)
			c.carryOut(j)
		})
	}
	return 0
}

// job is a task being carried out by this process.
type job struct {
	*Conductor
	ctx    context.Context // ends when the lease is lost, or a delete of the server breaks the job off
	cancel context.CancelFunc
	done   chan struct{}
	task   cloud.Task
	mu     sync.Mutex // held while the lease changes
}

func (c *Conductor) begin(ctx context.Context, task cloud.Task) *job {
	ctx, cancel := context.WithCancel(ctx)
	j := &job{Conductor: c, ctx: ctx, cancel: cancel, done: make(chan struct{}), task: task}
	c.mu.Lock()
	c.running[task.ID] = j
	c.mu.Unlock()
	return j
}

func (c *Conductor) end(j *job) {
	j.cancel()
	c.mu.Lock()
	if c.running[j.task.ID] == j { // a lost lease may have been claimed anew
		delete(c.running, j.task.ID)
	}
	c.mu.Unlock()
	close(j.done)
}

// carryOut runs the task's function, keeps its lease, and sees to what it
// returns: nil is done, again is later, anything else has failed.
func (c *Conductor) carryOut(j *job) {
	stop := j.keepLease()
	kind := c.kinds[j.task.Kind]
	if kind.run == nil {
		c.Log.Error("task of an unknown kind is left alone", "task", j.task.ID, "kind", j.task.Kind)
		stop()
		return
	}
	server, err := c.DB.ServerEver(j.ctx, j.task.ServerID)
	if err == nil && !kind.concerns(&server) {
		err = errOvertaken
	}
	if err == nil {
		err = kind.run(j, &server)
	}
	stop()
	c.settle(j, kind, &server, err)
}

// settle writes down how a job ended.
func (c *Conductor) settle(j *job, kind kind, server *cloud.Server, err error) {
	if err == nil {
		return // the function finished its task itself, with its last change
	}
	// The job's own context may have ended; what is left to write is short.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(j.ctx), 10*time.Second)
	defer cancel()
	if now, lookErr := c.DB.ServerEver(ctx, server.ID); lookErr == nil && !kind.concerns(&now) {
		err = errOvertaken
	}
	log := c.Log.With("task", j.task.ID, "kind", j.task.Kind, "server", server.ID, "request", j.task.RequestID)
	var later again
	switch {
	case err == errOvertaken || server.ID == "" && fault.Is(err, fault.NotFound):
		err = c.DB.Tx(ctx, func(tx *store.Tx) error {
			if err := tx.FinishEvent(ctx, server.ID, j.task.RequestID, kind.event, false, "", c.Now()); err != nil {
				return err
			}
			return tx.FinishTask(ctx, &j.task)
		})
	case j.ctx.Err() != nil:
		// The process stops, or the lease was lost: whoever comes next begins
		// the step again.
		err = j.later(ctx, 0)
	case errors.Is(err, errMoved) && j.task.Attempts < maxMoved:
		err = j.later(ctx, 0)
	case asAgain(err, &later):
		log.Info("task waits", "for", later.delay, "why", later.why)
		err = j.later(ctx, later.delay)
	case kind.triedAgain(err, j.task.Attempts):
		delay := backoff(j.task.Attempts)
		log.Warn("task is tried again", "attempt", j.task.Attempts, "in", delay, "err", err)
		err = j.later(ctx, delay)
	default:
		log.Warn("task failed", "err", err)
		err = kind.fail(j, ctx, server.ID, err)
	}
	if err != nil && !fault.Is(err, fault.Conflict) {
		log.Error("cannot write down how a task ended; it will be done again", "err", err)
	}
}

// later lets go of the task for a while.
func (j *job) later(ctx context.Context, delay time.Duration) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.DB.Tx(ctx, func(tx *store.Tx) error {
		now := j.Now()
		return tx.MoveTask(ctx, &j.task, j.task.Step, nil, now.Add(max(delay, time.Millisecond)), now)
	})
}

// keepLease renews the lease until the returned function is called. A lost
// lease ends the job's context.
func (j *job) keepLease() (stop func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(renew)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-j.ctx.Done():
				return
			case <-tick.C:
			}
			j.mu.Lock()
			err := j.DB.Tx(j.ctx, func(tx *store.Tx) error { return tx.RenewTask(j.ctx, &j.task, j.Now().Add(lease)) })
			j.mu.Unlock()
			if fault.Is(err, fault.Conflict) || err != nil && j.Now().After(j.task.LeaseEnds) {
				j.cancel()
				return
			}
		}
	})
	return func() {
		close(quit)
		wg.Wait()
	}
}

// breakOff ends the other jobs for a server in this process and waits for them.
func (c *Conductor) breakOff(ctx context.Context, serverID, but string) error {
	c.mu.Lock()
	var others []*job
	for id, j := range c.running {
		if j.task.ServerID == serverID && id != but {
			others = append(others, j)
		}
	}
	c.mu.Unlock()
	for _, j := range others {
		j.cancel()
		select {
		case <-j.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
