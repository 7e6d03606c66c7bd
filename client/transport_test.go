package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/client"
)

// heldClock stands still; sleeping moves it.
type heldClock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *heldClock { return &heldClock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *heldClock) clock() client.Clock {
	return client.Clock{
		Now: func() time.Time {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.now
		},
		Sleep: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.slept = append(c.slept, d)
			c.now = c.now.Add(d)
			return ctx.Err()
		},
		Rand: func() float64 { return 1 },
	}
}

// peer is an HTTP server whose replies are given one after the other; the last
// one stays.
func peer(t *testing.T, replies ...http.HandlerFunc) (url string, seen func() int) {
	t.Helper()
	var mu sync.Mutex
	count := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		reply := replies[min(count, len(replies)-1)]
		count++
		mu.Unlock()
		reply(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// breakOff closes the connection without a reply.
func breakOff(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func TestRetries(t *testing.T) {
	down := answer(503, `{"serviceUnavailable":{"code":503,"message":"away"}}`)
	for _, test := range []struct {
		name    string
		method  string
		replies []http.HandlerFunc
		sent    int
		slept   []time.Duration
		want    error // nil: a reply
	}{
		{"503 twice", "GET", []http.HandlerFunc{down, down, answer(200, "{}")}, 3, []time.Duration{100 * time.Millisecond, 200 * time.Millisecond}, nil},
		{"503 for good", "GET", []http.HandlerFunc{down}, 4, []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}, client.ErrUnavailable},
		{"retry-after", "GET", []http.HandlerFunc{answer(429, "", "Retry-After", "7"), answer(200, "{}")}, 2, []time.Duration{7 * time.Second}, nil},
		{"retry-after as a date", "GET", []http.HandlerFunc{answer(503, "", "Retry-After", "Sun, 22 Nov 2026 12:00:09 GMT"), answer(200, "{}")}, 2, []time.Duration{9 * time.Second}, nil},
		{"retry-after in the body", "GET", []http.HandlerFunc{answer(429, `{"overLimit":{"code":429,"message":"slow","retryAfter":"3"}}`), answer(200, "{}")}, 2, []time.Duration{3 * time.Second}, nil},
		{"retry-after too long", "GET", []http.HandlerFunc{answer(429, "", "Retry-After", "3600")}, 1, nil, client.ErrTooMany},
		{"broken", "GET", []http.HandlerFunc{breakOff, answer(200, "{}")}, 2, nil, nil},
		{"503 to a call that is not safe", "POST", []http.HandlerFunc{down}, 1, nil, client.ErrUnavailable},
		{"500", "GET", []http.HandlerFunc{answer(500, "")}, 1, nil, client.ErrInternal},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := newClock()
			url, sent := peer(t, test.replies...)
			tr := client.NewTransport(client.Options{Clock: clock.clock()})
			defer tr.Close()
			_, err := tr.Send(t.Context(), &client.Request{Method: test.method, URL: url, Body: []byte("{}")})
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if sent() != test.sent {
				t.Errorf("sent %d times, want %d", sent(), test.sent)
			}
			if test.name != "broken" && !cmp.Equal(clock.slept, test.slept) {
				t.Errorf("slept %v, want %v", clock.slept, test.slept)
			}
		})
	}
}

func TestBrokenPostIsNotSentAgain(t *testing.T) {
	url, sent := peer(t, breakOff)
	tr := client.NewTransport(client.Options{Clock: newClock().clock()})
	defer tr.Close()
	_, err := tr.Send(t.Context(), &client.Request{Method: "POST", URL: url, Body: []byte("{}")})
	var failure *client.Failure
	if !errors.As(err, &failure) || failure.Class != client.ConnectFailure || sent() != 1 {
		t.Errorf("sent %d times: %v", sent(), err)
	}
}

func TestSlowPeerAndCancel(t *testing.T) {
	release := make(chan struct{})
	url, _ := peer(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	tr := client.NewTransport(client.Options{Timeout: 30 * time.Millisecond, Retries: -1})
	_, err := tr.Send(t.Context(), &client.Request{Method: "GET", URL: url})
	var failure *client.Failure
	if !errors.As(err, &failure) || failure.Class != client.ConnectTimeout {
		t.Errorf("slow peer: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tr.Send(ctx, &client.Request{Method: "GET", URL: url}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestFailuresSayWhatNext(t *testing.T) {
	plain := httptest.NewServer(answer(200, "{}"))
	defer plain.Close()
	secure := httptest.NewTLSServer(answer(200, "{}"))
	defer secure.Close()
	secure.Config.ErrorLog = nil
	gone := httptest.NewServer(answer(200, "{}"))
	gone.Close()
	for _, test := range []struct{ name, url, class, says string }{
		{"refused", gone.URL, client.ConnectFailure, "connection refused"},
		{"https to http", strings.Replace(plain.URL, "http:", "https:", 1), client.SSLError, "use http://"},
		{"unknown authority", secure.URL, client.SSLError, "--os-cacert"},
		{"no url", "127.0.0.1:5000", client.CommandError, "is not an http or https URL"},
		{"other scheme", "ftp://127.0.0.1/", client.CommandError, "is not an http or https URL"},
	} {
		tr := client.NewTransport(client.Options{Retries: -1})
		_, err := tr.Send(t.Context(), &client.Request{Method: "GET", URL: test.url})
		var failure *client.Failure
		if !errors.As(err, &failure) || failure.Class != test.class || !strings.Contains(failure.Message, test.says) {
			t.Errorf("%s: got %v", test.name, err)
		}
		tr.Close()
	}
}

func TestReplyLimits(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	url, _ := peer(t, answer(200, big), answer(400, big, "Content-Type", "text/plain"))
	tr := client.NewTransport(client.Options{MaxBody: 1000})
	defer tr.Close()
	_, err := tr.Send(t.Context(), &client.Request{Method: "GET", URL: url})
	if err == nil || !strings.Contains(err.Error(), "larger than 1000 bytes") {
		t.Errorf("big reply: %v", err)
	}
	_, err = tr.Send(t.Context(), &client.Request{Method: "GET", URL: url})
	if !errors.Is(err, client.ErrBadRequest) || len(err.Error()) > 1000 {
		t.Errorf("big refusal: %.100v", err)
	}
}

func TestRedirectsKeepTheToken(t *testing.T) {
	thief, stolen := peer(t, answer(200, "{}"))
	url, _ := peer(t, answer(302, "", "Location", thief))
	tr := client.NewTransport(client.Options{})
	defer tr.Close()
	request := &client.Request{Method: "GET", URL: url, Header: http.Header{"X-Auth-Token": {"hush"}}}
	refused := func(says string) {
		t.Helper()
		var failure *client.Failure
		if _, err := tr.Send(t.Context(), request); !errors.As(err, &failure) || failure.Class != client.BadReply || !strings.Contains(failure.Message, says) || stolen() != 0 {
			t.Errorf("%v, followed %d times", err, stolen())
		}
	}
	refused("another host, " + thief + ", and no token goes there")
	url, _ = peer(t, answer(302, "", "Location", ""))
	request.URL = url
	refused("to nowhere")
	url, round := peer(t, answer(302, "", "Location", "/"))
	request.URL = url
	if refused("sends on again after 5 redirects"); round() != 6 {
		t.Errorf("went round %d times", round())
	}
	there := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Auth-Token")+" "+string(body))
	}
	for _, method := range []string{"GET", "POST"} {
		url, _ = peer(t, answer(301, "", "Location", "/there"), there)
		request.URL, request.Method, request.Body = url, method, []byte("{}")
		if response, err := tr.Send(t.Context(), request); err != nil || string(response.Body) != method+" /there hush {}" {
			t.Errorf("%v %v", response, err)
		}
	}
}

func TestFaultBodies(t *testing.T) {
	for _, test := range []struct {
		name, kind, body string
		status           int
		want             client.Error
	}{
		{"nova", "application/json", `{"itemNotFound": {"code": 404, "message": "Flavor nope could not be found."}}`, 404, client.Error{Kind: "itemNotFound", Message: "Flavor nope could not be found."}},
		{"keystone", "application/json", `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`, 401, client.Error{Kind: "Unauthorized", Message: "The request you have made requires authentication."}},
		{"glance", "application/json", `{"message": "No image found with ID x<br /><br />\n\n\n", "code": "404 Not Found", "title": "Not Found"}`, 404, client.Error{Kind: "Not Found", Message: "No image found with ID x"}},
		{"neutron", "application/json", `{"NeutronError": {"type": "NetworkNotFound", "message": "Network x could not be found.", "detail": ""}}`, 404, client.Error{Kind: "NetworkNotFound", Message: "Network x could not be found."}},
		{"placement", "application/json", `{"errors": [{"status": 404, "title": "Not Found", "detail": "No resource provider", "code": "placement.undefined_code"}]}`, 404, client.Error{Kind: "Not Found", Message: "No resource provider"}},
		{"html", "text/html; charset=UTF-8", "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  The resource could not be found.<br /><br />\n </body>\n</html>", 404, client.Error{Message: "404 Not Found The resource could not be found."}},
		{"plain", "text/plain; charset=UTF-8", "404 Not Found\n\nThe resource could not be found.\n\n   ", 404, client.Error{Message: "The resource could not be found."}},
		{"empty", "", "", 502, client.Error{Message: "Bad Gateway"}},
		{"null members", "application/json", `{"badRequest":null}`, 400, client.Error{Kind: "badRequest", Message: "Bad Request"}},
		{"odd", "application/json", `[1]`, 400, client.Error{Message: "Bad Request"}},
	} {
		url, _ := peer(t, answer(test.status, test.body, "Content-Type", test.kind, "x-openstack-request-id", "req-1"))
		tr := client.NewTransport(client.Options{Retries: -1})
		_, err := tr.Send(t.Context(), &client.Request{Method: "GET", URL: url, Service: "compute", Route: "things.show"})
		var got *client.Error
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		want := test.want
		want.Status, want.RequestID, want.Service, want.Route, want.Method, want.URL = test.status, "req-1", "compute", "things.show", "GET", url
		if diff := cmp.Diff(want.Error(), got.Error()); diff != "" || got.Kind != want.Kind || got.Route != want.Route {
			t.Errorf("%s: %s\n%+v", test.name, diff, got)
		}
		tr.Close()
	}
}

func TestTraceHidesSecrets(t *testing.T) {
	url, _ := peer(t, answer(200, `{"keypair":{"private_key":"HUSH","name":"k"},"token":{"catalog":[{"HUSH":1}],"x":1.50}}`, "X-Subject-Token", "HUSH", "Set-Cookie", "HUSH"))
	var seen []client.Exchange
	tr := client.NewTransport(client.Options{Trace: func(x client.Exchange) { seen = append(seen, x) }})
	defer tr.Close()
	_, err := tr.Send(t.Context(), &client.Request{
		Purpose: "call", Method: "POST", URL: url + "/x?a=b", Header: http.Header{"X-Auth-Token": {"HUSH"}},
		Body: []byte(`{"auth":{"identity":{"password":{"user":{"name":"it's","password":"HUSH"}},"token":{"id":"HUSH"}}},"server":{"adminPass":"HUSH","user_data":"HUSH","key":null}}`),
	})
	if err != nil || len(seen) != 1 {
		t.Fatal(err, seen)
	}
	x := seen[0]
	for _, text := range []string{x.Curl(), x.RequestBody(), x.ReplyBody(), fmt.Sprintf("%v %+v %#v", x, x, x), fmt.Sprint(x.RequestHeader, x.ReplyHeader)} {
		if strings.Contains(text, "HUSH") || strings.Contains(text, "72 85 83 72") || strings.Contains(text, "0x48, 0x55") {
			t.Errorf("a secret shows in %s", text)
		}
	}
	wantReply := `{"keypair": {"private_key": "***", "name": "k"}, "token": {"catalog": "<removed>", "x": 1.50}}`
	if x.ReplyBody() != wantReply {
		t.Errorf("reply is shown as %s", x.ReplyBody())
	}
	for _, part := range []string{
		`curl -g -i -X POST "` + url + `/x?a=b" -H "Accept: application/json"`, `X-Auth-Token: {SHA256}`,
		`"name": "it'\''s", "password": "***"`, `"token": {"id": "***"}`, `"key": null`,
	} {
		if !strings.Contains(x.Curl(), part) {
			t.Errorf("%s is not in %s", part, x.Curl())
		}
	}
}

func FuzzFaultBody(f *testing.F) {
	f.Add("application/json", []byte(`{"itemNotFound": {"code": 404, "message": "x"}}`))
	f.Add("text/html", []byte("<html><body>x</body>"))
	f.Add("text/plain", []byte("404\n\nx"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		reply := roundTrip(func(*http.Request) *http.Response {
			return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(bytes.NewReader(body))}
		})
		tr := client.NewTransport(client.Options{HTTP: reply})
		_, err := tr.Send(t.Context(), &client.Request{Method: "POST", URL: "http://x"})
		var refusal *client.Error
		if !errors.As(err, &refusal) || refusal.Message == "" {
			t.Errorf("%v", err)
		}
	})
}

func FuzzMaskedBody(f *testing.F) {
	f.Add([]byte(`{"auth":{"password":"x","token":{"id":"y"}}}`))
	f.Add([]byte(`[{"secret":["a","b"]},1e400,null]`))
	f.Fuzz(func(t *testing.T, around []byte) {
		// Whatever else a body holds, the password in it is not shown.
		body := append([]byte(`{"password":"HUSHHUSH","rest":`), around...)
		var x client.Exchange
		reply := roundTrip(func(*http.Request) *http.Response {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}
		})
		tr := client.NewTransport(client.Options{HTTP: reply, Trace: func(e client.Exchange) { x = e }})
		if _, err := tr.Send(t.Context(), &client.Request{Method: "POST", URL: "http://x", Body: append(body, '}')}); err != nil {
			t.Fatal(err)
		}
		if shown := x.RequestBody(); strings.Contains(shown, "HUSHHUSH") && !bytes.Contains(around, []byte("HUSHHUSH")) {
			t.Errorf("%s", shown)
		}
	})
}

// roundTrip answers in this process.
type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }
