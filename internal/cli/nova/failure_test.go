package nova_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cli/nova"
)

// noon is what the clock of a client under test says.
func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// small is a cloud that is just enough for nova to get somewhere. What a test is about is changed in it.
type small struct {
	http.ServeMux
	server *httptest.Server
	over   map[string]http.HandlerFunc // by path, instead of what follows

	regions []string
	issued  time.Time
	ends    time.Time
}

const smallHead = `{"token": {"methods": ["password"], "user": {"domain": {"id": "default", "name": "Default"}, "id": "u1", "name": "admin", "password_expires_at": null}, ` +
	`"audit_ids": ["a"], "expires_at": "%s", "issued_at": "%s", "project": {"domain": {"id": "default", "name": "Default"}, "id": "p1", "name": "admin"}, "is_domain": false, "roles": [], "catalog": %s}}`

func newSmall(t *testing.T) *small {
	s := &small{over: map[string]http.HandlerFunc{}, regions: []string{"East", "West"}, issued: noon(), ends: noon().Add(time.Hour)}
	s.server = httptest.NewUnstartedServer(s)
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.server.Close)
	return s
}

func (s *small) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", noon().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	if reply := s.over[r.URL.Path]; reply != nil {
		reply(w, r)
		return
	}
	at := s.server.URL
	switch r.URL.Path {
	case "/v3/auth/tokens":
		var endpoints []string
		for _, region := range s.regions {
			endpoints = append(endpoints, fmt.Sprintf(`{"id": "e", "interface": "public", "region": %[1]q, "region_id": %[1]q, "url": "%[2]s/v2.1"}`, region, at))
		}
		catalog := `[{"type": "image", "name": "glance", "id": "i", "endpoints": [{"id": "e", "interface": "public", "region": "East", "region_id": "East", "url": "` + at + `/image"}]}`
		if len(endpoints) > 0 {
			catalog += `, {"type": "compute", "name": "nova", "id": "c", "endpoints": [` + strings.Join(endpoints, ", ") + `]}`
		}
		const layout = "2006-01-02T15:04:05.000000Z"
		w.Header().Set("X-Subject-Token", "HUSH-token")
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, smallHead, s.ends.Format(layout), s.issued.Format(layout), catalog+"]")
	case "/v2.1":
		_, _ = io.WriteString(w, `{"version": {"id": "v2.1", "status": "CURRENT", "version": "2.93", "min_version": "2.1", "links": []}}`)
	case "/v2.1/flavors/detail":
		_, _ = io.WriteString(w, `{"flavors": []}`)
	default:
		w.Header().Set("X-Compute-Request-Id", "req-1")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"itemNotFound": {"code": 404, "message": "The resource could not be found."}}`)
	}
}

func status(code int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// cut ends the connection after some bytes.
func cut(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}
	}
}

// authority signs the certificates of a test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	dir  string
	next int64
}

func newAuthority(t *testing.T) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, dir: t.TempDir(), next: 2}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: noon().AddDate(-20, 0, 0), NotAfter: noon().AddDate(50, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.write(t, "ca.pem", "CERTIFICATE", der)
	return a
}

func (a *authority) write(t *testing.T, name, kind string, der []byte) string {
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// issue makes a certificate for a host, and writes it and its key into files too.
func (a *authority) issue(t *testing.T, host string, from, to time.Time) tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.next), Subject: pkix.Name{CommonName: host}, NotBefore: from, NotAfter: to,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	a.next++
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, host+".pem", "CERTIFICATE", der)
	a.write(t, host+".key", "EC PRIVATE KEY", keyDER)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
}

// secure makes the cloud speak TLS with a certificate.
func (s *small) secure(cert tls.Certificate, change func(*tls.Config)) {
	s.server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	if change != nil {
		change(s.server.TLS)
	}
	s.server.StartTLS()
}

// failing is one way to go wrong.
type failing struct {
	name string
	// set changes the cloud, which it may start, and the run.
	set  func(t *testing.T, s *small, r *failingRun)
	args string
	want string // on stderr, without the ERROR line's newline; HOST is the cloud's
	code int    // 0 stands for 1
}

// failingRun is what a case may change in how nova is run.
type failingRun struct {
	env    map[string]string
	files  map[string]string // below the home folder
	client client.Options
	hide   []string // texts that are HIDDEN in what is compared
}

func at(path string, reply http.HandlerFunc) func(*testing.T, *small, *failingRun) {
	return func(_ *testing.T, s *small, _ *failingRun) { s.over[path] = reply }
}

func env(pairs ...string) func(*testing.T, *small, *failingRun) {
	return func(_ *testing.T, _ *small, r *failingRun) {
		for i := 0; i < len(pairs); i += 2 {
			r.env[pairs[i]] = pairs[i+1]
		}
	}
}

// TestWrongInput runs nova in every way that goes wrong, and shows what a user reads then.
func TestWrongInput(t *testing.T) {
	for _, cases := range [][]failing{wrongSettings(), wrongClouds(), wrongURLs(), wrongTLS(), wrongReplies(), wrongLogins(), wrongCatalogs(), wrongTimes(), wrongNames()} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { c.run(t) })
		}
	}
}

func (c failing) run(t *testing.T) {
	s := newSmall(t)
	r := &failingRun{
		env: map[string]string{"OS_AUTH_URL": "HOST/v3", "OS_USERNAME": "admin", "OS_PASSWORD": "HUSH-password", "OS_PROJECT_NAME": "admin"},
		client: client.Options{Clock: client.Clock{
			Now: noon, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Rand: func() float64 { return 1 },
		}},
	}
	if c.set != nil {
		c.set(t, s, r)
	}
	if s.server.URL == "" {
		s.server.Start()
	}
	home := t.TempDir()
	for name, text := range r.files {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lookup := func(name string) (string, bool) {
		value, ok := r.env[name]
		return strings.ReplaceAll(value, "HOST", s.server.URL), ok
	}
	args := strings.Fields(c.args)
	if c.args == "" {
		args = []string{"flavor-list"}
	}
	var stdout, stderr bytes.Buffer
	code := nova.Main(t.Context(), nova.Process{
		Args: args, Env: lookup, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Client: r.client, CacheDir: filepath.Join(home, "cache"),
		Sources: func(map[string]string) auth.Sources {
			return auth.Sources{Env: lookup, ConfigDirs: []string{home}, Home: home}
		},
	})
	plainHost := strings.TrimPrefix(strings.TrimPrefix(s.server.URL, "https://"), "http://")
	got := strings.NewReplacer("http://"+plainHost, "HOST", "https://"+plainHost, "HOST", plainHost, "ADDRESS").Replace(stderr.String())
	for _, text := range r.hide {
		got = strings.ReplaceAll(got, text, "HIDDEN")
	}
	if diff := cmp.Diff(c.want+"\n", got); diff != "" {
		t.Errorf("exit %d; (- want, + got):\n%s", code, diff)
	}
	if want := max(1, c.code); code != want {
		t.Errorf("exit code %d, want %d", code, want)
	}
	if stdout.Len() > 0 {
		t.Errorf("stdout has %q", stdout.String())
	}
	if words := goWords.FindAllString(stderr.String(), -1); words != nil {
		t.Errorf("a user reads %q", words)
	}
	if strings.Contains(stderr.String(), "HUSH") {
		t.Error("a secret shows")
	}
	t.Log(strings.TrimSpace(got))
}

// goWords are what only a Go programmer would understand.
var goWords = regexp.MustCompile(`dial tcp|read tcp|x509:|tls:|net/http|http: |json:|yaml:|strconv|EOF|context |goroutine|unmarshal|invalid character|%!|<nil>|panic|lookup |i/o timeout`)

// session runs nova at a cloud like small, over and over with one cache.
func (s *small) session(t *testing.T, env map[string]string) func(args ...string) (code int, output string) {
	cache := filepath.Join(t.TempDir(), "cache")
	lookup := func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
	return func(args ...string) (int, string) {
		var output bytes.Buffer
		code := nova.Main(t.Context(), nova.Process{
			Args: args, Env: lookup, Stdin: strings.NewReader(""), Stdout: &output, Stderr: &output, CacheDir: cache,
			Client: client.Options{Clock: client.Clock{Now: noon}},
		})
		return code, output.String()
	}
}

// TestNoSecretShows looks for every secret in all that nova can be made to say, and in the files it keeps.
func TestNoSecretShows(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"password":     {"OS_USERNAME": "admin", "OS_PASSWORD": "HUSH-password", "OS_PROJECT_NAME": "admin"},
		"token":        {"OS_AUTH_TYPE": "v3token", "OS_TOKEN": "HUSH-given", "OS_PROJECT_NAME": "admin"},
		"app cred":     {"OS_AUTH_TYPE": "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_ID": "i", "OS_APPLICATION_CREDENTIAL_SECRET": "HUSH-secret"},
		"multi-factor": {"OS_AUTH_TYPE": "v3multifactor", "OS_AUTH_METHODS": "v3password,v3totp", "OS_USERNAME": "admin", "OS_PASSWORD": "HUSH-password", "OS_PASSCODE": "HUSH-123456", "OS_PROJECT_NAME": "admin"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSmall(t)
			s.server.Start()
			env["OS_AUTH_URL"] = strings.Replace(s.server.URL, "http://", "http://me:HUSH-url@", 1) + "/v3"
			run := s.session(t, env)
			for range 2 {
				if code, output := run("--debug", "--explain", "--timings", "flavor-list"); code != 0 || strings.Contains(output, "HUSH") || !strings.Contains(output, "REQ: ") {
					t.Errorf("exit %d:\n%s", code, output)
				}
			}
			s.over["/v2.1/flavors/detail"] = status(401, "", "")
			s.over["/v3/auth/tokens"] = status(401, "application/json", `{"error": {"code": 401, "message": "No.", "title": "Unauthorized"}}`)
			if code, output := run("--debug", "--explain", "flavor-list"); code != 1 || strings.Contains(output, "HUSH") {
				t.Errorf("exit %d:\n%s", code, output)
			}
		})
	}
}

// TestWarmCommandSendsOneRequest counts what a second and a third command send, and what one sends whose token ended.
func TestWarmCommandSendsOneRequest(t *testing.T) {
	s := newSmall(t)
	var seen []string
	s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.URL.Path)
		s.ServeHTTP(w, r)
	})
	s.server.Start()
	run := s.session(t, map[string]string{"OS_AUTH_URL": s.server.URL + "/v3", "OS_USERNAME": "admin", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "admin"})
	const login, versions, list = "POST /v3/auth/tokens", "GET /v2.1", "GET /v2.1/flavors/detail"
	revoked := func(w http.ResponseWriter, r *http.Request) {
		delete(s.over, r.URL.Path)
		w.WriteHeader(http.StatusUnauthorized)
	}
	for i, step := range []struct {
		revoke bool
		args   []string
		want   []string
	}{
		{args: []string{"flavor-list"}, want: []string{login, versions, list}},
		{args: []string{"flavor-list"}, want: []string{list}},
		{args: []string{"--os-compute-api-version", "2.60", "flavor-list"}, want: []string{list}},
		{revoke: true, args: []string{"flavor-list"}, want: []string{list, login, list}},
		{args: []string{"--debug", "flavor-list"}, want: []string{list}},
		{args: []string{"flavor-list"}, want: []string{list}},
		{args: []string{"--no-cache", "flavor-list"}, want: []string{login, versions, list}},
	} {
		if step.revoke {
			s.over["/v2.1/flavors/detail"] = revoked
		}
		seen = nil
		if code, output := run(step.args...); code != 0 || !strings.Contains(output, "Memory_MiB") {
			t.Errorf("step %d: exit %d\n%s", i+1, code, output)
		}
		if diff := cmp.Diff(step.want, seen); diff != "" {
			t.Errorf("step %d %q (- want, + got):\n%s", i+1, step.args, diff)
		}
	}
}
