package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/novalet/novalet/client"
)

// inside answers in this process, and may fail.
type inside func(*http.Request) (*http.Response, error)

func (f inside) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func replied(status int, header ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// TestWaitingBetweenTries runs with a clock that only moves when everybody waits: what a caller waits for is exact.
func TestWaitingBetweenTries(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	hang := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	always := func(reply *http.Response, err error) inside {
		return func(*http.Request) (*http.Response, error) { return reply, err }
	}
	for _, test := range []struct {
		name     string
		method   string
		peer     inside
		limit    time.Duration // of the caller's context; 0: none
		cancel   time.Duration // when the caller gives up; 0: never
		sent     int
		min, max time.Duration
		want     func(error) bool
	}{
		{name: "503 four times", peer: always(replied(503), nil), sent: 4, min: 350 * time.Millisecond, max: 700 * time.Millisecond, want: is(client.ErrUnavailable)},
		{name: "the caller's limit ends the waiting", peer: always(replied(503, "Retry-After", "20"), nil), limit: 3 * time.Second, sent: 1, min: 3 * time.Second, max: 3 * time.Second, want: is(client.ErrUnavailable)},
		{name: "the caller gives up", peer: always(replied(503, "Retry-After", "20"), nil), cancel: 2 * time.Second, sent: 1, min: 2 * time.Second, max: 2 * time.Second, want: is(context.Canceled)},
		{name: "Retry-After is kept to", peer: always(replied(429, "Retry-After", "20"), nil), sent: 4, min: time.Minute, max: time.Minute, want: is(client.ErrTooMany)},
		{name: "Retry-After of an hour is not waited for", peer: always(replied(429, "Retry-After", "3600"), nil), sent: 1, want: is(client.ErrTooMany)},
		{name: "nobody there", peer: always(nil, refused), sent: 1, want: says("connection refused")},
		{name: "broken connections", peer: always(nil, reset), sent: 4, min: 350 * time.Millisecond, max: 700 * time.Millisecond, want: says("broke before the reply was complete")},
		{name: "broken connection of a POST", method: "POST", peer: always(nil, reset), sent: 1, want: says("broke before the reply was complete")},
		{name: "503 to a DELETE", method: "DELETE", peer: always(replied(503), nil), sent: 1, want: is(client.ErrUnavailable)},
		{name: "no reply", peer: hang, sent: 1, min: 5 * time.Second, max: 5 * time.Second, want: says("GET got no complete reply within 5 s")},
		{name: "no reply to a POST", method: "POST", peer: hang, sent: 1, min: 5 * time.Second, max: 5 * time.Second, want: says("POST got no complete reply within 5 s")},
		{name: "the caller's limit is shorter", peer: hang, limit: time.Second, sent: 1, min: time.Second, max: time.Second, want: is(context.DeadlineExceeded)},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				tr := client.NewTransport(client.Options{Timeout: 5 * time.Second, HTTP: inside(func(r *http.Request) (*http.Response, error) {
					sent++
					return test.peer(r)
				})})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.limit > 0 {
					ctx, cancel = context.WithTimeout(ctx, test.limit)
					defer cancel()
				}
				if test.cancel > 0 {
					time.AfterFunc(test.cancel, cancel)
				}
				method := test.method
				if method == "" {
					method = "GET"
				}
				start := time.Now()
				_, err := tr.Send(ctx, &client.Request{Method: method, URL: "http://cloud/x"})
				if took := time.Since(start); took < test.min || took > test.max {
					t.Errorf("took %v, want %v to %v", took, test.min, test.max)
				}
				if sent != test.sent {
					t.Errorf("sent %d times, want %d", sent, test.sent)
				}
				if !test.want(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func says(text string) func(error) bool {
	return func(err error) bool { return err != nil && strings.Contains(err.Error(), text) }
}
