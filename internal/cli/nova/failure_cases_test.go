package nova_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func wrongSettings() []failing {
	return []failing{
		{name: "no password", set: env("OS_PASSWORD", ""), want: `ERROR (CommandError): No password is given for user admin: set OS_PASSWORD, or give it with --os-password or in secure.yaml.`},
		{name: "no auth URL", set: env("OS_AUTH_URL", ""), want: `ERROR (CommandError): You must provide an auth url via either --os-auth-url or env[OS_AUTH_URL], or name a cloud of clouds.yaml with OS_CLOUD.`},
		{name: "no user", set: env("OS_USERNAME", ""), want: `ERROR (CommandError): You must provide a user name/id (via --os-username, --os-user-id, env[OS_USERNAME] or env[OS_USER_ID]) or an auth token (via --os-token).`},
		{name: "no project", set: env("OS_PROJECT_NAME", ""), want: `ERROR (CommandError): You must provide a project name or project ID via --os-project-name, --os-project-id, env[OS_PROJECT_ID] or env[OS_PROJECT_NAME]. You may use os-project and os-tenant interchangeably.`},
		{name: "project and domain", set: env("OS_DOMAIN_NAME", "d"), want: `ERROR (AuthorizationFailure): Authentication cannot be scoped to multiple targets, and a token is for one project, domain or trust: unset OS_PROJECT_NAME from environment or OS_DOMAIN_NAME from environment.`},
		{name: "no such authentication type", set: env("OS_AUTH_TYPE", "passwort"), want: `ERROR (NoMatchingPlugin): The plugin passwort could not be found (OS_AUTH_TYPE from environment): use password, token, v3totp, v3applicationcredential, v3multifactor, admin_token, noauth or none.`},
		{name: "federation", set: env("OS_AUTH_TYPE", "v3oidcpassword"), want: "ERROR (CommandError): Authentication type v3oidcpassword (OS_AUTH_TYPE from environment) is not supported, because it logs in at an identity provider: get a token with `openstack token issue` and use it with OS_AUTH_TYPE=token and OS_TOKEN, or make an application credential and use v3applicationcredential."},
		{name: "identity v2", set: env("OS_AUTH_TYPE", "v2password"), want: `ERROR (CommandError): Authentication type v2password (OS_AUTH_TYPE from environment) is of identity v2.0, which no cloud has any more: use v3password or v3token, and an auth URL that ends in /v3.`},
		{name: "identity version 2", set: env("OS_IDENTITY_API_VERSION", "2.0"), want: `ERROR (CommandError): Identity API version 2.0 (OS_IDENTITY_API_VERSION from environment) is not supported: use 3.`},
		{name: "no passcode", set: env("OS_AUTH_TYPE", "v3totp"), want: `ERROR (CommandError): No passcode is given for user admin: set OS_PASSCODE or --os-passcode to what the device shows now; it is needed again when the cached token ends.`},
		{name: "no methods", set: env("OS_AUTH_TYPE", "v3multifactor"), want: `ERROR (CommandError): Authentication type v3multifactor needs the methods to log in with: set OS_AUTH_METHODS=v3password,v3totp.`},
		{name: "no endpoint", set: env("OS_AUTH_TYPE", "none"), want: `ERROR (CommandError): No endpoint is given for the compute service: authentication type none needs --os-endpoint-override or OS_COMPUTE_ENDPOINT_OVERRIDE.`},
		{name: "version of no number", args: "--os-compute-api-version new flavor-list", want: `ERROR (UnsupportedVersion): Invalid format of client version 'new'. Expected format 'X.Y', where X is a major part and Y is a minor part of version.`},
		{name: "version 3", args: "--os-compute-api-version 3.1 flavor-list", want: `ERROR (UnsupportedVersion): Invalid client version '3.1'. Major part should be '2'`},
		{name: "version that the client lacks", args: "--os-compute-api-version 2.999 flavor-list", want: `ERROR (CommandError): The specified version isn't supported by client. The valid version range is '2.1' to '2.104'`},
		{name: "version that the server lacks", args: "--os-compute-api-version 2.99 flavor-list", want: `ERROR (UnsupportedVersion): The specified version isn't supported by server. The valid version range is '2.1' to '2.93'`},
	}
}

func clouds(name, text string, pairs ...string) func(*testing.T, *small, *failingRun) {
	return func(_ *testing.T, _ *small, r *failingRun) {
		clear(r.env)
		r.files = map[string]string{name: text}
		for i := 0; i < len(pairs); i += 2 {
			r.env[pairs[i]] = pairs[i+1]
		}
	}
}

func wrongClouds() []failing {
	two := "clouds:\n  lab: {auth: {auth_url: http://lab/v3}}\n  shop: {auth: {auth_url: http://shop/v3}, regions: [East, West]}\n"
	return []failing{
		{name: "clouds.yaml: tab", set: clouds("clouds.yaml", "clouds:\n\tlab:\n\t\tpassword: HUSH\n", "OS_CLOUD", "lab"), want: `ERROR (CommandError): ~/clouds.yaml cannot be used: it is not valid YAML, because line 2 begins with a tab (indent with spaces).`},
		{name: "clouds.yaml: syntax", set: clouds("clouds.yaml", "clouds:\n  lab: [HUSH\n", "OS_CLOUD", "lab"), want: "ERROR (CommandError): ~/clouds.yaml cannot be used: it is not valid YAML, see line 1 (a value that begins with one of * & ! % @ ` { [ must stand in quotes)."},
		{name: "clouds.yaml: not a mapping", set: clouds("clouds.yaml", "- lab\n", "OS_CLOUD", "lab"), want: `ERROR (CommandError): Cloud lab was not found: ~/clouds.yaml has no clouds, whose names stand below "clouds:".`},
		{name: "clouds.yaml: unknown cloud", set: clouds("clouds.yaml", two, "OS_CLOUD", "lap"), want: `ERROR (CommandError): Cloud lap was not found: ~/clouds.yaml has lab, shop.`},
		{name: "clouds.yaml: unknown cloud by flag", set: clouds("clouds.yaml", two), args: "--os-cloud lap flavor-list", want: `ERROR (CommandError): Cloud lap was not found: ~/clouds.yaml has lab, shop.`},
		{name: "clouds.yaml: none", set: clouds("other.yaml", "", "OS_CLOUD", "lab"), want: `ERROR (CommandError): Cloud lab was not found: there is no clouds.yaml in any of ~, and OS_CLIENT_CONFIG_FILE names none.`},
		{name: "clouds.yaml: none by that name", set: clouds("other.yaml", "", "OS_CLOUD", "lab", "OS_CLIENT_CONFIG_FILE", "/nowhere/clouds.yaml"), want: `ERROR (CommandError): OS_CLIENT_CONFIG_FILE names /nowhere/clouds.yaml, and there is no such file.`},
		{name: "clouds.yaml: unknown region", set: clouds("clouds.yaml", two, "OS_CLOUD", "shop", "OS_REGION_NAME", "east"), want: `ERROR (CommandError): Cloud shop has no region east: it has East, West, and capitals count (--os-region-name or OS_REGION_NAME).`},
		{name: "clouds.yaml: unknown profile", set: clouds("clouds.yaml", "clouds: {lab: {profile: moon}}", "OS_CLOUD", "lab"), want: `ERROR (CommandError): Cloud lab wants the profile "moon", and no clouds-public.yaml has it: copy the profile's settings into the cloud, auth_url first (openstacksdk has its profiles in openstack/config/vendors).`},
		{name: "clouds.yaml: not one user", set: clouds("clouds.yaml", two, "OS_CLOUD", "lab"), want: `ERROR (CommandError): You must provide a user name/id (via --os-username, --os-user-id, env[OS_USERNAME] or env[OS_USER_ID]) or an auth token (via --os-token).`},
		{name: "secure.yaml: syntax", set: clouds("secure.yaml", "clouds: {lab: {auth: {password: HU{SH: }}}", "OS_CLOUD", "lab"), want: "ERROR (CommandError): ~/secure.yaml cannot be used: it is not valid YAML (a value that begins with one of * & ! % @ ` { [ must stand in quotes)."},
	}
}

func wrongURLs() []failing {
	free := func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		return l.Addr().String()
	}
	return []failing{
		{name: "URL without a scheme", set: env("OS_AUTH_URL", "keystone:5000/v3"), want: `ERROR (CommandError): The auth URL "keystone:5000/v3" (OS_AUTH_URL) must look like http://HOST:5000/v3.`},
		{name: "URL of another scheme", set: env("OS_AUTH_URL", "ftp://keystone/v3"), want: `ERROR (CommandError): The auth URL "ftp://keystone/v3" (OS_AUTH_URL) must look like http://HOST:5000/v3.`},
		{name: "URL with a bad port", set: env("OS_AUTH_URL", "http://keystone:5OOO/v3"), want: `ERROR (CommandError): The auth URL "http://keystone:5OOO/v3" (OS_AUTH_URL) must look like http://HOST:5000/v3.`},
		{name: "wrong path", set: env("OS_AUTH_URL", "HOST/identity/v3"), want: `ERROR (NotFound): The resource could not be found. (HTTP 404) (Request-ID: req-1)
There may be no identity service at HOST/identity/v3: check OS_AUTH_URL.`},
		{name: "wrong path without a version", set: env("OS_AUTH_URL", "HOST/identity"), want: `ERROR (DiscoveryFailure): Could not find versioned identity endpoints when attempting to authenticate. Please check that your auth_url is correct: HOST/identity (OS_AUTH_URL) does not list an identity API v3.`},
		{name: "path of another service", set: env("OS_AUTH_URL", "HOST/v2.1"), want: `ERROR (DiscoveryFailure): Could not find versioned identity endpoints when attempting to authenticate. Please check that your auth_url is correct: HOST/v2.1 (OS_AUTH_URL) does not list an identity API v3.`},
		{name: "wrong port", set: func(t *testing.T, _ *small, r *failingRun) {
			address := free(t)
			r.env["OS_AUTH_URL"], r.hide = "http://"+address+"/v3", []string{address}
		}, want: `ERROR (ConnectFailure): Unable to establish connection to http://HIDDEN: connection refused. Check that the service runs there and that the URL is right.`},
		{name: "no such host", set: env("OS_AUTH_URL", "http://no..such.host:5000/v3"), want: `ERROR (ConnectFailure): There is no host named no..such.host: check the URL http://no..such.host:5000.`},
		{name: "wrong port in the catalog", set: func(t *testing.T, _ *small, r *failingRun) {
			address := free(t)
			r.env["OS_ENDPOINT_OVERRIDE"], r.hide = "http://"+address+"/v2.1", []string{address}
		}, want: `ERROR (ConnectFailure): Unable to establish connection to http://HIDDEN: connection refused. Check that the service runs there and that the URL is right.`},
		{name: "endpoint is another service", set: env("OS_ENDPOINT_OVERRIDE", "HOST/image"), want: `ERROR (NotFound): The resource could not be found. (HTTP 404) (Request-ID: req-1)
There may be no compute service at HOST/image: check --os-endpoint-override, or what the catalog has.`},
		{name: "endless redirect", set: at("/v2.1/flavors/detail", redirect("/v2.1/flavors/detail")), want: `ERROR (BadReply): HOST/v2.1/flavors/detail sends on again after 5 redirects: check the URL.`},
		{name: "redirect to another host", set: at("/v3/auth/tokens", redirect("https://elsewhere:5000/v3/auth/tokens")), want: `ERROR (BadReply): HOST/v3/auth/tokens sends on to another host, https://elsewhere:5000, and no token goes there unasked: use that in the URL if it is right.`},
		{name: "redirect to nowhere", set: at("/v2.1/flavors/detail", redirect("")), want: `ERROR (BadReply): HOST/v2.1/flavors/detail answers with a redirect (HTTP 302) to nowhere: check the URL.`},
		{name: "proxy that wants a login", set: proxy(nil, "http://keystone.test:5000/v3"), want: `ERROR (ConnectFailure): The proxy HIDDEN wants a login: write it into HTTP_PROXY (http://USER:PASSWORD@HOST:PORT), or name keystone.test in NO_PROXY.`},
		{name: "proxy that refuses a login", set: proxy(url.UserPassword("me", "HUSH"), "http://keystone.test:5000/v3"), want: `ERROR (ConnectFailure): The proxy HIDDEN refuses the login: check user and password in HTTP_PROXY, or name keystone.test in NO_PROXY.`},
		{name: "proxy that wants a login for TLS", set: proxy(nil, "https://keystone.test:5000/v3"), want: `ERROR (ConnectFailure): The proxy HIDDEN wants a login: write it into HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT), or name keystone.test in NO_PROXY.`},
		{name: "proxy that is not there", set: func(t *testing.T, _ *small, r *failingRun) {
			address := free(t)
			r.client.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: address})
			r.env["OS_AUTH_URL"], r.hide = "https://keystone.test:5000/v3", []string{address}
		}, want: `ERROR (ConnectFailure): The proxy for https://keystone.test:5000 cannot be reached (connection refused): check HTTPS_PROXY, or name keystone.test in NO_PROXY.`},
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// proxy sends through a proxy that lets nobody through.
func proxy(login *url.Userinfo, authURL string) func(*testing.T, *small, *failingRun) {
	return func(t *testing.T, _ *small, r *failingRun) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Proxy-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusProxyAuthRequired)
		}))
		t.Cleanup(s.Close)
		u, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		r.hide, u.User = []string{u.Host}, login
		r.client.Proxy = http.ProxyURL(u)
		r.env["OS_AUTH_URL"] = authURL
	}
}

func wrongTLS() []failing {
	trusted := func(host string, from, to time.Duration, change func(*tls.Config, *authority)) func(*testing.T, *small, *failingRun) {
		return func(t *testing.T, s *small, r *failingRun) {
			a := newAuthority(t)
			cert := a.issue(t, host, noon().Add(from), noon().Add(to))
			s.secure(cert, func(c *tls.Config) {
				if change != nil {
					change(c, a)
				}
			})
			r.env["OS_CACERT"], r.hide = filepath.Join(a.dir, "ca.pem"), []string{a.dir}
			r.files = map[string]string{"empty.pem": "nothing\n"}
			r.env["DIR"] = a.dir
		}
	}
	also := func(first, second func(*testing.T, *small, *failingRun)) func(*testing.T, *small, *failingRun) {
		return func(t *testing.T, s *small, r *failingRun) {
			first(t, s, r)
			second(t, s, r)
		}
	}
	day := 24 * time.Hour
	good := trusted("127.0.0.1", -day, day, nil)
	wantsClient := func(c *tls.Config, a *authority) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(a.cert)
	}
	swap := func(from, to string) func(*testing.T, *small, *failingRun) {
		return func(_ *testing.T, s *small, r *failingRun) {
			if s.server.URL == "" {
				s.server.Start()
			}
			r.env["OS_AUTH_URL"] = strings.Replace(s.server.URL, from, to, 1) + "/v3"
		}
	}
	return []failing{
		{name: "https to http", set: swap("http:", "https:"), want: `ERROR (SSLError): The service at HOST does not speak TLS: use http:// in the URL, or ask for its https port.`},
		{name: "http to https", set: also(good, swap("https:", "http:")), want: `ERROR (SSLError): The service at HOST speaks TLS: use https:// in the URL.`},
		{name: "http to https that says nothing", set: func(t *testing.T, _ *small, r *failingRun) { // a bare TLS alert, as OpenSSL's
			raw(t, r, "http", func(c net.Conn) {
				_, _ = c.Read(make([]byte, 1))
				_, _ = c.Write([]byte{21, 3, 1, 0, 2, 2, 70})
			})
		}, want: `ERROR (BadReply): The service at http://HIDDEN does not answer in HTTP: if it speaks TLS, use https:// in the URL; else check the port.`},
		{name: "unknown authority", set: also(good, env("OS_CACERT", "")), want: `ERROR (SSLError): The certificate of HOST is signed by an unknown authority: give its CA file with --os-cacert or OS_CACERT (--insecure skips the check).`},
		{name: "another's authority", set: also(good, func(t *testing.T, _ *small, r *failingRun) {
			r.env["OS_CACERT"] = filepath.Join(newAuthority(t).dir, "ca.pem")
		}), want: `ERROR (SSLError): The certificate of HOST is signed by an unknown authority: give its CA file with --os-cacert or OS_CACERT (--insecure skips the check).`},
		{name: "certificate for another host", set: trusted("cloud.example.com", -day, day, nil), want: `ERROR (SSLError): The certificate of HOST is for another name (cloud.example.com): use the name it was made for (--insecure skips the check).`},
		{name: "expired certificate", set: trusted("127.0.0.1", -2*day, -day, nil), want: `ERROR (SSLError): The certificate of HOST ended at 2026-11-21 12:00 UTC, and this machine's clock says 2026-11-22 12:00 UTC: have it renewed, or set the clock right if it is off (--insecure skips the check).`},
		{name: "certificate of the future", set: trusted("127.0.0.1", day, 2*day, nil), want: `ERROR (SSLError): The certificate of HOST is not valid before 2026-11-23 12:00 UTC, and this machine's clock says 2026-11-22 12:00 UTC: set the clock right if it is off, else wait (--insecure skips the check).`},
		{name: "client certificate wanted", set: trusted("127.0.0.1", -day, day, wantsClient), want: `ERROR (SSLError): HOST ended TLS (certificate required): if it wants a client certificate, give it with --os-cert and --os-key or OS_CERT and OS_KEY.`},
		{name: "client certificate wanted, TLS 1.2", set: trusted("127.0.0.1", -day, day, func(c *tls.Config, a *authority) {
			wantsClient(c, a)
			c.MaxVersion = tls.VersionTLS12
		}), want: `ERROR (SSLError): HOST ended TLS (handshake failure): if it wants a client certificate, give it with --os-cert and --os-key or OS_CERT and OS_KEY.`},
		{name: "client certificate of another authority", set: also(trusted("127.0.0.1", -day, day, wantsClient), func(t *testing.T, _ *small, r *failingRun) {
			other := newAuthority(t)
			other.issue(t, "me", noon().Add(-day), noon().Add(day))
			r.env["OS_CERT"], r.env["OS_KEY"] = filepath.Join(other.dir, "me.pem"), filepath.Join(other.dir, "me.key")
		}), want: `ERROR (SSLError): HOST does not know the authority of the client certificate: give another with --os-cert and --os-key or OS_CERT and OS_KEY.`},
		{name: "TLS of another time", set: trusted("127.0.0.1", -day, day, func(c *tls.Config, _ *authority) { c.MaxVersion = tls.VersionTLS11 }), want: `ERROR (SSLError): HOST ended TLS (protocol version not supported): check the URL's host and port, and the client certificate if there is one.`},
		{name: "no CA file", set: env("OS_CACERT", "/nowhere/ca.pem"), want: `ERROR (CommandError): The CA file /nowhere/ca.pem (OS_CACERT from environment) cannot be read: no such file or directory.`},
		{name: "CA file of no certificate", set: func(t *testing.T, _ *small, r *failingRun) {
			path := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
				t.Fatal(err)
			}
			r.env["OS_CACERT"], r.hide = path, []string{path}
		}, want: `ERROR (CommandError): The CA file HIDDEN (OS_CACERT from environment) has no certificate in PEM form.`},
		{name: "no client certificate", set: env("OS_CERT", "/nowhere/me.pem"), want: `ERROR (CommandError): The client certificate /nowhere/me.pem (OS_CERT from environment) and its key cannot be used: no such file or directory.`},
		{name: "key without certificate", set: env("OS_KEY", "/nowhere/me.key"), want: `ERROR (CommandError): A client key (OS_KEY from environment) needs its certificate: set OS_CERT or --os-cert.`},
	}
}

// raw listens, gives each connection to serve, and closes it.
func raw(t *testing.T, r *failingRun, scheme string, serve func(net.Conn)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	r.env["OS_AUTH_URL"], r.hide = scheme+"://"+l.Addr().String()+"/v3", []string{l.Addr().String()}
}

func wrongReplies() []failing {
	const list = "/v2.1/flavors/detail"
	proxyPage := "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
	return []failing{
		{name: "503 without a body", set: at(list, status(503, "text/plain", "")), want: `ERROR (ClientException): Service Unavailable (HTTP 503)
The service behind HOST is away or too busy (asked 4 times): try again later, or ask who runs it.`},
		{name: "503 of the service", set: at(list, status(503, "application/json", `{"serviceUnavailable": {"code": 503, "message": "The database is away."}}`)), want: `ERROR (ClientException): The database is away. (HTTP 503)
The service behind HOST is away or too busy (asked 4 times): try again later, or ask who runs it.`},
		{name: "503 of a proxy", set: at(list, status(503, "text/html", proxyPage)), want: `ERROR (ClientException): 503 Service Unavailable No server is available to handle this request. (HTTP 503)
The service behind HOST is away or too busy (asked 4 times): try again later, or ask who runs it.`},
		{name: "503 at login", set: at("/v3/auth/tokens", status(503, "text/html", proxyPage)), want: `ERROR (ClientException): 503 Service Unavailable No server is available to handle this request. (HTTP 503)
The service behind HOST is away or too busy (asked once): try again later, or ask who runs it.`},
		{name: "500", set: at(list, status(500, "application/json", `{"computeFault": {"code": 500, "message": "Unexpected API Error."}}`)), want: `ERROR (ClientException): Unexpected API Error. (HTTP 500)
The fault is in the service at HOST: its log says more, below the request id.`},
		{name: "cut before the reply", set: at(list, cut("")), want: `ERROR (ConnectFailure): The connection to HOST broke before the reply was complete: try again, and see the service's log if it stays.`},
		{name: "cut in the header", set: at(list, cut("HTTP/1.1 200 OK\r\nContent-Ty")), want: `ERROR (BadReply): The reply of HOST was cut off or is no HTTP: try again, and check the URL and what is between here and there.`},
		{name: "cut in the body", set: at(list, cut("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"flavors\": [")), want: `ERROR (ConnectFailure): The connection to HOST broke before the reply was complete: try again, and see the service's log if it stays.`},
		{name: "cut at login", set: at("/v3/auth/tokens", cut("")), want: `ERROR (ConnectFailure): The connection to HOST broke before the reply was complete: try again, and see the service's log if it stays.`},
		{name: "not HTTP", set: at(list, cut("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")), want: `ERROR (BadReply): The service at HOST does not answer in HTTP: if it speaks TLS, use https:// in the URL; else check the port.`},
		{name: "broken header", set: at(list, cut("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")), want: `ERROR (BadReply): The reply of HOST was cut off or is no HTTP: try again, and check the URL and what is between here and there.`},
		{name: "broken chunk", set: at(list, cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")), want: `ERROR (BadReply): The reply of HOST was cut off or is no HTTP: try again, and check the URL and what is between here and there.`},
		{name: "not JSON", set: at(list, status(200, "text/plain", "Hello.")), want: `ERROR (BadReply): The reply to flavors.detail is not what the compute service answers (it is not JSON, or not all of it): check that its URL is right.`},
		{name: "a web page", set: at(list, status(200, "text/html", "<html><body>Welcome to this hotel's network</body></html>")), want: `ERROR (BadReply): The reply to flavors.detail is not what the compute service answers (it is a web page: Welcome to this hotel's network): check that its URL is right.`},
		{name: "an empty reply", set: at(list, status(200, "application/json", "")), want: `ERROR (BadReply): The reply to flavors.detail has no flavors: check that the URL of the compute service is right.`},
		{name: "half a JSON", set: at(list, status(200, "application/json", `{"flavors": [`)), want: `ERROR (BadReply): The reply to flavors.detail is not what the compute service answers (it is not JSON, or not all of it): check that its URL is right.`},
		{name: "JSON list", set: at(list, status(200, "application/json", `[]`)), want: `ERROR (BadReply): The reply to flavors.detail is not what the compute service answers (a JSON object is expected): check that its URL is right.`},
		{name: "JSON without the member", set: at(list, status(200, "application/json", `{"flavours": []}`)), want: `ERROR (BadReply): The reply to flavors.detail has no flavors: check that the URL of the compute service is right.`},
		{name: "texts in place of objects", set: at(list, status(200, "application/json", `{"flavors": ["m1.tiny"]}`)), want: `ERROR (BadReply): The flavors in the reply to flavors.detail are no objects: check that the URL of the compute service is right.`},
		{name: "JSON of another type", set: at(list, status(200, "application/json", `{"flavors": {"id": 1}}`)), want: `ERROR (BadReply): The reply to flavors.detail has no flavors: check that the URL of the compute service is right.`},
		{name: "204 where a list is wanted", set: at(list, status(204, "", "")), want: `ERROR (BadReply): The reply to flavors.detail has no flavors: check that the URL of the compute service is right.`},
		{name: "version document of another shape", set: at("/v2.1", status(200, "application/json", `{"version": "2.93"}`)), want: `ERROR (BadReply): HOST/v2.1 does not answer with a version document: check that it is the URL of the service.`},
		{name: "version document that is a web page", set: at("/v2.1", status(200, "text/html", `<html>`)), want: `ERROR (BadReply): HOST/v2.1 does not answer with a version document: check that it is the URL of the service.`},
		{name: "an endless reply", set: func(_ *testing.T, s *small, r *failingRun) {
			r.client.MaxBody = 1 << 20
			s.over[list] = func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, `{"flavors": [`)
				for r.Context().Err() == nil {
					if _, err := io.WriteString(w, strings.Repeat(`{"id": "1"}, `, 1000)); err != nil {
						return
					}
				}
			}
		}, want: `ERROR (BadReply): The reply of ADDRESS is larger than 1048576 bytes: ask for fewer things at once.`},
		{name: "a slow peer", args: "--timeout 0.2 flavor-list", set: at(list, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), want: `ERROR (ConnectTimeout): Request to HOST/v2.1/flavors/detail timed out: GET got no complete reply within 0.2 s; the service is slow or unreachable, and --timeout sets how long to wait.`},
		{name: "a peer that is slow in the middle", args: "--timeout 0.2 flavor-list", set: at(list, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"flavors": [`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}), want: `ERROR (ConnectTimeout): Request to HOST/v2.1/flavors/detail timed out: GET got no complete reply within 0.2 s; the service is slow or unreachable, and --timeout sets how long to wait.`},
		{name: "a slow identity service", args: "--timeout 0.2 flavor-list", set: at("/v3/auth/tokens", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}), want: `ERROR (ConnectTimeout): Request to HOST/v3/auth/tokens timed out: POST got no complete reply within 0.2 s; the service is slow or unreachable, and --timeout sets how long to wait.`},
	}
}

func wrongLogins() []failing {
	refuse := status(401, "application/json", `{"error": {"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}}`)
	return []failing{
		{name: "wrong password", set: at("/v3/auth/tokens", refuse), want: `ERROR (Unauthorized): The request you have made requires authentication. (HTTP 401)
The identity service refused who you are, or that you may work in this project: check OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME.`},
		{name: "wrong trust", set: func(t *testing.T, s *small, r *failingRun) {
			s.over["/v3/auth/tokens"] = status(403, "application/json", `{"error": {"code": 403, "message": "You are not authorized to perform the requested action.", "title": "Forbidden"}}`)
			r.env["OS_PROJECT_NAME"], r.env["OS_TRUST_ID"] = "", "t1"
		}, want: `ERROR (Forbidden): You are not authorized to perform the requested action. (HTTP 403)
The trust is for another user, or has ended: check OS_TRUST_ID and OS_USERNAME.`},
		{name: "one method is not enough", set: at("/v3/auth/tokens", status(401, "application/json", `{"receipt": {"methods": ["password"]}, "required_auth_methods": [["password", "totp"]]}`)), want: `ERROR (Unauthorized): More than one method is needed to log in (HTTP 401)
User admin logs in with password and totp together: set OS_AUTH_TYPE=v3multifactor and OS_AUTH_METHODS=v3password,v3totp, and what they need.`},
		{name: "method that is off", set: at("/v3/auth/tokens", status(401, "application/json", `{"error": {"code": 401, "message": "Attempted to authenticate with an unsupported method.", "title": "Unauthorized"}}`)), want: `ERROR (Unauthorized): Attempted to authenticate with an unsupported method. (HTTP 401)
The identity service takes no login by password: choose another OS_AUTH_TYPE, or have the method switched on there.`},
		{name: "login that is not JSON", set: at("/v3/auth/tokens", status(201, "text/plain", "Hello.")), want: `ERROR (BadReply): HOST/v3 does not answer as an identity service: check OS_AUTH_URL.`},
		{name: "login of another shape", set: at("/v3/auth/tokens", status(201, "application/json", `{"access": {"token": {"id": "HUSH"}}}`)), want: `ERROR (BadReply): HOST/v3 answered without a token: check that OS_AUTH_URL is the URL of the identity service.`},
		{name: "login without a token", set: at("/v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, smallHead, "2026-11-22T13:00:00.000000Z", "2026-11-22T12:00:00.000000Z", "[]")
		}), want: `ERROR (BadReply): HOST/v3 answered without a token: check that OS_AUTH_URL is the URL of the identity service.`},
		{name: "compute refuses the new token", set: at("/v2.1/flavors/detail", status(401, "application/json", `{"error": {"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}}`)), want: `ERROR (Unauthorized): The request you have made requires authentication. (HTTP 401)
The token is new, so compute cannot check it or has another clock than identity: ask who runs the cloud.`},
	}
}

func wrongCatalogs() []failing {
	regions := func(names ...string) func(*testing.T, *small, *failingRun) {
		return func(_ *testing.T, s *small, _ *failingRun) { s.regions = names }
	}
	return []failing{
		{name: "no compute in the catalog", set: regions(), want: `ERROR (EndpointNotFound): publicURL endpoint for compute service not found: the catalog has image; OS_COMPUTE_ENDPOINT_OVERRIDE can give its URL.`},
		{name: "no such region", set: env("OS_REGION_NAME", "north"), want: `ERROR (EndpointNotFound): publicURL endpoint for compute service in north region not found: it is in East, West (OS_REGION_NAME from environment says otherwise).`},
		{name: "no such region by flag", args: "--os-region-name north flavor-list", want: `ERROR (EndpointNotFound): publicURL endpoint for compute service in north region not found: it is in East, West (--os-region-name says otherwise).`},
		{name: "no such interface", set: env("OS_ENDPOINT_TYPE", "internal"), want: `ERROR (EndpointNotFound): internalURL endpoint for compute service not found: it has public (--os-endpoint-type).`},
		{name: "no such service name", set: env("NOVA_SERVICE_NAME", "nava"), want: `ERROR (EndpointNotFound): publicURL endpoint for compute service named nava not found: its name there is nova.`},
		{name: "no such service type", args: "--service-type computer flavor-list", want: `ERROR (EndpointNotFound): publicURL endpoint for computer service not found: the catalog has image, compute; OS_COMPUTE_ENDPOINT_OVERRIDE can give its URL.`},
		{name: "empty catalog", set: at("/v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Subject-Token", "HUSH-token")
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, smallHead, "2026-11-22T13:00:00.000000Z", "2026-11-22T12:00:00.000000Z", "[]")
		}), want: `ERROR (EmptyCatalog): The service catalog is empty. Log in with a project (OS_PROJECT_NAME): tokens without a scope have no catalog.`},
	}
}

func wrongTimes() []failing {
	dated := func(off time.Duration, reply http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", noon().Add(off).Format(http.TimeFormat))
			reply(w, r)
		}
	}
	refuse := status(401, "application/json", `{"error": {"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}}`)
	return []failing{
		{name: "token that has ended when it comes", set: func(_ *testing.T, s *small, _ *failingRun) { s.ends = s.issued.Add(-time.Hour) }, want: `ERROR (BadReply): The identity service at HOST/v3 gave a token that ends at 2026-11-22T11:00:00Z, not after it was issued at 2026-11-22T12:00:00Z: ask who runs it to set its clock right.`},
		{name: "identity's clock is behind", set: at("/v3/auth/tokens", dated(-3*time.Hour, refuse)), want: `ERROR (Unauthorized): The request you have made requires authentication. (HTTP 401)
The identity service refused who you are, or that you may work in this project: check OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME.
The clock of ADDRESS is 3h0m behind this machine's: set both right, because tokens are only good for a time.`},
		{name: "compute's clock is ahead", set: at("/v2.1/flavors/detail", dated(26*time.Hour+10*time.Minute, refuse)), want: `ERROR (Unauthorized): The request you have made requires authentication. (HTTP 401)
The clock of ADDRESS is 26h10m ahead of this machine's: set both right, because tokens are only good for a time.`},
	}
}

func wrongNames() []failing {
	servers := func(ids ...string) func(*testing.T, *small, *failingRun) {
		return func(_ *testing.T, s *small, _ *failingRun) {
			var list []string
			for _, id := range ids {
				list = append(list, `{"id": "`+id+`", "name": "web", "links": []}`)
			}
			s.over["/v2.1/servers"] = status(200, "application/json", `{"servers": [`+strings.Join(list, ", ")+`]}`)
			s.over["/v2.1/servers/detail"] = s.over["/v2.1/servers"]
		}
	}
	return []failing{
		{name: "unknown server", set: servers(), args: "show web", want: `ERROR (CommandError): No server with a name or ID of 'web' exists.`},
		{name: "two servers of one name", set: servers("a1", "b2"), args: "show web", want: `ERROR (CommandError): Multiple server matches found for 'web', use an ID to be more specific.`},
	}
}
