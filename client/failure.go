package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Failure is a call that got no usable reply, or a setting that cannot work.
// Its text is one sentence that says what is wrong and what to do next.
type Failure struct {
	// Class is the error's name in novaclient and keystoneauth, for the
	// command line: CommandError, ConnectFailure, EndpointNotFound, ...
	Class   string
	Message string
	Cause   error
}

func (f *Failure) Error() string { return f.Message }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// The classes of Failure.
const (
	CommandError       = "CommandError"       // a setting is missing or wrong
	ConnectFailure     = "ConnectFailure"     // nobody answers
	ConnectTimeout     = "ConnectTimeout"     // nobody answers in time
	SSLError           = "SSLError"           // TLS does not come about
	BadReply           = "BadReply"           // the reply is no reply of the service
	DiscoveryFailure   = "DiscoveryFailure"   // there is no such service at the URL
	EndpointNotFound   = "EndpointNotFound"   // the catalog has no such endpoint
	EmptyCatalog       = "EmptyCatalog"       // the token has no catalog
	UnsupportedVersion = "UnsupportedVersion" // client and server share no version
	WaitTimeout        = "WaitTimeout"        // what was waited for did not happen
)

// errRefused marks a failure where no byte reached the service.
var errRefused = errors.New("not sent")

// ErrShape marks a Failure whose reply came whole and is not one of the service.
var ErrShape = errors.New("not a reply of the service")

// errBroken marks a connection that broke while a request was under way.
var errBroken = errors.New("connection broke")

// going is a request under way, for what is said when it fails.
type going struct {
	method  string
	at      *url.URL
	timeout time.Duration // for the whole of it
	dial    time.Duration // for the connection
	now     time.Time
}

func (g going) host() string { return g.at.Scheme + "://" + g.at.Host }

// explain turns an error of the HTTP client into a Failure.
func explain(err error, g going) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	fail := func(class, text string, causes ...error) error {
		return &Failure{Class: class, Message: text, Cause: errors.Join(append(causes, err)...)}
	}
	if class, text := g.aboutProxy(err); text != "" {
		return fail(class, text, errRefused)
	}
	if text := g.aboutTLS(err); text != "" {
		return fail(SSLError, text, errRefused)
	}
	var (
		dns       *net.DNSError
		operation *net.OpError
		timeout   interface{ Timeout() bool }
	)
	unable := "Unable to establish connection to " + g.host() + ": "
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fail(ConnectFailure, "There is no host named "+dns.Name+": check the URL "+g.host()+".", errRefused)
	case errors.As(err, &dns):
		return fail(ConnectFailure, unable+"the name "+dns.Name+" cannot be looked up now. Check this machine's network and name servers.", errRefused)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(ConnectFailure, unable+"connection refused. Check that the service runs there and that the URL is right.", errRefused)
	case errors.As(err, &operation) && operation.Op == "dial" && operation.Timeout():
		return fail(ConnectTimeout, unable+"nobody took the connection within "+seconds(g.dial)+", so check the URL and whether a firewall is in between.", errRefused)
	case errors.As(err, &operation) && operation.Op == "dial":
		return fail(ConnectFailure, unable+reason(err)+". Check the URL and this machine's network.", errRefused)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fail(ConnectTimeout, "Request to "+g.at.Redacted()+" timed out: "+g.method+" got no complete reply within "+seconds(g.timeout)+"; the service is slow or unreachable, and --timeout sets how long to wait.")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		next := "try again, and see the service's log if it stays."
		if g.at.Scheme == "https" {
			next = "if it does not speak TLS, use http:// in the URL; else try again."
		}
		return fail(ConnectFailure, "The connection to "+g.host()+" broke before the reply was complete: "+next, errBroken)
	case strings.Contains(err.Error(), "malformed HTTP"):
		next := "check the URL's port."
		if g.at.Scheme == "http" {
			next = "if it speaks TLS, use https:// in the URL; else check the port."
		}
		return fail(BadReply, "The service at "+g.host()+" does not answer in HTTP: "+next)
	case strings.Contains(err.Error(), "HTTP/1.x transport connection broken"), strings.Contains(err.Error(), "chunk"), strings.Contains(err.Error(), "response headers exceeded"):
		return fail(BadReply, "The reply of "+g.host()+" was cut off or is no HTTP: try again, and check the URL and what is between here and there.", errBroken)
	}
	return fail(ConnectFailure, "The request to "+g.host()+" failed ("+reason(err)+"): check the URL, and try again.")
}

// aboutProxy explains what went wrong at a proxy; empty when nothing did.
func (g going) aboutProxy(err error) (class, text string) {
	var refused *proxyRefusal
	var operation *net.OpError
	setting := "HTTP_PROXY"
	if g.at.Scheme == "https" {
		setting = "HTTPS_PROXY"
	}
	switch {
	case errors.As(err, &refused) && refused.status == http.StatusProxyAuthRequired && refused.login:
		return ConnectFailure, "The proxy " + refused.host + " refuses the login: check user and password in " + setting + ", or name " + g.at.Hostname() + " in NO_PROXY."
	case errors.As(err, &refused) && refused.status == http.StatusProxyAuthRequired:
		return ConnectFailure, "The proxy " + refused.host + " wants a login: write it into " + setting + " (http://USER:PASSWORD@HOST:PORT), or name " + g.at.Hostname() + " in NO_PROXY."
	case errors.As(err, &refused):
		return ConnectFailure, fmt.Sprintf("The proxy %s does not connect to %s (HTTP %d): check the URL, or name the host in NO_PROXY.", refused.host, g.at.Host, refused.status)
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		return ConnectFailure, "The proxy for " + g.host() + " cannot be reached (" + reason(err) + "): check " + setting + ", or name " + g.at.Hostname() + " in NO_PROXY."
	}
	return "", ""
}

// proxyRefusal is a proxy that does not let a request through.
type proxyRefusal struct {
	host   string
	status int
	login  bool // a login was sent
}

func (p *proxyRefusal) Error() string { return "refused by the proxy " + p.host }

// aboutTLS explains why TLS did not come about; empty when that is not it.
func (g going) aboutTLS(err error) string {
	var (
		unknown   x509.UnknownAuthorityError
		named     x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		operation *net.OpError
	)
	of := "The certificate of " + g.host()
	skip := " (--insecure skips the check)."
	switch {
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "The service at " + g.host() + " does not speak TLS: use http:// in the URL, or ask for its https port."
	case errors.As(err, &unknown):
		return of + " is signed by an unknown authority: give its CA file with --os-cacert or OS_CACERT" + skip
	case errors.As(err, &named):
		return of + " is for another name (" + names(named.Certificate) + "): use the name it was made for" + skip
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil && g.now.Before(invalid.Cert.NotBefore):
		return of + " is not valid before " + stamp(invalid.Cert.NotBefore) + ", and this machine's clock says " + stamp(g.now) + ": set the clock right if it is off, else wait" + skip
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return of + " ended at " + stamp(invalid.Cert.NotAfter) + ", and this machine's clock says " + stamp(g.now) + ": have it renewed, or set the clock right if it is off" + skip
	case errors.As(err, &invalid):
		return of + " cannot be trusted (" + strings.TrimPrefix(invalid.Error(), "x509: ") + "): have it made anew" + skip
	case errors.As(err, &operation) && operation.Op == "remote error":
		text := strings.TrimPrefix(operation.Err.Error(), "tls: ")
		switch {
		case strings.Contains(text, "certificate required"), strings.Contains(text, "bad certificate"), strings.Contains(text, "handshake failure"):
			return g.host() + " ended TLS (" + text + "): if it wants a client certificate, give it with --os-cert and --os-key or OS_CERT and OS_KEY."
		case strings.Contains(text, "unknown certificate authority"):
			return g.host() + " does not know the authority of the client certificate: give another with --os-cert and --os-key or OS_CERT and OS_KEY."
		}
		return g.host() + " ended TLS (" + text + "): check the URL's host and port, and the client certificate if there is one."
	case strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "x509: "):
		return "TLS with " + g.host() + " did not come about (" + reason(err) + "): check the URL, --os-cacert and --os-cert" + skip
	}
	return ""
}

func names(c *x509.Certificate) string {
	if c == nil {
		return "unknown"
	}
	all := slices.Clone(c.DNSNames)
	for _, address := range c.IPAddresses {
		all = append(all, address.String())
	}
	if len(all) == 0 {
		return "it has none but in its old Common Name field, " + c.Subject.CommonName
	}
	if len(all) > 5 {
		all = append(all[:5], "...")
	}
	return strings.Join(all, ", ")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// seconds writes a limit as --timeout takes it.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'g', 6, 64) + " s"
}

// reason is what an error is about, without the names of Go's packages and
// functions.
func reason(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	text := err.Error()
	for _, prefix := range [...]string{"tls: ", "x509: ", "http: "} {
		if i := strings.LastIndex(text, prefix); i >= 0 {
			return text[i+len(prefix):]
		}
	}
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+2:]
	}
	return text
}
