package qemu

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/qmp"
	"github.com/novalet/novalet/internal/engine/virt"
)

const (
	// attachTimeout is how long a guest found running may take to greet.
	attachTimeout = 30 * time.Second
	// lastWords is how long events are read after a process ended.
	lastWords = time.Second
)

// instance is a running QEMU process.
type instance struct {
	d     *Driver
	id    string
	proc  *process
	ports []cloud.GuestPort
	gone  chan struct{} // closed when the process has ended and all is noted

	attaching chan struct{} // holds a token while someone connects

	mu     sync.Mutex
	conn   *qmp.Conn
	asked  bool   // its end is our doing
	paused bool   // as the last event or query had it
	reason string // of the SHUTDOWN event
}

// track begins to watch a process. The instance is in d.running until the
// process has ended.
func (d *Driver) track(id string, p *process, ports []cloud.GuestPort) *instance {
	i := &instance{d: d, id: id, proc: p, ports: ports, gone: make(chan struct{}), attaching: make(chan struct{}, 1)}
	d.mu.Lock()
	d.running[id] = i
	delete(d.crashed, id)
	d.mu.Unlock()
	d.work.Go(i.watch)
	return i
}

// watch waits for the end of the process and tells of it when nobody asked.
func (i *instance) watch() {
	defer i.proc.close()
	if err := i.proc.wait(i.d.ctx); err != nil {
		if i.d.ctx.Err() == nil {
			i.d.cfg.Log.Error("guest not watched", "server", i.id, "pid", i.proc.pid, "err", err)
		}
		return
	}
	i.mu.Lock()
	conn := i.conn
	i.mu.Unlock()
	if conn != nil {
		timer := time.NewTimer(lastWords)
		select {
		case <-conn.Done():
		case <-timer.C:
		}
		timer.Stop()
		conn.Close()
	}
	for _, p := range i.ports {
		i.d.nets.unplug(p)
	}
	i.mu.Lock()
	asked, reason := i.asked, i.reason
	i.mu.Unlock()
	power := cloud.PowerShutdown
	if conn != nil && reason == "" && !asked {
		power = cloud.PowerCrashed
	}
	i.d.mu.Lock()
	delete(i.d.running, i.id)
	if power == cloud.PowerCrashed {
		i.d.crashed[i.id] = true
	}
	i.d.mu.Unlock()
	close(i.gone)
	i.d.cfg.Log.Info("guest ended", "server", i.id, "pid", i.proc.pid, "asked", asked, "reason", reason)
	if !asked {
		i.d.tell(virt.Event{ServerID: i.id, Power: power})
	}
}

// monitor returns the QMP connection, made anew when it is lost.
func (i *instance) monitor(ctx context.Context) (*qmp.Conn, error) {
	select {
	case i.attaching <- struct{}{}:
		defer func() { <-i.attaching }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	i.mu.Lock()
	conn := i.conn
	i.mu.Unlock()
	if conn != nil {
		select {
		case <-conn.Done():
		default:
			return conn, nil
		}
	}
	conn, err := qmp.Dial(ctx, i.d.socket(i.id, qmpSocket))
	if err != nil {
		return nil, err
	}
	var status struct{ Status string }
	if err := conn.Run(ctx, "query-status", nil, &status); err != nil {
		conn.Close()
		return nil, err
	}
	i.mu.Lock()
	i.conn, i.paused = conn, status.Status != "running"
	i.mu.Unlock()
	i.d.work.Go(func() { i.listen(conn) })
	return conn, nil
}

// listen notes what QEMU tells until the connection or the driver ends.
func (i *instance) listen(conn *qmp.Conn) {
	defer context.AfterFunc(i.d.ctx, func() { conn.Close() })()
	for e := range conn.Events() {
		i.mu.Lock()
		switch e.Name {
		case "STOP":
			i.paused = true
		case "RESUME":
			i.paused = false
		case "SHUTDOWN":
			var data struct{ Reason string }
			i.reason = "unknown"
			if json.Unmarshal(e.Data, &data) == nil && data.Reason != "" {
				i.reason = data.Reason
			}
		}
		i.mu.Unlock()
	}
}

func (i *instance) power() cloud.PowerState {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.paused {
		return cloud.PowerPaused
	}
	return cloud.PowerRunning
}

// ask says whether the end of the process is our doing from now on.
func (i *instance) ask(asked bool) {
	i.mu.Lock()
	i.asked = asked
	i.mu.Unlock()
}

// end waits until the process has ended, for at most d.
func (i *instance) end(ctx context.Context, d time.Duration) (bool, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-i.gone:
		return true, nil
	case <-timer.C:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	case <-i.d.ctx.Done():
		return false, context.Canceled
	}
}
