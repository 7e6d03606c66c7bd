package image_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	api "github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/policy"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/disk"
	"github.com/novalet/novalet/internal/service/image"
)

// edge is the Image API behind a real HTTP server, with tokens that say who
// calls: admin, demo, other (a member of another project) and reader (of
// demo's project).
type edge struct {
	t       testing.TB
	url     string
	dir     string
	db      *store.DB
	service *image.Service
	client  *http.Client
	server  *httptest.Server
	arrived chan struct{} // gets one when the first chunk of an upload is on disk, if somebody waits
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
	"system": {UserID: "u-system", System: true, Roles: []string{"member", "reader"}},
}

// both runs f against the API on both engines.
func both(t *testing.T, f func(e *edge)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB) { f(serve(t, db, t.TempDir(), image.Limits{})) })
}

func serve(t testing.TB, db *store.DB, dir string, limits image.Limits) *edge {
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
	log := slog.New(slog.DiscardHandler)
	var ticks atomic.Int64 // every look at the clock is a millisecond later, so that lists have an order
	now := func() time.Time {
		return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(time.Duration(ticks.Add(1)) * time.Millisecond)
	}
	arrived := make(chan struct{}, 100)
	service := image.New(image.Deps{
		DB: db, Policy: enforcer, Inspect: func() cloud.ImageInspector { return &watched{arrived: arrived} },
		Dir: dir, Limits: limits, Log: log, Now: now, NewID: newID,
	})
	if err := service.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	edgeAPI := httpd.New(httpd.Config{Auth: callers, Policy: enforcer, Log: log, Now: now}, "/image", "/image", image.Style("http://id/v3"))
	service.Mount(edgeAPI)
	server := httptest.NewServer(edgeAPI)
	t.Cleanup(server.Close)
	return &edge{t: t, url: server.URL + "/image", dir: dir, db: db, service: service, client: server.Client(), server: server, arrived: arrived}
}

// watched is the real inspector, and tells when data has come.
type watched struct {
	disk.Inspector
	arrived chan struct{}
	told    bool
}

func (w *watched) Write(p []byte) (int, error) {
	if !w.told {
		w.told = true
		select {
		case w.arrived <- struct{}{}:
		default:
		}
	}
	return w.Inspector.Write(p)
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) json(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.body, &m); err != nil {
		t.Fatalf("%v in %q", err, r.body)
	}
	return m
}

// do sends a request as who; kind is the Content-Type. body is nil, a string,
// or an io.Reader, which goes in chunks.
func (e *edge) do(who, method, path, kind string, body any, headers ...string) reply {
	e.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	case []byte:
		r = bytes.NewReader(b)
	case io.Reader:
		r = b
	}
	req, err := http.NewRequestWithContext(e.t.Context(), method, e.url+path, r)
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	if who != "" {
		req.Header.Set("X-Auth-Token", who)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := e.client.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	if resp.StatusCode >= 500 {
		e.t.Errorf("%s %s: %d %s", method, path, resp.StatusCode, b)
	}
	if !strings.HasPrefix(resp.Header.Get("X-Openstack-Request-Id"), "req-") {
		e.t.Errorf("%s %s: no request id", method, path)
	}
	return reply{resp.StatusCode, resp.Header, b}
}

func (e *edge) want(status int, r reply) reply {
	e.t.Helper()
	if r.status != status {
		e.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// create makes an image and returns its id.
func (e *edge) create(who, body string) string {
	e.t.Helper()
	return e.want(201, e.do(who, "POST", "/v2/images", "application/json", body)).json(e.t)["id"].(string)
}

const raw = `{"name": "one", "disk_format": "raw", "container_format": "bare"}`

func (e *edge) upload(who, id string, body any) reply {
	e.t.Helper()
	return e.do(who, "PUT", "/v2/images/"+id+"/file", api.DataType, body)
}

func (e *edge) patch(who, id, body string) reply {
	e.t.Helper()
	return e.do(who, "PATCH", "/v2/images/"+id, api.PatchType, body)
}

func (e *edge) get(who, path string) reply {
	e.t.Helper()
	return e.do(who, "GET", path, "", nil)
}

func (e *edge) show(who, id string) map[string]any {
	e.t.Helper()
	return e.want(200, e.get(who, "/v2/images/"+id)).json(e.t)
}

// names lists the names in a list, in order.
func (e *edge) names(who, query string) string {
	e.t.Helper()
	var names []string
	for _, i := range e.want(200, e.get(who, "/v2/images"+query)).json(e.t)["images"].([]any) {
		name, _ := i.(map[string]any)["name"].(string)
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// files lists the files below the image folder.
func (e *edge) files() []string {
	e.t.Helper()
	var all []string
	err := filepath.WalkDir(e.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return all
}
