package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// cloud answers with the documents that a real cloud sent, with its own URL in
// them. It knows nothing but which tokens it gave.
type cloud struct {
	url      string
	logins   atomic.Int32
	requests atomic.Int32
	lifetime time.Duration
	skew     time.Duration // of its clock
	catalog  string

	mu      sync.Mutex
	bodies  []string
	revoked map[string]bool
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{lifetime: time.Hour, revoked: map[string]bool{}}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	c.url = s.URL
	c.catalog = `[{"type":"compute","name":"nova","id":"c","endpoints":[
		{"id":"1","interface":"public","region":"RegionOne","region_id":"RegionOne","url":"` + c.url + `/compute/v2.1"},
		{"id":"2","interface":"admin","region":"RegionOne","region_id":"RegionOne","url":"` + c.url + `/admin/v2.1"},
		{"id":"3","interface":"public","region":"RegionTwo","region_id":"RegionTwo","url":"` + c.url + `/two/v2.1"}]},
		{"type":"block-storage","name":"cinder","id":"v","endpoints":[{"id":"4","interface":"public","region":"RegionOne","region_id":null,"url":"` + c.url + `/volume/v3"}]}]`
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.requests.Add(1)
	token := r.Header.Get("X-Auth-Token")
	switch r.URL.Path {
	case "/", "/identity/":
		w.WriteHeader(http.StatusMultipleChoices)
		_, _ = fmt.Fprintf(w, `{"versions": {"values": [{"id": "v2.0", "links": []}, {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": "http://inner.invalid%sv3/"}]}]}}`, r.URL.Path)
	case "/v3/auth/tokens", "/identity/v3/auth/tokens":
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		c.mu.Lock()
		c.bodies = append(c.bodies, string(body))
		c.mu.Unlock()
		if strings.Contains(string(body), "wrong") {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`))
			return
		}
		now := time.Now().Add(c.skew).UTC()
		const layout = "2006-01-02T15:04:05.000000Z"
		w.Header().Set("X-Subject-Token", fmt.Sprintf("token-%d", c.logins.Add(1)))
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"token": {"methods": ["password"], "user": {"domain": {"id": "default", "name": "Default"}, "id": "u1", "name": "admin", "password_expires_at": null}, "audit_ids": ["a"], "expires_at": "%s", "issued_at": "%s", "project": {"domain": {"id": "default", "name": "Default"}, "id": "p1", "name": "admin"}, "is_domain": false, "roles": [{"id": "r", "name": "admin"}], "catalog": %s}}`,
			now.Add(c.lifetime).Format(layout), now.Format(layout), c.catalog)
	case "/compute/v2.1":
		_, _ = w.Write([]byte(`{"version": {"id": "v2.1", "status": "CURRENT", "version": "2.93", "min_version": "2.1", "links": []}}`))
	case "/compute/v2.1/flavors/1":
		c.mu.Lock()
		defer c.mu.Unlock()
		if !strings.HasPrefix(token, "token-") || c.revoked[token] {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"flavor": {"id": "1", "name": "m1.tiny"}}`))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (c *cloud) revoke(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revoked[token] = true
}

func (c *cloud) env(changes ...string) map[string]string {
	env := map[string]string{"OS_AUTH_URL": c.url + "/v3", "OS_USERNAME": "admin", "OS_PASSWORD": "HUSH", "OS_PROJECT_NAME": "admin"}
	for i := 0; i < len(changes); i += 2 {
		env[changes[i]] = changes[i+1]
	}
	return env
}

func open(t *testing.T, env map[string]string, o Options) *Session {
	t.Helper()
	config, err := Load(sources(t, env, nil))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(config, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Transport().Close)
	return s
}

// command does what one warm or cold command does.
func command(ctx context.Context, s *Session) error {
	c := s.Client()
	v, err := c.Compute.Negotiate(ctx, client.Asked{Version: wire.V(2, 0), Latest: true}, client.Range{Min: compute.MinVersion, Max: compute.MaxVersion})
	if err != nil {
		return err
	}
	_, err = c.At(v).Flavors.Get(ctx, "1")
	return err
}

func TestWarmCommandIsOneRequest(t *testing.T) {
	c, dir := newCloud(t), t.TempDir()
	for i, want := range []int32{3, 1, 1} {
		before := c.requests.Load()
		if err := command(t.Context(), open(t, c.env(), Options{CacheDir: dir})); err != nil {
			t.Fatal(err)
		}
		if got := c.requests.Load() - before; got != want {
			t.Errorf("command %d: %d requests, want %d", i+1, got, want)
		}
	}
	for _, env := range []map[string]string{c.env("OS_NO_CACHE", "1"), c.env("OS_PROJECT_NAME", "demo"), c.env("OS_USERNAME", "demo"), c.env("OS_PASSWORD", "other")} {
		before := c.logins.Load()
		if err := command(t.Context(), open(t, env, Options{CacheDir: dir})); err != nil {
			t.Fatal(err)
		}
		if c.logins.Load() != before+1 {
			t.Errorf("%v was served from another's cache", env)
		}
	}
	if err := command(t.Context(), open(t, c.env("OS_PASSWORD", "wrong"), Options{CacheDir: dir})); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("a wrong password was served from the cache: %v", err)
	}
}

func TestCacheFilesAreSafe(t *testing.T) {
	c, dir := newCloud(t), filepath.Join(t.TempDir(), "novalet", "tokens")
	s := open(t, c.env(), Options{CacheDir: dir})
	if err := command(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	_, path := s.Cached()
	err := filepath.WalkDir(filepath.Dir(dir), func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may use %s: %v", at, info.Mode())
		}
		if data, err := os.ReadFile(at); err == nil && strings.Contains(string(data), "HUSH") {
			t.Errorf("the password is in %s", at)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"cut off": string(good[:len(good)/2]), "empty": "", "not JSON": "x", "null": "null",
		"token with a line break": strings.Replace(string(good), "token-1", `token-1\r\nX: y`, 1),
		"no info":                 `{"salt":"AAAAAAAAAAAAAAAAAAAAAA==","check":"AAA=","token":"x"}`,
		"other salt":              strings.Replace(string(good), `"salt":"`, `"salt":"AA`, 1),
	} {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		before := c.logins.Load()
		if err := command(t.Context(), open(t, c.env(), Options{CacheDir: dir})); err != nil || c.logins.Load() != before+1 {
			t.Errorf("%s: %v after %d logins", name, err, c.logins.Load()-before)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	before := c.logins.Load()
	if err := command(t.Context(), open(t, c.env(), Options{CacheDir: dir})); err != nil || c.logins.Load() != before+1 {
		t.Errorf("a file that others can read was used: %v", err)
	}
	// No cache folder at all is no error.
	if err := command(t.Context(), open(t, c.env(), Options{CacheDir: "/dev/null/x"})); err != nil {
		t.Error(err)
	}
}

func TestStaleTokenIsRenewedSilently(t *testing.T) {
	c, dir := newCloud(t), t.TempDir()
	for _, revoked := range []string{"", "token-1"} {
		c.revoke(revoked)
		if err := command(t.Context(), open(t, c.env(), Options{CacheDir: dir})); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, c.env(), Options{CacheDir: dir})
	if token, err := s.Token(t.Context()); err != nil || token != "token-2" || c.logins.Load() != 2 {
		t.Errorf("the renewed token was not kept: %v after %d logins", err, c.logins.Load())
	}
	if cached, _ := s.Cached(); !cached {
		t.Error("Cached does not say so")
	}
}

func TestTwoCallersWithOneRefusedToken(t *testing.T) {
	c := newCloud(t)
	for _, o := range []Options{{NoCache: true}, {CacheDir: t.TempDir()}} {
		s := open(t, c.env(), o)
		refused, err := s.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first, err := s.Renew(t.Context(), refused)
		second, err2 := s.Renew(t.Context(), refused)
		if err != nil || err2 != nil || first == refused || second != first {
			t.Errorf("renewed to %s and %s: %v %v", first.Reveal(), second.Reveal(), err, err2)
		}
	}
}

func TestJoinVersion(t *testing.T) {
	for _, test := range []struct{ asked, link, want string }{
		{"http://k:5000", "http://k:5000/v3/", "http://k:5000/v3"},
		{"https://k/identity", "http://k/identity/v3", "https://k/identity/v3"},
		{"https://outer/identity", "http://inner:5000/v3/", "https://outer/identity/v3"},
		{"https://outer", "http://inner:5000/keystone/v3", "https://outer/v3"},
		{"http://k/identity", "v3", "http://k/identity/v3"},
		{"http://k/identity", "/v3", "http://k/v3"},
	} {
		u, err := url.Parse(test.asked)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := joinVersion(u, test.link); err != nil || got != test.want {
			t.Errorf("%s at %s: got %s, %v; want %s", test.link, test.asked, got, err, test.want)
		}
	}
}

func TestExpiryIsCountedHere(t *testing.T) {
	for _, skew := range []time.Duration{0, 3 * time.Hour, -3 * time.Hour} {
		c, dir := newCloud(t), t.TempDir()
		c.skew, c.lifetime = skew, 10*time.Minute
		now := time.Now()
		clock := client.Clock{Now: func() time.Time { return now }}
		logins := func() int32 {
			before := c.logins.Load()
			if _, err := open(t, c.env(), Options{CacheDir: dir, Client: client.Options{Clock: clock}}).Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			return c.logins.Load() - before
		}
		for _, step := range []struct {
			after time.Duration
			want  int32
		}{{0, 1}, {9 * time.Minute, 0}, {40 * time.Second, 1}, {-time.Hour, 1}} {
			now = now.Add(step.after)
			if got := logins(); got != step.want {
				t.Errorf("skew %v, after %v: %d logins, want %d", skew, step.after, got, step.want)
			}
		}
	}
}

func TestManyCallersLogInOnce(t *testing.T) {
	c, dir := newCloud(t), t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		s := open(t, c.env(), Options{CacheDir: dir}) // as four processes
		for range 5 {
			wg.Go(func() {
				if err := command(t.Context(), s); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if c.logins.Load() != 1 {
		t.Errorf("%d logins", c.logins.Load())
	}
}

func TestDiscovery(t *testing.T) {
	c := newCloud(t)
	for _, test := range []struct{ url, says string }{
		{c.url, ""},
		{c.url + "/", ""},
		{c.url + "/v3", ""},
		{c.url + "/v3/", ""},
		{c.url + "/v3/auth/tokens", ""},
		{c.url + "/identity", ""},
		{c.url + "/identity/v3", ""},
		{c.url + "/v2.0", "v2.0 is not supported"},
		{c.url + "/elsewhere", "Could not find versioned identity endpoints"},
		{c.url + "/compute/v2.1/flavors", "Could not find versioned identity endpoints"},
		{"nonsense", "must look like"},
	} {
		s := open(t, c.env("OS_AUTH_URL", test.url), Options{NoCache: true})
		if _, err := s.Token(t.Context()); (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.url, err)
		}
	}
}

func TestWhatIsSentToLogIn(t *testing.T) {
	c := newCloud(t)
	user := `"identity":{"methods":["password"],"password":{"user":{"name":"admin","domain":{"id":"default"},"password":"HUSH"}}}`
	for _, test := range []struct {
		env  []string
		want string
	}{
		{nil, `{"auth":{` + user + `,"scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}`},
		{[]string{"OS_PROJECT_NAME", ""}, `{"auth":{` + user + `}}`},
		{[]string{"OS_PROJECT_NAME", "", "OS_DOMAIN_NAME", "d"}, `{"auth":{` + user + `,"scope":{"domain":{"name":"d"}}}}`},
		{[]string{"OS_PROJECT_NAME", "", "OS_SYSTEM_SCOPE", "all"}, `{"auth":{` + user + `,"scope":{"system":{"all":true}}}}`},
		{[]string{"OS_PROJECT_ID", "p"}, `{"auth":{` + user + `,"scope":{"project":{"id":"p"}}}}`},
		{[]string{"OS_DEFAULT_DOMAIN_NAME", "dd", "OS_USER_DOMAIN_ID", "ud"}, `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","domain":{"id":"ud"},"password":"HUSH"}}},"scope":{"project":{"name":"admin","domain":{"name":"dd"}}}}}`},
		{[]string{"OS_USER_ID", "u"}, `{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"u","password":"HUSH"}}},"scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}`},
		{[]string{"OS_AUTH_TYPE", "v3token", "OS_TOKEN", "T"}, `{"auth":{"identity":{"methods":["token"],"token":{"id":"T"}},"scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}`},
		{[]string{"OS_AUTH_TYPE", "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_ID", "i", "OS_APPLICATION_CREDENTIAL_SECRET", "s"}, `{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"id":"i","secret":"s"}}}}`},
		{[]string{"OS_AUTH_TYPE", "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_NAME", "n", "OS_APPLICATION_CREDENTIAL_SECRET", "s"}, `{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"name":"n","user":{"name":"admin","domain":{"id":"default"}},"secret":"s"}}}}`},
		{[]string{"OS_PROJECT_NAME", "", "OS_TRUST_ID", "t"}, `{"auth":{` + user + `,"scope":{"OS-TRUST:trust":{"id":"t"}}}}`},
		{[]string{"OS_SYSTEM_SCOPE", "all"}, `{"auth":{` + user + `,"scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}`},
		{[]string{"OS_AUTH_TYPE", "v3totp", "OS_PASSCODE", "123456", "OS_USER_ID", "u", "OS_PROJECT_NAME", ""}, `{"auth":{"identity":{"methods":["totp"],"totp":{"user":{"id":"u","passcode":"123456"}}}}}`},
		{
			[]string{"OS_AUTH_TYPE", "v3multifactor", "OS_AUTH_METHODS", "v3password,v3totp", "OS_PASSCODE", "123456", "OS_PROJECT_ID", "p"},
			`{"auth":{"identity":{"methods":["password","totp"],"password":{"user":{"name":"admin","domain":{"id":"default"},"password":"HUSH"}},"totp":{"user":{"name":"admin","domain":{"id":"default"},"passcode":"123456"}}},"scope":{"project":{"id":"p"}}}}`,
		},
	} {
		s := open(t, c.env(test.env...), Options{NoCache: true})
		if _, err := s.Token(t.Context()); err != nil {
			t.Errorf("%v: %v", test.env, err)
			continue
		}
		if diff := cmp.Diff(test.want, c.bodies[len(c.bodies)-1]); diff != "" {
			t.Errorf("%v: %s", test.env, diff)
		}
	}
	for _, test := range []struct {
		env  []string
		says string
	}{
		{[]string{"OS_PASSWORD", ""}, "No password is given for user admin"},
		{[]string{"OS_AUTH_TYPE", "token"}, "No token is given"},
		{[]string{"OS_AUTH_TYPE", "v3applicationcredential"}, "needs its id and its secret"},
		{[]string{"OS_DOMAIN_ID", "d"}, "unset OS_PROJECT_NAME from environment or OS_DOMAIN_ID from environment"},
		{[]string{"OS_PROJECT_NAME", "", "OS_SYSTEM_SCOPE", "some"}, "the one value is all"},
		{[]string{"OS_AUTH_TYPE", "v3totp"}, "No passcode is given for user admin"},
		{[]string{"OS_AUTH_TYPE", "v3applicationcredential", "OS_USERNAME", "", "OS_APPLICATION_CREDENTIAL_NAME", "n", "OS_APPLICATION_CREDENTIAL_SECRET", "HUSH"}, "is known for its user only"},
		{[]string{"OS_TRUST_ID", "t"}, "unset OS_PROJECT_NAME from environment or OS_TRUST_ID from environment"},
	} {
		_, err := open(t, c.env(test.env...), Options{NoCache: true}).Token(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "HUSH") {
			t.Errorf("%v: %v", test.env, err)
		}
	}
}

func TestPasswordIsAskedForOnce(t *testing.T) {
	c, dir := newCloud(t), t.TempDir()
	asked := 0
	o := Options{CacheDir: dir, Prompt: func(_ context.Context, question string) (wire.Secret, error) {
		asked++
		if question != "Password for admin: " {
			t.Errorf("asked %q", question)
		}
		return "HUSH", nil
	}}
	s := open(t, c.env("OS_PASSWORD", ""), o)
	if err := command(t.Context(), s); err != nil || asked != 1 {
		t.Errorf("%v, asked %d times", err, asked)
	}
	c.revoke("token-1")
	if err := command(t.Context(), s); err != nil || asked != 1 {
		t.Errorf("%v, asked %d times", err, asked)
	}
	if text := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(text, "HUSH") {
		t.Error(text)
	}
}

func TestRefusedLoginSaysWhatToCheck(t *testing.T) {
	c := newCloud(t)
	_, err := open(t, c.env("OS_PASSWORD", "wrong"), Options{NoCache: true}).Token(t.Context())
	var refusal *client.Error
	if !errors.As(err, &refusal) || !errors.Is(err, client.ErrUnauthorized) || !strings.Contains(refusal.Hint, "OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME") || strings.Contains(refusal.Hint+err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
}

func TestEndpoints(t *testing.T) {
	c := newCloud(t)
	for _, test := range []struct {
		service string
		env     []string
		want    string // path, or text of the error
	}{
		{"compute", nil, "/compute/v2.1"},
		{"compute", []string{"OS_ENDPOINT_TYPE", "admin"}, "/admin/v2.1"},
		{"compute", []string{"OS_ENDPOINT_TYPE", "adminURL"}, "/admin/v2.1"},
		{"compute", []string{"OS_REGION_NAME", "RegionTwo"}, "/two/v2.1"},
		{"compute", []string{"OS_REGION_NAME", "RegionTen"}, "publicURL endpoint for compute service in RegionTen region not found: it is in RegionOne, RegionTwo (OS_REGION_NAME from environment says otherwise)."},
		{"compute", []string{"OS_ENDPOINT_TYPE", "internal"}, "internalURL endpoint for compute service not found: it has public, admin (--os-endpoint-type)."},
		{"compute", []string{"NOVA_SERVICE_NAME", "nava"}, "publicURL endpoint for compute service named nava not found: its name there is nova."},
		{"compute", []string{"NOVA_SERVICE_NAME", "nova"}, "/compute/v2.1"},
		{"compute", []string{"OS_COMPUTE_SERVICE_TYPE", "computer"}, "publicURL endpoint for computer service not found: the catalog has compute, block-storage; OS_COMPUTE_ENDPOINT_OVERRIDE can give its URL."},
		{"compute", []string{"OS_ENDPOINT_OVERRIDE", c.url + "/x/$(project_id)s"}, "/x/p1"},
		{"volume", nil, "/volume/v3"},
		{"volumev3", []string{"OS_REGION_NAME", "RegionOne"}, "/volume/v3"},
		{"image", []string{"OS_ENDPOINT_OVERRIDE", c.url + "/x"}, "publicURL endpoint for image service not found: the catalog has compute, block-storage; OS_IMAGE_ENDPOINT_OVERRIDE can give its URL."},
		{"image", []string{"OS_IMAGE_ENDPOINT_OVERRIDE", c.url + "/i"}, "/i"},
		{"compute", []string{"OS_AUTH_TYPE", "none"}, "No endpoint is given for the compute service: authentication type none needs --os-endpoint-override or OS_COMPUTE_ENDPOINT_OVERRIDE."},
	} {
		got, err := open(t, c.env(test.env...), Options{NoCache: true}).Endpoint(t.Context(), test.service)
		got = strings.TrimPrefix(got, c.url)
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s %v:\n got %s\nwant %s", test.service, test.env, got, test.want)
		}
	}
	c.catalog = "[]"
	if _, err := open(t, c.env(), Options{NoCache: true}).Endpoint(t.Context(), "compute"); err == nil || !strings.Contains(err.Error(), "The service catalog is empty.") {
		t.Errorf("%v", err)
	}
}

func TestTokenAndEndpointNeedNoLogin(t *testing.T) {
	c := newCloud(t)
	s := open(t, map[string]string{"OS_TOKEN": "token-0", "OS_ENDPOINT_OVERRIDE": c.url + "/compute/v2.1"}, Options{})
	if err := command(t.Context(), s); err != nil || c.logins.Load() != 0 {
		t.Errorf("%v, %d logins", err, c.logins.Load())
	}
}

func TestNobodyLogsIn(t *testing.T) {
	c := newCloud(t)
	for _, test := range []struct {
		env   []string
		token wire.Secret
	}{
		{[]string{"OS_AUTH_TYPE", "none"}, ""},
		{[]string{"OS_AUTH_TYPE", "noauth"}, "admin:admin"},
		{[]string{"OS_AUTH_TYPE", "noauth", "OS_USER_ID", "u", "OS_PROJECT_ID", "p"}, "u:p"},
		{[]string{"OS_AUTH_TYPE", "admin_token", "OS_TOKEN", "T"}, "T"},
		{[]string{"OS_AUTH_TYPE", "token_endpoint", "OS_TOKEN", "T"}, "T"},
	} {
		for _, where := range []string{"OS_ENDPOINT", "OS_URL", "OS_ENDPOINT_OVERRIDE"} {
			s := open(t, c.env(append(test.env, where, c.url+"/compute/v2.1")...), Options{CacheDir: t.TempDir()})
			token, err := s.Token(t.Context())
			at, err2 := s.Endpoint(t.Context(), "compute")
			if err != nil || err2 != nil || token != test.token || at != c.url+"/compute/v2.1" || c.logins.Load() != 0 {
				t.Errorf("%v: token %q, %s, %v %v", test.env, token.Reveal(), at, err, err2)
			}
			if fresh, err := s.Renew(t.Context(), token); fresh != "" || err != nil {
				t.Errorf("%v: renewed to %q, %v", test.env, fresh.Reveal(), err)
			}
		}
	}
}

// A passcode is good once: what is kept must serve without one, and with another.
func TestPasscodesAreNotAskedForAgain(t *testing.T) {
	c, dir := newCloud(t), t.TempDir()
	base := []string{"OS_AUTH_TYPE", "v3multifactor", "OS_AUTH_METHODS", "v3password v3totp", "OS_PASSCODE"}
	for _, passcode := range []string{"111111", "222222", ""} {
		if err := command(t.Context(), open(t, c.env(append(base, passcode)...), Options{CacheDir: dir})); err != nil || c.logins.Load() != 1 {
			t.Errorf("%s: %v after %d logins", passcode, err, c.logins.Load())
		}
	}
	err := command(t.Context(), open(t, c.env(append(base, "", "OS_PASSWORD", "other")...), Options{CacheDir: dir}))
	if err == nil || !strings.Contains(err.Error(), "No passcode is given") {
		t.Errorf("another password was served from the cache: %v", err)
	}
	asked := 0
	s := open(t, c.env(base[:4]...), Options{CacheDir: dir, Prompt: func(context.Context, string) (wire.Secret, error) {
		asked++
		return "333333", nil
	}})
	c.revoke("token-1")
	if err := command(t.Context(), s); err != nil || asked != 1 || c.logins.Load() != 2 {
		t.Errorf("%v, asked %d times, %d logins", err, asked, c.logins.Load())
	}
}

// Many processes find the same token revoked at once: one logs in, and the
// others take its token.
func TestManyProcessesRenewOnce(t *testing.T) {
	c, dir := newCloud(t), t.TempDir()
	if err := command(t.Context(), open(t, c.env(), Options{CacheDir: dir})); err != nil {
		t.Fatal(err)
	}
	var processes []*Session
	for range 6 {
		s := open(t, c.env(), Options{CacheDir: dir})
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, s)
	}
	c.revoke("token-1")
	var wg sync.WaitGroup
	for _, s := range processes {
		wg.Go(func() {
			if err := command(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if c.logins.Load() != 2 {
		t.Errorf("%d logins, want the first and one more", c.logins.Load())
	}
}

func FuzzCacheFile(f *testing.F) {
	salt := make([]byte, 16)
	good, err := json.Marshal(cached{Salt: salt, Check: check("p", salt), Until: time.Unix(100, 0), Token: "t", Info: []byte(`{"user":{"id":"u"}}`), Documents: map[string][]byte{"k": []byte("v")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"salt":"","check":null,"info":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, _ := decodeLogin(data, "p", time.Unix(0, 0))
		if l != nil && (l.token == "" || !isHeaderText(l.token.Reveal())) {
			t.Errorf("took the token %q", l.token.Reveal())
		}
	})
}
