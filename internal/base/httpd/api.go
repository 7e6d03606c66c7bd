// Package httpd is the edge of every service: it turns an HTTP request into a
// typed call of a handler and the answer, or the fault, back into HTTP. The
// order of its checks is the order a client sees (spec/nova-errors.md section
// 5): token, version, content type, action name, syntax, project in the URL,
// the route's versions, schema, look-up, policy, handler.
package httpd

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Config is what all APIs of a cloud share.
type Config struct {
	Auth   cloud.Authenticator
	Policy cloud.Authorizer
	Log    *slog.Logger
	Now    func() time.Time
}

// Style is how one service differs from the others at the edge.
type Style struct {
	Service  string // of the version header: compute; empty when it has no microversions
	Min, Max wire.Version
	MaxBody  int64 // bytes of a JSON body; 0 is 114688, Nova's limit

	// RequestIDs names the reply headers that carry the request id.
	RequestIDs []string
	// LegacyHeader is an older request and reply header for the version.
	LegacyHeader string
	// ProjectInPath strips a project id that stands before the resource.
	ProjectInPath bool
	// MediaTypes are accepted in Content-Type besides application/json.
	MediaTypes []string

	// Strict is a router as Nova's: a path that no route knows asks for the token
	// first, a trailing slash makes another path, HEAD is not GET, and a reply without content still has its type.
	Strict bool

	// Fault writes a refusal in the service's own form.
	Fault func(w http.ResponseWriter, r *http.Request, status int, err *fault.Error)
	// Unauthorized writes the 401 of the token layer.
	Unauthorized func(w http.ResponseWriter, r *http.Request)
	// NoRoute writes the answer to a path that no route knows.
	NoRoute func(w http.ResponseWriter, r *http.Request)
}

// API is one service's routes below one prefix.
type API struct {
	Prefix   string // /compute/v2.1
	Bookmark string // /compute
	style    Style
	auth     cloud.Authenticator
	policy   cloud.Authorizer
	log      *slog.Logger
	now      func() time.Time
	mux      *http.ServeMux
	entries  map[string]*entry
	roots    []string // first path segments of all routes
}

// New returns an API without routes.
func New(cfg Config, prefix, bookmark string, style Style) *API {
	if style.MaxBody == 0 {
		style.MaxBody = 114688
	}
	return &API{
		Prefix: prefix, Bookmark: bookmark, style: style,
		auth: cfg.Auth, policy: cfg.Policy, log: cfg.Log, now: cfg.Now,
		mux: http.NewServeMux(), entries: map[string]*entry{},
	}
}

// entry is one method and path; several routes share it when they differ by
// action key or version.
type entry struct {
	routes  []*mounted
	actions bool
}

// mounted is a route with its handler, types erased.
type mounted struct {
	info wire.Info
	// serve decodes, looks up, judges, handles and encodes.
	serve func(ctx Ctx, req *request) (*wire.Reply, error)
}

// request is what is left to read when a route has been found.
type request struct {
	http *http.Request
	body []byte // for an action, the value below its key
}

func (r *request) path(name string) string { return r.http.PathValue(name) }

func (a *API) add(m *mounted) {
	pattern := m.info.Method + " " + muxPath(m.info.Path)
	e := a.entries[pattern]
	if e == nil {
		e = &entry{}
		a.entries[pattern] = e
		a.mux.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, e) }))
		if root, _, _ := strings.Cut(strings.TrimPrefix(m.info.Path, "/"), "/"); root != "" && !slices.Contains(a.roots, root) {
			a.roots = append(a.roots, root)
		}
	}
	e.routes = append(e.routes, m)
	e.actions = e.actions || m.info.Action != ""
}

func muxPath(p string) string {
	if p == "" || p == "/" {
		return "/{$}"
	}
	return p
}

// ServeHTTP answers a request whose path still has the prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := a.now()
	id := "req-" + cloud.NewUUID()
	for _, name := range a.style.RequestIDs {
		w.Header().Set(name, id)
	}
	rec := &recorder{ResponseWriter: w}
	state := &requestState{id: id}
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			a.log.Error("handler panicked", "request", id, "route", state.route, "panic", p, "stack", string(debug.Stack()))
			if rec.status == 0 {
				a.fault(rec, r, fault.New(fault.Internal, "panic: %v", p), id)
			}
		}
		a.log.Info("request", "id", id, "method", r.Method, "path", r.URL.Path, "route", state.route,
			"status", rec.status, "bytes", rec.bytes, "took", a.now().Sub(start), "user", state.user)
	}()
	rest := strings.TrimPrefix(r.URL.Path, a.Prefix)
	if rest == "" {
		rest = "/"
	}
	if rest != "/" && (strings.Contains(rest, "//") || path.Clean(rest) != strings.TrimSuffix(rest, "/")) {
		a.noRoute(rec, r, id)
		return
	}
	if len(rest) > 1 && !a.style.Strict {
		rest = strings.TrimSuffix(rest, "/")
	}
	if a.style.ProjectInPath {
		rest = a.stripProject(rest, state)
	}
	r2 := r.Clone(withState(r.Context(), state))
	r2.URL.Path, r2.URL.RawPath = rest, ""
	_, pattern := a.mux.Handler(r2)
	if e := a.entries[pattern]; e == nil || a.style.Strict && r.Method == http.MethodHead && !e.routes[0].info.Public {
		a.noRoute(rec, r, id)
		return
	}
	a.mux.ServeHTTP(rec, r2)
}

// noRoute answers a path or method that no route knows.
func (a *API) noRoute(w http.ResponseWriter, r *http.Request, id string) {
	if a.style.Strict {
		if _, err := a.auth.Authenticate(r.Context(), cloud.Secret(r.Header.Get("X-Auth-Token"))); err != nil {
			a.fault(w, r, err, id)
			return
		}
	}
	a.style.NoRoute(w, r)
}

// stripProject takes a leading project id off a path that goes on behind it.
func (a *API) stripProject(rest string, state *requestState) string {
	first, after, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if first == "" || after == "" || slices.Contains(a.roots, first) {
		return rest
	}
	state.project = first
	return "/" + after
}

// serve handles one method and path.
func (a *API) serve(w http.ResponseWriter, r *http.Request, e *entry) {
	state := stateOf(r.Context())
	reply, err := a.call(w, r, e, state)
	if err != nil {
		a.fault(w, r, err, state.id)
		return
	}
	for name, values := range reply.Header {
		w.Header()[name] = append(w.Header()[name], values...)
	}
	switch {
	case reply.Stream != nil:
		defer func() { _ = reply.Stream.Close() }()
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "application/octet-stream")
		}
		w.WriteHeader(reply.Status)
		if r.Method != http.MethodHead {
			if _, err := io.Copy(w, reply.Stream); err != nil {
				a.log.Warn("reply broke off", "request", state.id, "route", state.route, "err", err)
			}
		}
	default:
		if reply.Status != http.StatusNoContent || a.style.Strict {
			w.Header().Set("Content-Type", a.contentType(r))
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(reply.Body)))
		w.WriteHeader(reply.Status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(reply.Body)
		}
	}
}

func (a *API) contentType(r *http.Request) string {
	for _, t := range a.style.MediaTypes {
		if strings.Contains(r.Header.Get("Accept"), t) {
			return t
		}
	}
	return "application/json"
}

// call finds the route and calls it.
func (a *API) call(w http.ResponseWriter, r *http.Request, e *entry, state *requestState) (*wire.Reply, error) {
	ctx := Ctx{Context: r.Context(), RequestID: state.id, URL: r.URL, Header: w.Header(), api: a, base: BaseURL(r)}
	if state.project != "" {
		ctx.rest = "/" + state.project
	}
	if !e.routes[0].info.Public {
		caller, err := a.auth.Authenticate(ctx, cloud.Secret(r.Header.Get("X-Auth-Token")))
		if err != nil {
			return nil, err
		}
		own := *caller
		own.RequestID = state.id
		ctx.Caller, state.user = &own, own.UserID
	}
	if a.style.Service != "" {
		version, err := a.negotiate(r)
		if !version.IsZero() {
			a.versionHeaders(w.Header(), version)
		}
		if err != nil {
			return nil, err
		}
		ctx.Version = version
	}
	req := &request{http: r}
	m, err := a.find(ctx, e, req)
	if err != nil {
		return nil, err
	}
	state.route = m.info.Name
	return m.serve(ctx, req)
}

// find reads the body and picks the route by action key and version.
func (a *API) find(ctx Ctx, e *entry, req *request) (*mounted, error) {
	first := e.routes[0].info
	if !first.TakesStream() && hasBody(req.http.Method) {
		if err := a.checkContentType(req.http); err != nil {
			return nil, err
		}
		body, err := io.ReadAll(http.MaxBytesReader(nil, req.http.Body, a.style.MaxBody))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return nil, fault.New(fault.TooLarge, "The request body is larger than %d bytes.", a.style.MaxBody)
		} else if err != nil {
			return nil, fault.New(fault.BadRequest, "The request body ended early.")
		}
		req.body = body
	}
	candidates := e.routes
	if e.actions {
		key, value, err := wire.ActionKey(req.body)
		if err != nil {
			return nil, badBody(err)
		}
		req.body = value
		candidates = slices.DeleteFunc(slices.Clone(candidates), func(m *mounted) bool { return m.info.Action != key })
		if len(candidates) == 0 {
			return nil, fault.New(fault.BadRequest, "There is no such action: %s", key)
		}
	}
	if p := ctx.rest; p != "" && ctx.Caller != nil && p[1:] != ctx.Caller.ProjectID {
		return nil, fault.New(fault.BadRequest, "Malformed request URL: URL's project_id '%s' doesn't match Context's project_id '%s'", p[1:], ctx.Caller.ProjectID)
	}
	for _, m := range candidates {
		if m.info.Gone {
			return nil, fault.New(fault.Gone, "This resource is no longer available.  No forwarding address is given.")
		}
		if m.info.Span.Has(ctx.Version) {
			return m, nil
		}
	}
	return nil, fault.New(fault.NotFound, "The resource could not be found.")
}

func hasBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

func (a *API) checkContentType(r *http.Request) error {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind == "" || kind == "application/json" || kind == "text/plain" || slices.Contains(a.style.MediaTypes, kind) {
		return nil
	}
	return fault.New(fault.BadMediaType, "Unsupported Content-Type")
}

// badBody turns an error of the wire package into a fault.
func badBody(err error) error {
	var syntax *wire.SyntaxError
	if errors.As(err, &syntax) {
		return fault.New(fault.BadRequest, "Malformed request body: %w", syntax)
	}
	return fault.New(fault.BadRequest, "%w", err)
}

// BaseURL is scheme://host as the client of a request reaches the server.
func BaseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// recorder notes what was answered, for the log.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// ReadFrom lets a file go to the socket without passing through this process.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := io.Copy(r.ResponseWriter, src)
	r.bytes += n
	return n, err
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
