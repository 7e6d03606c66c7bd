package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// maxRunning bounds the requests that one Serve works on at a time; more wait.
const maxRunning = 64

// Handler answers a request. Its context ends with the caller's deadline, or
// when Close cannot wait. The reply travels as JSON. An error that is no fault
// arrives as fault.Internal.
type Handler func(ctx context.Context, r *Request) (reply any, err error)

// Request is a call as its responder has it.
type Request struct {
	bus *Bus
	msg *nats.Msg

	mu   sync.Mutex
	done bool
}

// Decode reads the request into v. What cannot be read is a fault.BadRequest.
func (r *Request) Decode(v any) error {
	if err := json.Unmarshal(r.msg.Data, v); err != nil {
		return fault.New(fault.BadRequest, "The request to %s cannot be read: %w.", r.msg.Subject, err)
	}
	return nil
}

// Progress tells the caller how far the work is; v travels as JSON. It may be
// lost.
func (r *Request) Progress(v any) {
	r.send(kindProgress, v, false)
}

// send replies to the caller. Nothing follows the last message: a heartbeat
// that comes too late is dropped.
func (r *Request) send(kind string, v any, last bool) {
	msg := nats.NewMsg(r.msg.Reply)
	msg.Header.Set(kindHeader, kind)
	if kind != kindAlive {
		var err error
		if msg.Data, err = json.Marshal(v); err != nil {
			if !last {
				return
			}
			msg.Header.Set(kindHeader, kindFault)
			msg.Data, _ = json.Marshal(toWire(fmt.Errorf("the reply of %s has no JSON form: %w", r.msg.Subject, err))) // strings have one
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return
	}
	r.done = last
	err := r.bus.conn.PublishMsg(msg)
	if err == nil || !last {
		return
	}
	r.bus.log.Warn("a reply could not be sent", "subject", r.msg.Subject, "error", err)
	msg.Header.Set(kindHeader, kindFault)
	msg.Data, _ = json.Marshal(toWire(fmt.Errorf("the reply of %s could not be sent: %w", r.msg.Subject, err))) // strings have one
	_ = r.bus.conn.PublishMsg(msg)                                                                              // it was too large, this is not
}

// Serve has handler answer the calls to subject. Of those that serve it with
// the same queue one gets each call. Requests run side by side, a bounded
// number of them.
func (b *Bus) Serve(subject, queue string, handler Handler) (*Listener, error) {
	l := &Listener{bus: b, stop: make(chan struct{})}
	slots := make(chan struct{}, maxRunning)
	err := l.subscribe(subject, queue, func(m *nats.Msg) {
		if m.Reply == "" {
			return // nobody waits for it
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.stopped {
			l.running.Go(func() { b.answer(m, handler, slots) })
		}
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// answer runs handler once there is a slot, with signs of life to the caller
// all the time.
func (b *Bus) answer(m *nats.Msg, handler Handler, slots chan struct{}) {
	r := &Request{bus: b, msg: m}
	ctx, cancel := context.WithCancel(b.work)
	defer cancel()
	if ms, err := strconv.ParseInt(m.Header.Get(timeoutHeader), 10, 64); err == nil && ms > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(ms)*time.Millisecond)
		defer cancel()
	}
	var heart sync.WaitGroup
	stop := make(chan struct{})
	heart.Go(func() {
		beat := time.NewTicker(b.timing.Heartbeat)
		defer beat.Stop()
		for {
			select {
			case <-stop:
				return
			case <-beat.C:
				r.send(kindAlive, nil, false)
			}
		}
	})
	var reply any
	var err error
	select {
	case slots <- struct{}{}:
		reply, err = b.guard(ctx, r, handler)
		<-slots
	case <-ctx.Done():
		err = ctx.Err()
	}
	close(stop)
	heart.Wait()
	if err != nil {
		if fault.Is(err, fault.Internal) {
			b.log.Error("a call failed", "subject", m.Subject, "error", err)
		}
		r.send(kindFault, toWire(err), true)
		return
	}
	r.send(kindReply, reply, true)
}

// guard makes an error of a panic: one bad request must not end the others.
func (b *Bus) guard(ctx context.Context, r *Request, handler Handler) (reply any, err error) {
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("a handler panicked", "subject", r.msg.Subject, "panic", p, "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "The handler of %s panicked.", r.msg.Subject)
		}
	}()
	return handler(ctx, r)
}
