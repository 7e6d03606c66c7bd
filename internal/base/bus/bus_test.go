package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"github.com/novalet/novalet/internal/cloud/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a bus and closes it when the test ends.
func open(t testing.TB, url string, opts ...Option) *Bus {
	t.Helper()
	b, err := Open(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(context.Background()) })
	return b
}

// natsServer runs a NATS server on a port of its own and returns its URL.
func natsServer(t testing.TB) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	return s.ClientURL()
}

// each runs f with two ends of a bus: one and the same embedded, two
// connections to a server.
func each(t *testing.T, f func(t *testing.T, here, there *Bus)) {
	t.Run("embedded", func(t *testing.T) {
		b := open(t, "")
		f(t, b, b)
	})
	t.Run("nats", func(t *testing.T) {
		url := natsServer(t)
		f(t, open(t, url), open(t, url))
	})
}

type question struct{ N int }

func serve(t testing.TB, b *Bus, subject string, h Handler) *Listener {
	t.Helper()
	l, err := b.Serve(subject, "workers", h)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCall(t *testing.T) {
	each(t, func(t *testing.T, here, there *Bus) {
		serve(t, there, "double", func(_ context.Context, r *Request) (any, error) {
			var q question
			if err := r.Decode(&q); err != nil {
				return nil, err
			}
			for i := range 3 {
				r.Progress(i)
			}
			return question{2 * q.N}, nil
		})
		var said []string
		var got question
		err := here.Call(t.Context(), "double", question{21}, &got, func(p json.RawMessage) { said = append(said, string(p)) })
		if err != nil || got.N != 42 || !slices.Equal(said, []string{"0", "1", "2"}) {
			t.Errorf("%v, %v, progress %v", got, err, said)
		}
		if err := here.Call(t.Context(), "double", question{}, nil, nil); err != nil {
			t.Errorf("without a place for the reply: %v", err)
		}
		if err := here.Call(t.Context(), "double", "text", &got, nil); !fault.Is(err, fault.BadRequest) {
			t.Errorf("a request of another type: %v", err)
		}
		if err := here.Call(t.Context(), "nowhere", nil, nil, nil); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("nobody serves: %v", err)
		}
		if err := here.Call(t.Context(), "double", make(chan int), nil, nil); err == nil {
			t.Error("a channel was sent")
		}
		if err := here.Call(t.Context(), "double", strings.Repeat("x", maxPayload), nil, nil); !fault.Is(err, fault.TooLarge) {
			t.Errorf("a large request: %v", err)
		}
	})
}

func TestFaultsCrossTheBus(t *testing.T) {
	each(t, func(t *testing.T, here, there *Bus) {
		var fail error
		serve(t, there, "fail", func(context.Context, *Request) (any, error) { return nil, fail })
		for kind := range kindNames {
			fail = fault.New(kind, "Kind %d.", kind)
			if err := here.Call(t.Context(), "fail", nil, nil, nil); !fault.Is(err, kind) || err.Error() != fail.Error() {
				t.Errorf("kind %d arrives as %v", kind, err)
			}
		}
		fail = fmt.Errorf("wrapped: %w", fault.Wrap(errors.New("the cause"), fault.Conflict, "It is taken."))
		err := here.Call(t.Context(), "fail", nil, nil, nil)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Conflict || f.Message != "It is taken." || f.Detail != "the cause" {
			t.Errorf("%#v", err)
		}
		fail = errors.New("some accident")
		if err := here.Call(t.Context(), "fail", nil, nil, nil); !fault.Is(err, fault.Internal) || !strings.Contains(err.Error(), "some accident") {
			t.Errorf("%v", err)
		}
	})
}

func TestAllKindsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for kind := fault.Internal; kind <= fault.RangeNotSatisfiable; kind++ {
		name := kindNames[kind]
		if name == "" || seen[name] {
			t.Errorf("kind %d has the name %q", kind, name)
		}
		seen[name] = true
	}
}

func TestBadHandlers(t *testing.T) {
	b := open(t, "")
	serve(t, b, "panic", func(context.Context, *Request) (any, error) { panic("at the disco") })
	serve(t, b, "channel", func(context.Context, *Request) (any, error) { return make(chan int), nil })
	serve(t, b, "large", func(context.Context, *Request) (any, error) { return strings.Repeat("x", maxPayload), nil })
	for _, subject := range []string{"panic", "panic", "channel", "large"} {
		if err := b.Call(t.Context(), subject, nil, nil, nil); !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v", subject, err)
		}
	}
}

// TestLongCall holds that a call may take far longer than silence may last.
func TestLongCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := Open(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		serve(t, b, "long", func(context.Context, *Request) (any, error) {
			time.Sleep(time.Hour)
			return "done", nil
		})
		var got string
		if err := b.Call(t.Context(), "long", nil, &got, nil); err != nil || got != "done" {
			t.Errorf("%q %v", got, err)
		}

		// The caller's own slowness is not the responder's silence.
		serve(t, b, "chatty", func(_ context.Context, r *Request) (any, error) {
			r.Progress("begun")
			time.Sleep(5 * defaultTiming.Silence)
			return nil, nil
		})
		if err := b.Call(t.Context(), "chatty", nil, nil, func(json.RawMessage) { time.Sleep(3 * defaultTiming.Silence) }); err != nil {
			t.Errorf("with a slow progress function: %v", err)
		}

		// A responder that dies: no heartbeat, no reply.
		sub, err := b.conn.SubscribeSync(b.subject("dead"))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := b.Call(t.Context(), "dead", nil, nil, nil); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a dead responder: %v", err)
		}
		if took := time.Since(start); took < defaultTiming.Silence || took > 2*defaultTiming.Silence {
			t.Errorf("gave up after %v", took)
		}
		if err := sub.Unsubscribe(); err != nil {
			t.Error(err)
		}

		// The caller's patience is the handler's.
		var handler error
		ended := make(chan struct{})
		serve(t, b, "patient", func(ctx context.Context, _ *Request) (any, error) {
			defer close(ended)
			<-ctx.Done()
			handler = ctx.Err()
			return nil, handler
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := b.Call(ctx, "patient", nil, nil, nil); !errors.Is(err, context.DeadlineExceeded) && !fault.Is(err, fault.Internal) {
			t.Errorf("the caller's deadline: %v", err)
		}
		<-ended
		if !errors.Is(handler, context.DeadlineExceeded) {
			t.Errorf("the handler's context ended with %v", handler)
		}
		b.Close(context.Background())
	})
}

// TestManyCalls has more calls than run at a time; each answer finds its
// caller, and those that wait are not taken for dead.
func TestManyCalls(t *testing.T) {
	each(t, func(t *testing.T, here, there *Bus) {
		var running, most atomic.Int64
		for range 2 {
			serve(t, there, "echo", func(_ context.Context, r *Request) (any, error) {
				n := running.Add(1)
				defer running.Add(-1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				var q question
				return &q, r.Decode(&q)
			})
		}
		var g sync.WaitGroup
		for i := range 500 {
			g.Go(func() {
				var got question
				if err := here.Call(t.Context(), "echo", question{i}, &got, nil); err != nil || got.N != i {
					t.Errorf("%d: %v %v", i, got, err)
				}
			})
		}
		g.Wait()
		if most.Load() > 2*maxRunning {
			t.Errorf("%d ran at once", most.Load())
		}
	})
}

func TestRing(t *testing.T) {
	each(t, func(t *testing.T, here, there *Bus) {
		heard := make(chan string, 100)
		for _, l := range []struct{ name, queue string }{{"a", ""}, {"b", ""}, {"q1", "q"}, {"q2", "q"}} {
			if _, err := there.Listen("task", l.queue, func(context.Context) { heard <- l.name }); err != nil {
				t.Fatal(err)
			}
		}
		here.Ring("task")
		here.Ring("other")
		var got []string
		for range 3 {
			got = append(got, (<-heard)[:1])
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"a", "b", "q"}) {
			t.Errorf("heard by %v", got)
		}
	})
}

// TestRingsJoin holds that rings during a call make one more call, not many.
func TestRingsJoin(t *testing.T) {
	b := open(t, "")
	calls := make(chan struct{})
	goOn := make(chan struct{})
	var count atomic.Int64
	l, err := b.Listen("task", "", func(context.Context) {
		count.Add(1)
		calls <- struct{}{}
		<-goOn
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Ring("task")
	<-calls
	for range 100 {
		b.Ring("task")
	}
	if err := b.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	goOn <- struct{}{}
	<-calls
	close(goOn)
	go func() { // a third call, if there is one, must not hang Stop
		for range calls {
		}
	}()
	l.Stop()
	close(calls)
	if n := count.Load(); n < 2 || n > 3 { // 3: some rings came after the second began
		t.Errorf("%d calls", n)
	}
}

func TestReconnectRings(t *testing.T) {
	b := open(t, "")
	heard := make(chan struct{}, 1)
	if _, err := b.Listen("task", "", func(context.Context) { heard <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	b.ringAll()
	<-heard
}

func TestNamespaces(t *testing.T) {
	url := natsServer(t)
	one, other, alsoOne := open(t, url+"/one"), open(t, url+"/two"), open(t, url+"/one")
	serve(t, one, "x", func(context.Context, *Request) (any, error) { return 1, nil })
	if err := other.Call(t.Context(), "x", nil, nil, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("clouds meet: %v", err)
	}
	if err := alsoOne.Call(t.Context(), "x", nil, nil, nil); err != nil {
		t.Error(err)
	}
}

func TestCloseWaits(t *testing.T) {
	b, err := Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	began, finish := make(chan struct{}), make(chan struct{})
	serve(t, b, "slow", func(context.Context, *Request) (any, error) {
		close(began)
		<-finish
		return "done", nil
	})
	answer := make(chan error, 1)
	go func() {
		var got string
		err := b.Call(context.Background(), "slow", nil, &got, nil)
		if err == nil && got != "done" {
			err = errors.New(got)
		}
		answer <- err
	}()
	<-began
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		b.Close(context.Background())
	}()
	close(finish)
	<-closed
	if err := <-answer; err != nil && !fault.Is(err, fault.Unavailable) {
		t.Errorf("the last call: %v", err)
	}
	if _, err := b.Serve("late", "", nil); !errors.Is(err, errClosed) {
		t.Errorf("serve after close: %v", err)
	}
	if err := b.Call(t.Context(), "slow", nil, nil, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("call after close: %v", err)
	}
	b.Ring("late")
	b.Close(t.Context()) // a second time
}

func TestCloseLosesPatience(t *testing.T) {
	b, err := Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	began := make(chan struct{})
	serve(t, b, "endless", func(ctx context.Context, _ *Request) (any, error) {
		close(began)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	answer := make(chan error, 1)
	go func() { answer <- b.Call(context.Background(), "endless", nil, nil, nil) }()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.Close(ctx)
	if err := <-answer; err == nil {
		t.Error("a call that was cut off succeeded")
	}
}

func TestOpenRefusals(t *testing.T) {
	for url, says := range map[string]string{
		"redis://x":                       "must be embedded",
		"nats://":                         "must be embedded",
		"nats://user:hunter2@127.0.0.1:1": "cannot reach the bus at nats://user:xxxxx@127.0.0.1:1",
	} {
		_, err := Open(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestToken(t *testing.T) {
	for name, want := range map[string]string{
		"node-1_A": "node-1_A", "node1.example.org": "node1=2Eexample=2Eorg", "a b": "a=20b", "*": "=2A", ">": "=3E", "": "=",
		"ü": "=C3=BC", "=": "=3D",
	} {
		if got := Token(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func BenchmarkOpenEmbedded(b *testing.B) {
	for b.Loop() {
		bus, err := Open(b.Context(), "")
		if err != nil {
			b.Fatal(err)
		}
		bus.Close(b.Context())
	}
}

func BenchmarkCall(b *testing.B) {
	bus := open(b, "")
	serve(b, bus, "echo", func(_ context.Context, r *Request) (any, error) {
		var q question
		return &q, r.Decode(&q)
	})
	for b.Loop() {
		var got question
		if err := bus.Call(b.Context(), "echo", question{1}, &got, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRing(b *testing.B) {
	bus := open(b, "")
	heard := make(chan struct{})
	if _, err := bus.Listen("task", "", func(context.Context) { heard <- struct{}{} }); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		bus.Ring("task")
		<-heard
	}
}
