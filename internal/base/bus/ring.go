package bus

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
)

// Ring rings the doorbell subject: whoever listens looks for work. A ring may
// be lost, so it is not known whether anybody heard.
func (b *Bus) Ring(subject string) {
	if err := b.conn.Publish(b.subject(subject), nil); err != nil {
		b.log.Debug("a doorbell could not be rung", "subject", subject, "error", err)
	}
}

// Listener is a subscription: of Listen or Serve.
type Listener struct {
	bus     *Bus
	sub     *nats.Subscription
	bell    chan struct{} // of Listen: holds one ring; nil for Serve
	stop    chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex
	stopped bool // nothing is added to running any more
}

// Listen calls f after each ring of subject, one call at a time; rings during
// a call make one more call, however many they are. Listeners with the same
// queue share the rings, one hears each; those without all hear. After a lost
// connection f is called once, since rings may have been missed. The context
// ends when Close cannot wait.
func (b *Bus) Listen(subject, queue string, f func(ctx context.Context)) (*Listener, error) {
	l := &Listener{bus: b, bell: make(chan struct{}, 1), stop: make(chan struct{})}
	err := l.subscribe(subject, queue, func(*nats.Msg) { l.ring() })
	if err != nil {
		return nil, err
	}
	l.running.Go(func() {
		for {
			select {
			case <-l.stop:
				return
			case <-l.bell:
				f(b.work)
			}
		}
	})
	return l, nil
}

func (l *Listener) ring() {
	select {
	case l.bell <- struct{}{}:
	default: // one ring waits already
	}
}

// ringAll has all listeners look for work.
func (b *Bus) ringAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for l := range b.listeners {
		if l.bell != nil {
			l.ring()
		}
	}
}

var errClosed = errors.New("the bus is closed")

// subscribe takes up the subscription and flushes, so that what is sent to
// subject after it returns is heard.
func (l *Listener) subscribe(subject, queue string, f nats.MsgHandler) error {
	b := l.bus
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	var err error
	if l.sub, err = b.conn.QueueSubscribe(b.subject(subject), queue, f); err != nil {
		return lost(err, subject)
	}
	if err := b.flush(); err != nil {
		l.unsubscribe()
		return lost(err, subject)
	}
	b.listeners[l] = struct{}{}
	return nil
}

// unsubscribe ends the subscription; what was heard before is still worked on.
func (l *Listener) unsubscribe() {
	if err := l.sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrBadSubscription) {
		l.bus.log.Debug("a subscription could not be ended", "subject", l.sub.Subject, "error", err)
	}
}

// Stop ends the subscription and waits for what it is running. It must not be
// called from there.
func (l *Listener) Stop() {
	l.unsubscribe()
	l.mu.Lock()
	if !l.stopped {
		l.stopped = true
		close(l.stop)
	}
	l.mu.Unlock()
	l.running.Wait()
	l.bus.mu.Lock()
	defer l.bus.mu.Unlock()
	delete(l.bus.listeners, l)
}
