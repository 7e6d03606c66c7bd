package compute_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	api "github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/policy"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/service/compute"
)

// epoch is when every test happens.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)

// edge is the Compute API behind a real HTTP server, with tokens that say who
// calls: admin, demo, other (of another project), reader (of demo's project)
// and nobody (without a project).
type edge struct {
	t   testing.TB
	url string
	db  *store.DB
}

type tokens map[string]*cloud.Caller

func (t tokens) Authenticate(_ context.Context, token cloud.Secret) (*cloud.Caller, error) {
	if c := t[string(token)]; c != nil {
		return c, nil
	}
	return nil, fault.New(fault.Unauthorized, "Who are you?")
}

var callers = tokens{
	"admin":  {UserID: "u-admin", ProjectID: "p-admin", Roles: []string{"admin", "member", "reader"}},
	"demo":   {UserID: "u-demo", ProjectID: "p-demo", Roles: []string{"member", "reader"}},
	"other":  {UserID: "u-other", ProjectID: "p-other", Roles: []string{"member", "reader"}},
	"reader": {UserID: "u-reader", ProjectID: "p-demo", Roles: []string{"reader"}},
	"nobody": {UserID: "u-demo"},
}

type projects []string

func (p projects) ProjectExists(_ context.Context, id string) (bool, error) {
	for _, known := range p {
		if known == id {
			return true, nil
		}
	}
	return false, nil
}

type silence struct{}

func (silence) Ring(string) {}

// both runs f against the API on both engines.
func both(t *testing.T, f func(e *edge)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB) { f(serve(t, db)) })
}

// one runs f on SQLite, for what is not about SQL.
func one(t testing.TB, f func(e *edge)) {
	t.Helper()
	f(serve(t, storetest.Open(t, storetest.SQLite(t))))
}

func serve(t testing.TB, db *store.DB) *edge {
	t.Helper()
	var rules []policy.Rule
	for _, r := range api.Routes() {
		if p := r.Info().Policy; p.Name != "" {
			rules = append(rules, policy.Rule{Name: p.Name, Check: p.Default})
		}
	}
	for _, r := range api.BaseRules() {
		rules = append(rules, policy.Rule{Name: r.Name, Check: r.Default})
	}
	enforcer, err := policy.New(rules)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	now := func() time.Time { return epoch }
	ids := 0
	service := compute.New(compute.Deps{
		DB: db, Bell: silence{}, Log: log, Now: now, Quotas: cloud.DefaultQuotas(),
		NewID:    func() string { ids++; return uuid(ids) },
		Projects: projects{"p-admin", "p-demo", "p-other"},
	})
	cfg := httpd.Config{Auth: callers, Policy: enforcer, Log: log, Now: now}
	v21 := httpd.New(cfg, "/compute/v2.1", "/compute", compute.Style("http://id/v3"))
	service.Mount(v21)
	mux := http.NewServeMux()
	mux.Handle("/compute/v2.1/", v21)
	mux.Handle("/compute/v2.1", v21)
	mux.Handle("/compute/", compute.Root(cfg, "/compute"))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &edge{t: t, url: server.URL, db: db}
}

// uuid is the nth id of a test.
func uuid(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

// tx changes the database.
func (e *edge) tx(f func(ctx context.Context, tx *store.Tx) error) {
	e.t.Helper()
	ctx := e.t.Context()
	if err := e.db.Tx(ctx, func(tx *store.Tx) error { return f(ctx, tx) }); err != nil {
		e.t.Fatal(err)
	}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string // with {url} for the server's address
}

// do sends a request as who at a version; path is below /v2.1 unless it begins
// with //, then it is below the server's root. A success is read strictly by
// the contract.
func (e *edge) do(who, version, method, path, body string) reply {
	e.t.Helper()
	url := e.url + "/compute/v2.1" + path
	if rest, root := strings.CutPrefix(path, "//"); root {
		url = e.url + "/" + rest
	}
	req, err := http.NewRequestWithContext(e.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	if who != "" {
		req.Header.Set("X-Auth-Token", who)
	}
	req.Header.Set("OpenStack-API-Version", "compute "+version)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	if res.StatusCode < 300 && strings.HasPrefix(url, e.url+"/compute/v2.1") {
		e.readStrictly(method, req.URL.Path, version, res.Header, text)
	}
	return reply{res.StatusCode, res.Header, strings.ReplaceAll(string(text), e.url, "{url}")}
}

// readStrictly reads a reply as the contract has it: a member that the contract
// does not know at this version, or one of another type, fails the test.
func (e *edge) readStrictly(method, path, version string, header http.Header, body []byte) {
	e.t.Helper()
	v, err := wire.ParseVersion(version)
	if version == "latest" {
		v, err = api.MaxVersion, nil
	}
	if err != nil {
		e.t.Fatal(err)
	}
	path = strings.TrimPrefix(path, "/compute/v2.1")
	for _, caller := range callers { // the project may stand before the resource
		if caller.ProjectID != "" {
			path = strings.TrimPrefix(path, "/"+caller.ProjectID)
		}
	}
	found := api.Routes()[:0:0]
	for _, endpoint := range api.Routes() {
		info := endpoint.Info()
		if info.Method == method && info.Span.Has(v) && info.Action == "" && fits(info.Path, path) {
			found = append(found, endpoint)
		}
	}
	if len(found) == 0 {
		e.t.Fatalf("%s %s at %s is not in the contract", method, path, version)
	}
	route := found[0] // of /servers/detail and /servers/{server_id} the one without a name in it
	for _, endpoint := range found {
		if strings.Count(endpoint.Info().Path, "{") < strings.Count(route.Info().Path, "{") {
			route = endpoint
		}
	}
	results := reflect.ValueOf(route).MethodByName("ReadReplyStrict").Call([]reflect.Value{
		reflect.ValueOf(v), reflect.ValueOf(header), reflect.ValueOf(body),
	})
	if err, _ := results[1].Interface().(error); err != nil {
		e.t.Errorf("%s at %s answers against its contract: %v\n%s", route.Info().Name, v, err, body)
	}
}

func fits(pattern, path string) bool {
	a, b := strings.Split(strings.Trim(pattern, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !strings.HasPrefix(a[i], "{") {
			return false
		}
	}
	return true
}

// exchange is one row of a table: who sends what at which version, and what
// comes back.
type exchange struct {
	who, version, request string // request: METHOD /path
	body                  string
	status                int
	want                  string // the whole body as JSON, members in order; or a piece of it when it does not begin with {; empty: not looked at
}

// run sends the rows one after another.
func (e *edge) run(rows []exchange) {
	e.t.Helper()
	for i, row := range rows {
		method, path, _ := strings.Cut(row.request, " ")
		got := e.do(row.who, row.version, method, path, row.body)
		where := fmt.Sprintf("row %d: %s %s @%s", i, row.who, row.request, row.version)
		if got.status != row.status {
			e.t.Errorf("%s: %d instead of %d: %s", where, got.status, row.status, got.body)
			continue
		}
		switch {
		case strings.HasPrefix(row.want, "{"):
			if want := compact(e.t, row.want); compact(e.t, got.body) != want {
				e.t.Errorf("%s:\n got %s\nwant %s", where, got.body, want)
			}
		case !strings.Contains(got.body, row.want):
			e.t.Errorf("%s: %q is not in %s", where, row.want, got.body)
		}
	}
}

func compact(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Errorf("%v in %q", err, text)
		return text
	}
	return b.String()
}

// versionsTried are the versions at which every reply is read strictly: one on
// each side of what changed in what this package answers.
var versionsTried = []string{
	"2.1", "2.2", "2.10", "2.16", "2.19", "2.20", "2.21", "2.28", "2.33", "2.35", "2.36", "2.39", "2.47", "2.50", "2.51",
	"2.52", "2.53", "2.57", "2.58", "2.62", "2.66", "2.73", "2.75", "2.84", "2.87", "2.88", "2.90", "2.92", "2.96", "2.102", "latest",
}
