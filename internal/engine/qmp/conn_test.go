package qmp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const greeting = `{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}`

// peer is the far end of a connection, played by the test line by line.
type peer struct {
	t *testing.T
	net.Conn
	lines *bufio.Scanner
}

// command reads the next command and returns its name and id.
func (p *peer) command() (name, id string) {
	p.t.Helper()
	if !p.lines.Scan() {
		p.t.Errorf("no command came: %v", p.lines.Err())
		return "", ""
	}
	var c struct{ Execute, ID string }
	if err := json.Unmarshal(p.lines.Bytes(), &c); err != nil {
		p.t.Errorf("command %q: %v", p.lines.Text(), err)
	}
	return c.Execute, c.ID
}

func (p *peer) say(format string, args ...any) {
	fmt.Fprintf(p, format+"\r\n", args...)
}

// connect negotiates with a scripted QEMU and hands its end to script.
func connect(t *testing.T, script func(p *peer)) *Conn {
	t.Helper()
	near, far := net.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer far.Close()
		p := &peer{t, far, bufio.NewScanner(far)}
		p.say(greeting)
		if name, id := p.command(); name != "qmp_capabilities" {
			t.Errorf("first command is %q", name)
		} else {
			p.say(`{"return": {}, "id": %q}`, id)
		}
		script(p)
	}()
	c, err := New(t.Context(), near)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		<-ended
	})
	return c
}

func TestRunDecodesTheReplyWithItsID(t *testing.T) {
	c := connect(t, func(p *peer) {
		_, first := p.command()
		_, second := p.command()
		p.say(`{"event": "RESUME", "timestamp": {"seconds": 1700000000, "microseconds": 250000}}`)
		p.say(`{"return": {"status": "paused"}, "id": "999"}`)
		p.say(`{"return": {"status": "second"}, "id": %q}`, second)
		p.say(`{"return": {"status": "first"}, "id": %q}`, first)
	})
	if v := c.Version(); v.Major != 7 || v.Minor != 2 || v.Micro != 22 || v.Package != "Debian" {
		t.Errorf("version %+v", v)
	}
	answers := make(chan string, 2)
	for range 2 {
		go func() {
			var r struct{ Status string }
			if err := c.Run(t.Context(), "query-status", nil, &r); err != nil {
				t.Error(err)
			}
			answers <- r.Status
		}()
	}
	if a, b := <-answers, <-answers; a == b || a+b != "firstsecond" && a+b != "secondfirst" {
		t.Errorf("answers %q and %q", a, b)
	}
	e := <-c.Events()
	if e.Name != "RESUME" || !e.Time.Equal(time.Unix(1700000000, 250000000)) {
		t.Errorf("event %+v", e)
	}
}

func TestRefusalIsTyped(t *testing.T) {
	c := connect(t, func(p *peer) {
		_, id := p.command()
		p.say(`{"error": {"class": "CommandNotFound", "desc": "no such thing"}, "id": %q}`, id)
	})
	err := c.Run(t.Context(), "frobnicate", map[string]any{"hard": true}, nil)
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("error %v", err)
	}
	if want := (Error{"frobnicate", "CommandNotFound", "no such thing"}); *refusal != want {
		t.Errorf("%+v, want %+v", *refusal, want)
	}
}

func TestContextEndsAWaitingCommandAndTheConnectionLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, func(p *peer) {
			_, late := p.command()
			_, id := p.command()
			p.say(`{"return": {}, "id": %q}`, late)
			p.say(`{"return": {}, "id": %q}`, id)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.Run(ctx, "human-monitor-command", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if err := c.Run(t.Context(), "query-status", nil, nil); err != nil {
			t.Errorf("the next command: %v", err)
		}
	})
}

func TestContextEndsAStuckWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		c := connect(t, func(*peer) { <-hold })
		defer close(hold)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.Run(ctx, "stop", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		<-c.Done()
		if !errors.Is(c.Err(), context.DeadlineExceeded) {
			t.Errorf("the connection ended with %v", c.Err())
		}
	})
}

// A peer that stops making sense ends the connection: every waiting command
// fails with the reason and Events closes.
func TestSenselessPeerEndsTheConnection(t *testing.T) {
	for name, tt := range map[string]struct {
		say  string
		want string
	}{
		"not JSON":         {"ring ring", "not a QMP message"},
		"not an object":    {`["return"]`, "not a QMP message"},
		"bare error":       {`{"error": {"class": "GenericError", "desc": "JSON parse error"}}`, "JSON parse error"},
		"id of wrong type": {`{"return": {}, "id": {}}`, "not a QMP message"},
		"too long":         {strings.Repeat("x", maxLine+1), "token too long"},
		"gone":             {"", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, func(p *peer) {
				p.command()
				if tt.say != "" {
					p.say("%s", tt.say)
				}
			})
			err := c.Run(t.Context(), "query-status", nil, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
			if _, open := <-c.Events(); open {
				t.Error("an event came")
			}
			if err := c.Run(t.Context(), "query-status", nil, nil); err == nil {
				t.Error("a command on a dead connection worked")
			}
		})
	}
}

func TestQuitIsAnsweredThoughTheSocketCloses(t *testing.T) {
	c := connect(t, func(p *peer) {
		_, id := p.command()
		p.say(`{"return": {}, "id": %q}`, id)
	})
	if err := c.Run(t.Context(), "quit", nil, nil); err != nil {
		t.Error(err)
	}
	<-c.Done()
	if !errors.Is(c.Err(), io.EOF) {
		t.Errorf("ended with %v", c.Err())
	}
}

func TestCloseEndsWaitingCommands(t *testing.T) {
	asked := make(chan struct{})
	c := connect(t, func(p *peer) {
		p.command()
		close(asked)
		p.lines.Scan()
	})
	failed := make(chan error)
	go func() { failed <- c.Run(context.Background(), "query-status", nil, nil) }()
	<-asked
	c.Close()
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Errorf("error %v", err)
	}
	c.Close()
	if !errors.Is(c.Err(), ErrClosed) {
		t.Errorf("ended with %v", c.Err())
	}
}

func TestSlowReaderKeepsTheNewestEvents(t *testing.T) {
	const extra = 10
	c := connect(t, func(p *peer) {
		for i := range eventBacklog + extra {
			p.say(`{"event": "E%d"}`, i)
		}
	})
	<-c.Done()
	var names []string
	for e := range c.Events() {
		names = append(names, e.Name)
	}
	if len(names) != eventBacklog || names[0] != fmt.Sprintf("E%d", extra) {
		t.Errorf("%d events from %s on", len(names), names[0])
	}
}

func TestBadGreetings(t *testing.T) {
	for _, line := range []string{"", "hello", `{"return": {}}`, `{"QMP": 7}`, `{"QMP": null}`} {
		near, far := net.Pipe()
		go func() {
			fmt.Fprintln(far, line)
			far.Close()
		}()
		if c, err := New(t.Context(), near); err == nil {
			c.Close()
			t.Errorf("greeting %q taken", line)
		}
	}
}

func TestContextEndsTheGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := New(ctx, near); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

// Whatever the peer sends after the handshake, the connection ends without a
// panic, without a hang, and with every goroutine gone.
func FuzzPeer(f *testing.F) {
	f.Add([]byte(`{"return": {"status": "running"}, "id": "2"}` + "\n"))
	f.Add([]byte(`{"event": "SHUTDOWN", "data": {"guest": true}, "timestamp": {"seconds": -1, "microseconds": -1}}` + "\n"))
	f.Add([]byte(`{"error": {"class": "GenericError", "desc": ""}, "id": "2"}` + "\r\n\r\n{"))
	f.Add([]byte("\x00\xff[[[["))
	f.Fuzz(func(t *testing.T, noise []byte) {
		c := connect(t, func(p *peer) {
			p.command()
			p.Write(noise)
		})
		var result any
		err := c.Run(t.Context(), "query-status", nil, &result)
		<-c.Done()
		if c.Err() == nil {
			t.Errorf("ended without a reason; the command: %v", err)
		}
	})
}
