package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
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

// explain turns an error of the HTTP client into a Failure.
func explain(err error, at *url.URL) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	host := at.Scheme + "://" + at.Host
	fail := func(class, text string, causes ...error) error {
		return &Failure{Class: class, Message: text, Cause: errors.Join(append(causes, err)...)}
	}
	var (
		dns       *net.DNSError
		operation *net.OpError
		unknown   x509.UnknownAuthorityError
		named     x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
		record    tls.RecordHeaderError
		timeout   interface{ Timeout() bool }
	)
	text := err.Error()
	switch {
	case errors.As(err, &record), strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return fail(SSLError, "The service at "+host+" does not speak TLS: use http:// in the URL, or ask for its https port.")
	case strings.Contains(text, "malformed HTTP response"):
		return fail(BadReply, "The service at "+host+" does not answer in HTTP: if it speaks TLS, use https:// in the URL.")
	case errors.As(err, &unknown):
		return fail(SSLError, "The certificate of "+host+" is signed by an unknown authority: give its CA file with --os-cacert or OS_CACERT (--insecure skips the check).")
	case errors.As(err, &named):
		return fail(SSLError, "The certificate of "+host+" is for another name ("+named.Error()+"): use the name it was made for.")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fail(SSLError, "The certificate of "+host+" is not valid now ("+invalid.Detail+"): renew it, or set this machine's clock right if that is off.")
	case errors.As(err, &invalid):
		return fail(SSLError, "The certificate of "+host+" is not valid: "+invalid.Error()+".")
	case errors.As(err, &alert):
		return fail(SSLError, "TLS with "+host+" failed ("+alert.Error()+"): it may want a client certificate (--os-cert and --os-key).")
	case errors.As(err, &dns) && !dns.IsTimeout:
		return fail(ConnectFailure, "There is no host named "+dns.Name+": check the URL "+host+".", errRefused)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(ConnectFailure, "Unable to establish connection to "+host+": connection refused. Check that the service runs there and that the URL is right.", errRefused)
	case errors.As(err, &operation) && operation.Op == "dial" && !operation.Timeout():
		return fail(ConnectFailure, "Unable to establish connection to "+host+": "+operation.Err.Error()+".", errRefused)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fail(ConnectTimeout, "Request to "+at.Redacted()+" timed out: the service is slow or unreachable. --timeout sets how long to wait.")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		next := "try again, and see the service's log if it stays."
		if at.Scheme == "https" {
			next = "if it does not speak TLS, use http:// in the URL; else try again."
		}
		return fail(ConnectFailure, "The connection to "+host+" broke before the reply was complete: "+next, errBroken)
	}
	return fail(ConnectFailure, "The request to "+host+" failed: "+text+".")
}

// errBroken marks a connection that broke while a request was under way.
var errBroken = errors.New("connection broke")
