package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/novalet/novalet/api/wire"
)

// Options is how a Transport behaves. The zero Options is ready for use.
type Options struct {
	TLS     *tls.Config   // nil: the system's authorities
	Timeout time.Duration // for one request up to the end of its reply, for a stream up to its header; 0 is 600 s
	Agent   string        // User-Agent; empty: novalet
	Trace   func(Exchange)
	Before  func(Exchange) error                  // is shown each request before it is sent; an error keeps it back, and is what the call returns
	Proxy   func(*http.Request) (*url.URL, error) // nil: HTTP_PROXY, HTTPS_PROXY and NO_PROXY say which
	HTTP    http.RoundTripper                     // instead of the network, for a cloud in this process
	Retries int                                   // of a safe call after 429, 503 or a broken connection; 0 is 3, -1 none
	MaxBody int64                                 // bytes of a JSON reply; 0 is 256 MiB
	Clock   Clock
}

// Clock is how a client knows the time and waits. Its zero value is the real
// clock; tests hold it.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error // returns early with ctx's error
	Rand  func() float64                                   // in [0, 1), for the jitter of back-off
}

func (c Clock) orReal() Clock {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	return c
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

const (
	defaultTimeout = 600 * time.Second // novaclient's
	defaultRetries = 3
	defaultMaxBody = 256 << 20
	maxFaultBody   = 64 << 10
	firstBackOff   = 100 * time.Millisecond
	lastBackOff    = 5 * time.Second
	maxRetryAfter  = 30 * time.Second // a longer one is reported at once, not waited for
	maxRedirects   = 5
	dialTimeout    = 30 * time.Second
	clockSlack     = 5 * time.Minute // by which clocks may differ without a word
)

// Transport carries requests: retries, limits, traces, and errors in one form.
// It knows nothing of tokens. It is safe for concurrent use.
type Transport struct {
	http    http.RoundTripper
	proxy   func(*http.Request) (*url.URL, error)
	timeout time.Duration
	agent   string
	trace   func(Exchange)
	before  func(Exchange) error
	retries int
	maxBody int64
	clock   Clock
}

// NewTransport returns a Transport. It opens no connection.
func NewTransport(o Options) *Transport {
	t := &Transport{http: o.HTTP, proxy: o.Proxy, timeout: o.Timeout, agent: o.Agent, trace: o.Trace, before: o.Before, retries: o.Retries, maxBody: o.MaxBody, clock: o.Clock.orReal()}
	if t.timeout == 0 {
		t.timeout = defaultTimeout
	}
	if t.agent == "" {
		t.agent = "novalet"
	}
	switch {
	case t.retries == 0:
		t.retries = defaultRetries
	case t.retries < 0:
		t.retries = 0
	}
	if t.maxBody == 0 {
		t.maxBody = defaultMaxBody
	}
	if t.http == nil {
		if o.Clock.Now != nil {
			// Certificates are judged by the same clock.
			if o.TLS = o.TLS.Clone(); o.TLS == nil {
				o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
			}
			o.TLS.Time = o.Clock.Now
		}
		if t.proxy == nil {
			t.proxy = http.ProxyFromEnvironment
		}
		t.http = &http.Transport{
			Proxy:               t.proxy,
			DialContext:         (&net.Dialer{Timeout: min(t.timeout, dialTimeout), KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:     o.TLS,
			TLSHandshakeTimeout: min(t.timeout, dialTimeout),
			OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, reply *http.Response) error {
				if reply.StatusCode == http.StatusOK {
					return nil
				}
				return &proxyRefusal{host: proxy.Host, status: reply.StatusCode, login: proxy.User != nil}
			},
			ResponseHeaderTimeout: t.timeout,
			ExpectContinueTimeout: 300 * time.Millisecond, // of servers that never say so
			MaxIdleConnsPerHost:   8,
			IdleConnTimeout:       30 * time.Second,
		}
	}
	return t
}

// Close closes idle connections.
func (t *Transport) Close() {
	if c, ok := t.http.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Request is one request for a Transport.
type Request struct {
	Purpose, Service, Route, Policy string // for the trace
	Version                         wire.Version

	Method  string
	URL     string
	Header  http.Header // taken over
	Body    []byte      // JSON
	Stream  io.Reader   // instead of Body; not closed
	Streams bool        // hand the reply's body over unread

	upload *upload // of Stream, when it may have to be sent again
}

// Response is a reply with a status below 400.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Stream io.ReadCloser // when Request.Streams
}

// Send sends a request and reads its reply. A status of 400 or more is an
// *Error, no usable reply a *Failure. Safe calls (GET, HEAD) are tried again
// with back-off after 429, 503 and broken connections.
func (t *Transport) Send(ctx context.Context, r *Request) (*Response, error) {
	target, err := url.Parse(r.URL)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, &Failure{Class: CommandError, Message: fmt.Sprintf("%q is not an http or https URL.", r.URL), Cause: errRefused}
	}
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead
	redirects := 0
	for attempt := 1; ; attempt++ {
		response, err := t.once(ctx, r, target, attempt)
		if err == nil && isRedirect(response.Status) && r.Stream == nil {
			if response.Stream != nil {
				_ = response.Stream.Close()
			}
			if target, err = t.follow(target, response, redirects); err != nil {
				return nil, err
			}
			redirects++
			attempt--
			continue
		}
		if err == nil || !safe || attempt > t.retries {
			return response, err
		}
		wait, again := t.backOff(err, attempt)
		if !again {
			return nil, err
		}
		if ended := t.clock.Sleep(ctx, wait); errors.Is(ended, context.Canceled) {
			return nil, ended
		} else if ended != nil {
			return nil, err // says more than the end of the context
		}
	}
}

// backOff decides whether to try again, and after how long.
func (t *Transport) backOff(err error, attempt int) (time.Duration, bool) {
	var refusal *Error
	if errors.As(err, &refusal) {
		if refusal.Status != http.StatusTooManyRequests && refusal.Status != http.StatusServiceUnavailable {
			return 0, false
		}
		if wait, ok := t.retryAfter(refusal.retryAfter); ok {
			return wait, wait <= maxRetryAfter
		}
	} else if !errors.Is(err, errBroken) {
		return 0, false
	}
	wait := min(firstBackOff<<(attempt-1), lastBackOff)
	return wait/2 + time.Duration(t.clock.Rand()*float64(wait)/2), true
}

// retryAfter reads the header in its two forms: seconds or a date.
func (t *Transport) retryAfter(text string) (time.Duration, bool) {
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<20)) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(t.clock.Now())), true
	}
	return 0, false
}

// once sends a request one time.
func (t *Transport) once(ctx context.Context, r *Request, target *url.URL, attempt int) (*Response, error) {
	x := Exchange{
		Purpose: r.Purpose, Service: r.Service, Route: r.Route, Policy: r.Policy, Version: r.Version, Attempt: attempt,
		Method: r.Method, URL: target.Redacted(), Start: t.clock.Now(), bodies: &bodies{request: r.Body},
	}
	response, err := t.roundTrip(ctx, r, target, &x)
	if t.trace != nil {
		x.Took = t.clock.Now().Sub(x.Start)
		x.RequestHeader, x.ReplyHeader = maskHeader(x.RequestHeader), maskHeader(x.ReplyHeader)
		t.trace(x)
	}
	return response, err
}

func (t *Transport) roundTrip(ctx context.Context, r *Request, target *url.URL, x *Exchange) (_ *Response, err error) {
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	keep := false
	limit := time.AfterFunc(t.timeout, cancel)
	if r.Stream != nil {
		limit.Stop() // an upload may take its time; the wait for its reply is limited below
	}
	defer func() {
		timedOut := !limit.Stop() && r.Stream == nil
		if !keep {
			cancel()
		}
		if err != nil && outer.Err() == nil && timedOut && errors.Is(err, context.Canceled) {
			err = explain(context.DeadlineExceeded, t.going(r, target))
		} else if err != nil && errors.Is(err, context.Canceled) && outer.Err() != nil {
			err = outer.Err()
		}
		x.Err = failureOf(err)
	}()
	request, err := t.request(ctx, r, target)
	if err != nil {
		return nil, err
	}
	x.RequestHeader = request.Header
	if t.before != nil {
		shown := *x
		shown.RequestHeader = maskHeader(request.Header)
		if err := t.before(shown); err != nil {
			return nil, err
		}
	}
	reply, err := t.http.RoundTrip(request)
	if err != nil {
		return nil, explain(err, t.going(r, target))
	}
	if reply.StatusCode == http.StatusProxyAuthRequired && t.proxy != nil {
		if proxy, err := t.proxy(request); err == nil && proxy != nil {
			_ = reply.Body.Close()
			return nil, explain(&proxyRefusal{host: proxy.Host, status: reply.StatusCode, login: proxy.User != nil}, t.going(r, target))
		}
	}
	x.Status, x.ReplyHeader, x.RequestID = reply.StatusCode, reply.Header, requestID(reply.Header)
	response := &Response{Status: reply.StatusCode, Header: reply.Header}
	if r.Streams && reply.StatusCode < 400 {
		// From here on only the caller's context ends the stream.
		keep, x.Bytes = true, -1
		response.Stream = &stream{reply.Body, cancel, t.going(r, target)}
		return response, nil
	}
	defer func() { _ = reply.Body.Close() }()
	most := t.maxBody
	if reply.StatusCode >= 400 {
		most = maxFaultBody
	}
	body, err := readBody(reply, most)
	x.Bytes, x.bodies.reply = int64(len(body)), body
	if reply.StatusCode >= 400 {
		if target.Scheme == "http" && reply.StatusCode == http.StatusBadRequest && wantsTLS(body) {
			return nil, &Failure{Class: SSLError, Message: "The service at http://" + target.Host + " speaks TLS: use https:// in the URL.", Cause: errRefused}
		}
		return nil, t.refusal(r, target, reply, body, x)
	}
	if errors.Is(err, errTooLarge) {
		return nil, &Failure{Class: BadReply, Message: fmt.Sprintf("The reply of %s is larger than %d bytes: ask for fewer things at once.", target.Host, most), Cause: err}
	} else if err != nil {
		return nil, explain(err, t.going(r, target))
	}
	response.Body = body
	return response, nil
}

func (t *Transport) going(r *Request, at *url.URL) going {
	return going{method: r.Method, at: at, timeout: t.timeout, dial: min(t.timeout, dialTimeout), now: t.clock.Now()}
}

func failureOf(err error) error {
	if refusal := (*Error)(nil); errors.As(err, &refusal) {
		return nil
	}
	return err
}

func (t *Transport) request(ctx context.Context, r *Request, target *url.URL) (*http.Request, error) {
	var body io.Reader
	switch {
	case r.Stream != nil:
		up := r.upload
		if up == nil {
			up = newUpload(r.Stream)
		}
		body = up.begin()
	case r.Body != nil:
		body = bytes.NewReader(r.Body)
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, target.String(), body)
	if err != nil {
		return nil, &Failure{Class: CommandError, Message: "The request cannot be made: " + err.Error() + ".", Cause: err}
	}
	for name, values := range r.Header {
		request.Header[name] = append([]string(nil), values...)
	}
	if _, ok := request.Header["Accept"]; !ok && !r.Streams {
		request.Header.Set("Accept", "application/json")
	}
	request.Header.Set("User-Agent", t.agent)
	switch {
	case r.Stream != nil:
		if request.Header.Get("Content-Type") == "" {
			request.Header.Set("Content-Type", "application/octet-stream")
		}
		sizeUpload(request)
	case r.Body != nil && request.Header.Get("Content-Type") == "":
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

var errTooLarge = errors.New("reply too large")

func readBody(reply *http.Response, most int64) ([]byte, error) {
	var buf bytes.Buffer
	if n := reply.ContentLength; n > 0 && n <= min(most, 8<<20) {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(reply.Body, most+1))
	if n > most {
		return buf.Bytes()[:most], errTooLarge
	}
	return buf.Bytes(), err
}

// requestID reads the reply's id under the names that services use.
func requestID(h http.Header) string {
	for _, name := range [...]string{"X-Compute-Request-Id", "X-Openstack-Request-Id", "X-Image-Meta-Request-Id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// stream is a reply's body that ends its request when it is closed.
type stream struct {
	io.ReadCloser
	cancel context.CancelFunc
	from   going
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = explain(err, s.from)
	}
	return n, err
}

func (s *stream) Close() error {
	err := s.ReadCloser.Close()
	s.cancel()
	return err
}
