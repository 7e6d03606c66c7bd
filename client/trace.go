package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/api/wire"
)

// Exchange is one HTTP request and its reply, as Options.Trace sees it. Retries
// are exchanges of their own. It holds no secrets: header values that are
// tokens are hashed, and bodies are shown without passwords and keys.
type Exchange struct {
	Purpose string // "authenticate", "find the versions of compute", or "call" for a route
	Service string // compute, identity, ...
	Route   string // name in the contract: flavors.detail; empty when there is none
	Policy  string // rule that decides about the route
	Version wire.Version
	Attempt int // 1 for the first

	Method        string
	URL           string
	RequestHeader http.Header // secrets hashed
	Status        int         // 0 when there was no reply
	ReplyHeader   http.Header // secrets hashed
	RequestID     string
	Bytes         int64 // of the reply's body; -1 for a stream
	Start         time.Time
	Took          time.Duration // until the whole reply was read; for a stream, until its header was
	Err           error         // why there was no reply

	bodies *bodies
}

// bodies hides raw bodies from fmt: a pointer below the top prints as one.
type bodies struct {
	request, reply []byte
}

// ErrHeld is what Options.Before returns to keep a request back that is only to
// be shown.
var ErrHeld = errors.New("not sent, only shown")

// RequestBody returns the JSON body without secrets; empty for none or a stream.
func (x *Exchange) RequestBody() string {
	if x.bodies == nil {
		return ""
	}
	return maskBody(x.bodies.request)
}

// ReplyBody returns the reply's JSON body without secrets; empty for none or a
// stream.
func (x *Exchange) ReplyBody() string {
	if x.bodies == nil {
		return ""
	}
	return maskBody(x.bodies.reply)
}

// Command returns the request as a curl command for a shell: the token is
// $OS_TOKEN, other secrets are stars.
func (x *Exchange) Command() string {
	var b strings.Builder
	b.WriteString("curl -g -X " + x.Method + " " + quoted(x.URL))
	for _, name := range slices.Sorted(maps.Keys(x.RequestHeader)) {
		for _, value := range x.RequestHeader[name] {
			if name == "X-Auth-Token" {
				b.WriteString(` -H "X-Auth-Token: $OS_TOKEN"`)
			} else if name != "User-Agent" {
				b.WriteString(" -H " + quoted(shownName(name)+": "+value))
			}
		}
	}
	if body := x.RequestBody(); body != "" {
		b.WriteString(" -d " + quoted(body))
	}
	return b.String()
}

// quoted is a text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// Curl returns the request as a curl command, in the form of keystoneauth's
// debug log. Tokens are hashes in it.
func (x *Exchange) Curl() string {
	var b strings.Builder
	at := x.URL
	if strings.Contains(at, "?") {
		at = `"` + at + `"`
	}
	fmt.Fprintf(&b, "curl -g -i -X %s %s", x.Method, at)
	for _, name := range slices.Sorted(maps.Keys(x.RequestHeader)) {
		for _, value := range x.RequestHeader[name] {
			fmt.Fprintf(&b, " -H \"%s: %s\"", shownName(name), value)
		}
	}
	if body := x.RequestBody(); body != "" {
		b.WriteString(" -d " + quoted(body))
	}
	return b.String()
}

// shownName spells the headers whose usual form is not Go's.
func shownName(name string) string {
	switch name {
	case "Openstack-Api-Version":
		return "OpenStack-API-Version"
	case "X-Openstack-Nova-Api-Version":
		return "X-OpenStack-Nova-API-Version"
	}
	return name
}

// secretHeaders are shown as a hash, so that two of them can be told apart.
var secretHeaders = [...]string{"Authorization", "X-Auth-Token", "X-Subject-Token", "X-Service-Token", "Openstack-Auth-Receipt"}

func maskHeader(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range secretHeaders {
		for i, value := range h[name] {
			if value != "" {
				sum := sha256.Sum256([]byte(value))
				h[name][i] = "{SHA256}" + hex.EncodeToString(sum[:])
			}
		}
	}
	for _, name := range [...]string{"Set-Cookie", "Cookie", "Proxy-Authorization"} {
		if h.Get(name) != "" {
			h.Set(name, "***")
		}
	}
	return h
}

// secretKeys are the JSON members whose value is never shown.
func secretKey(key, parent string) bool {
	switch strings.ToLower(key) {
	case "password", "adminpass", "admin_pass", "original_password", "secret", "passcode", "private_key", "user_data", "blob":
		return true
	case "id":
		return parent == "token"
	}
	return false
}

// maskBody rewrites a JSON body with its secrets replaced and a catalog left
// out; what is no JSON is not shown at all.
func maskBody(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var out bytes.Buffer
	if err := maskValue(d, &out, "", ""); err != nil {
		return fmt.Sprintf("<%d bytes that are not JSON>", len(body))
	}
	return out.String()
}

// maskValue copies the next value from d to out. key is the member it stands
// under and parent the member around that.
func maskValue(d *json.Decoder, out *bytes.Buffer, key, parent string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	mark := out.Len()
	switch t := token.(type) {
	case json.Delim:
		out.WriteByte(byte(t))
		for i := 0; d.More(); i++ {
			if i > 0 {
				out.WriteString(", ")
			}
			under, around := key, parent
			if t == '{' {
				name, err := d.Token()
				if err != nil {
					return err
				}
				under, around = name.(string), key
				writeJSON(out, under)
				out.WriteString(": ")
			}
			if err := maskValue(d, out, under, around); err != nil {
				return err
			}
		}
		end, err := d.Token()
		if err != nil {
			return err
		}
		out.WriteByte(byte(end.(json.Delim)))
	default:
		writeJSON(out, t)
	}
	switch {
	case key == "catalog" && parent == "token":
		out.Truncate(mark)
		out.WriteString(`"<removed>"`)
	case token != nil && secretKey(key, parent):
		if _, isObject := token.(json.Delim); !isObject {
			out.Truncate(mark)
			out.WriteString(`"***"`)
		}
	}
	return nil
}

func writeJSON(out *bytes.Buffer, v any) {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if e.Encode(v) == nil {
		out.Truncate(out.Len() - 1) // the newline
	}
}
