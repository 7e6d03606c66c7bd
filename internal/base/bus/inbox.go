package bus

import (
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
)

// inbox is where the answers to all calls of a bus arrive: one subscription,
// since one for each call makes a call 20 times as slow.
type inbox struct {
	prefix string

	mu    sync.Mutex
	last  uint64
	calls map[string]*call // by address
}

// call is one that waits for answers. They queue without bound: a lost reply
// would look like a dead responder.
type call struct {
	address string
	bell    chan struct{} // holds one ring; the queue may have more

	mu    sync.Mutex
	queue []*nats.Msg
}

func newInbox(conn *nats.Conn) (*inbox, error) {
	in := &inbox{prefix: conn.NewInbox() + ".", calls: map[string]*call{}}
	_, err := conn.Subscribe(in.prefix+"*", in.deliver) // ends with the connection
	return in, err
}

func (in *inbox) deliver(m *nats.Msg) {
	in.mu.Lock()
	c := in.calls[m.Subject]
	in.mu.Unlock()
	if c == nil {
		return // the caller is gone
	}
	c.mu.Lock()
	c.queue = append(c.queue, m)
	c.mu.Unlock()
	select {
	case c.bell <- struct{}{}:
	default:
	}
}

// dial makes an address for one call; hangUp forgets it.
func (in *inbox) dial() (c *call, hangUp func()) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.last++
	c = &call{address: in.prefix + strconv.FormatUint(in.last, 36), bell: make(chan struct{}, 1)}
	in.calls[c.address] = c
	return c, func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		delete(in.calls, c.address)
	}
}

// take returns the next message, nil when there is none now.
func (c *call) take() *nats.Msg {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return nil
	}
	m := c.queue[0]
	c.queue = c.queue[1:]
	return m
}
