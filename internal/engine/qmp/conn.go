// Package qmp speaks the QEMU Machine Protocol to one running QEMU process:
// newline-ended JSON objects over a unix socket, one greeting, then commands
// with ids, replies and events in any order.
//
// A Conn lives as long as its socket. When QEMU or the socket goes away every
// waiting command fails, Events closes and Err says why; dialling again is the
// caller's decision.
package qmp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

const (
	// maxLine bounds one message from QEMU. The largest honest one,
	// query-qmp-schema, is some 300 KB.
	maxLine = 8 << 20
	// eventBacklog is how many events wait for a slow reader.
	eventBacklog = 64
)

// ErrClosed is what commands return after Close, and what Err returns then.
var ErrClosed = errors.New("qmp: connection closed")

// Error is a command's refusal by QEMU.
type Error struct {
	Command string // the command that was refused, as sent
	Class   string // GenericError, CommandNotFound, DeviceNotFound, ...
	Desc    string // QEMU's own sentence
}

func (e *Error) Error() string { return "qmp: " + e.Command + ": " + e.Desc }

// Version is QEMU's version from the greeting.
type Version struct {
	Major, Minor, Micro int
	Package             string
}

// Event is something QEMU tells unasked: SHUTDOWN, RESET, STOP, RESUME, ...
type Event struct {
	Name string
	Data json.RawMessage // the event's "data" object, nil when it has none
	Time time.Time       // QEMU's clock; zero when the event carries none
}

// Conn is one negotiated QMP connection. Its methods may be called from many
// goroutines at once.
type Conn struct {
	nc      net.Conn
	version Version
	events  chan Event

	writing chan struct{} // holds one token while a command is being written
	done    chan struct{} // closed when the reader has ended

	mu      sync.Mutex
	lastID  uint64
	pending map[string]chan reply
	err     error // why the connection ended; set once
}

type reply struct {
	result json.RawMessage
	err    *Error
}

// message is every shape QEMU sends, told apart by which key is there.
type message struct {
	QMP *struct {
		Version struct {
			QEMU    struct{ Major, Minor, Micro int } `json:"qemu"`
			Package string                            `json:"package"`
		} `json:"version"`
	} `json:"QMP"`
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Class string `json:"class"`
		Desc  string `json:"desc"`
	} `json:"error"`
	Event     string          `json:"event"`
	Data      json.RawMessage `json:"data"`
	Timestamp *struct {
		Seconds      int64 `json:"seconds"`
		Microseconds int64 `json:"microseconds"`
	} `json:"timestamp"`
	ID *string `json:"id"`
}

// Dial connects to the monitor socket at path and negotiates. The context
// bounds both. QEMU serves one client of a socket at a time: a second Dial
// waits for its greeting until the first connection ends.
func Dial(ctx context.Context, path string) (*Conn, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("qmp: %w", err)
	}
	return New(ctx, nc)
}

// New negotiates on a connection and owns it from then on: it is closed when
// New fails and when the Conn closes.
func New(ctx context.Context, nc net.Conn) (*Conn, error) {
	c := &Conn{
		nc:      nc,
		events:  make(chan Event, eventBacklog),
		writing: make(chan struct{}, 1),
		done:    make(chan struct{}),
		pending: map[string]chan reply{},
	}
	lines := bufio.NewScanner(nc)
	lines.Buffer(make([]byte, 0, 4096), maxLine)

	stop := context.AfterFunc(ctx, func() { nc.Close() })
	err := c.greet(lines)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		nc.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("qmp: no greeting: %w", err)
	}
	go c.read(lines)
	if err := c.Run(ctx, "qmp_capabilities", nil, nil); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) greet(lines *bufio.Scanner) error {
	m, err := next(lines)
	if err != nil {
		return err
	}
	if m.QMP == nil {
		return errors.New("the peer does not speak QMP")
	}
	v := m.QMP.Version
	c.version = Version{Major: v.QEMU.Major, Minor: v.QEMU.Minor, Micro: v.QEMU.Micro, Package: v.Package}
	return nil
}

// Version returns the version QEMU greeted with.
func (c *Conn) Version() Version { return c.version }

// Events returns the channel of events, closed when the connection ends. An
// event is a doorbell, not a record: a reader that falls 64 behind loses the
// oldest ones, so ask query-status for the truth.
func (c *Conn) Events() <-chan Event { return c.events }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says why the connection ended: ErrClosed after Close, io.EOF when QEMU
// went away, nil while it lives.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection and waits for the reader. QEMU itself goes on.
func (c *Conn) Close() error {
	c.fail(ErrClosed)
	<-c.done
	return nil
}

// Run executes a command and waits for its reply. arguments is encoded as the
// command's arguments (nil: none); the reply is decoded into result (nil:
// discarded). A refusal by QEMU is an *Error. When ctx ends first QEMU may
// still execute the command.
func (c *Conn) Run(ctx context.Context, command string, arguments, result any) error {
	id, answer, err := c.expect()
	if err != nil {
		return err
	}
	defer c.forget(id)
	line, err := json.Marshal(struct {
		Execute   string `json:"execute"`
		Arguments any    `json:"arguments,omitempty"`
		ID        string `json:"id"`
	}{command, arguments, id})
	if err != nil {
		return fmt.Errorf("qmp: %s: arguments: %w", command, err)
	}
	if err := c.write(ctx, append(line, '\n')); err != nil {
		return fmt.Errorf("qmp: %s: %w", command, err)
	}
	select {
	case r := <-answer:
		return r.into(command, result)
	case <-ctx.Done():
		return fmt.Errorf("qmp: %s: %w", command, ctx.Err())
	case <-c.done:
	}
	// quit is answered and the socket closed in one breath: an answer that
	// came is better than the end that came with it.
	select {
	case r := <-answer:
		return r.into(command, result)
	default:
		return fmt.Errorf("qmp: %s: %w", command, c.Err())
	}
}

func (r reply) into(command string, result any) error {
	if r.err != nil {
		r.err.Command = command
		return r.err
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(r.result, result); err != nil {
		return fmt.Errorf("qmp: %s: reply: %w", command, err)
	}
	return nil
}

func (c *Conn) expect() (string, chan reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return "", nil, c.err
	}
	c.lastID++
	id := strconv.FormatUint(c.lastID, 10)
	answer := make(chan reply, 1)
	c.pending[id] = answer
	return id, answer, nil
}

func (c *Conn) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, id)
}

// write sends one whole line. A write cut short by the context leaves half a
// line on the wire, so it ends the connection.
func (c *Conn) write(ctx context.Context, line []byte) error {
	select {
	case c.writing <- struct{}{}:
		defer func() { <-c.writing }()
	case <-ctx.Done():
		return ctx.Err()
	case <-c.done:
		return c.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.fail(ctx.Err()) })
	defer stop()
	if _, err := c.nc.Write(line); err != nil {
		c.fail(err)
		return c.Err()
	}
	return nil
}

// fail records why the connection ended and closes the socket, which ends the
// reader. Only the first reason counts.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	c.mu.Unlock()
	c.nc.Close()
}

func (c *Conn) read(lines *bufio.Scanner) {
	defer close(c.done)
	defer close(c.events)
	for {
		m, err := next(lines)
		if err == nil {
			err = c.take(m)
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// next reads one message; io.EOF says that the peer closed the socket.
func next(lines *bufio.Scanner) (*message, error) {
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) == 0 {
			continue
		}
		m := new(message)
		if err := json.Unmarshal(line, m); err != nil {
			return nil, fmt.Errorf("not a QMP message: %w", err)
		}
		return m, nil
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

func (c *Conn) take(m *message) error {
	switch {
	case m.Event != "":
		c.ring(m)
	case m.ID != nil && (m.Error != nil || m.Return != nil):
		c.answer(m)
	case m.Error != nil:
		// An error without an id answers a line that QEMU could not parse;
		// which command is waiting for it cannot be known.
		return fmt.Errorf("QEMU lost the thread: %s: %s", m.Error.Class, m.Error.Desc)
	}
	return nil
}

func (c *Conn) answer(m *message) {
	c.mu.Lock()
	answer := c.pending[*m.ID]
	delete(c.pending, *m.ID)
	c.mu.Unlock()
	if answer == nil {
		return // its caller's context ended first
	}
	r := reply{result: m.Return}
	if m.Error != nil {
		r.err = &Error{Class: m.Error.Class, Desc: m.Error.Desc}
	}
	answer <- r
}

func (c *Conn) ring(m *message) {
	e := Event{Name: m.Event, Data: m.Data}
	if t := m.Timestamp; t != nil && t.Seconds >= 0 {
		e.Time = time.Unix(t.Seconds, t.Microseconds*1000)
	}
	for {
		select {
		case c.events <- e:
			return
		default:
		}
		select {
		case <-c.events:
		default:
		}
	}
}
