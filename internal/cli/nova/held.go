package nova

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// rehearsal shows requests instead of sending them, for --dry-run and --curl. Requests that only read are sent, for
// what follows depends on what they answer; of the others none is. Logging in goes on as ever.
//
// --dry-run shows what would change something: method, URL, version, policy, body. A command that only reads does what
// it always does. --curl shows every request as a command line, and nothing else is printed.
type rehearsal struct {
	curl  bool
	print func(text string)

	mu   sync.Mutex
	held int
}

// before is what client.Options.Before takes.
func (r *rehearsal) before(x client.Exchange) error {
	if x.Purpose != "call" {
		return nil
	}
	reads := x.Method == http.MethodGet || x.Method == http.MethodHead
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.curl:
		r.print(x.Command() + "\n")
	case !reads:
		if r.held > 0 {
			r.print("\n")
		}
		r.print(heldText(x))
	}
	if reads {
		return nil
	}
	r.held++
	return client.ErrHeld
}

// heldText is a request that was not sent, for people.
func heldText(x client.Exchange) string {
	var b strings.Builder
	b.WriteString(x.Method + " " + x.URL + "\n")
	line := func(name, value string) {
		if value != "" {
			b.WriteString("  " + name + " " + value + "\n")
		}
	}
	if x.Version.Minor > 0 {
		line("version", x.Version.String())
	}
	if info, ok := routeOf(x); ok {
		line("route  ", info.Name)
		line("policy ", info.Policy.Name+": "+info.Policy.Default)
	}
	if body := x.RequestBody(); body != "" {
		var indented bytes.Buffer
		if json.Indent(&indented, []byte(body), "", "  ") == nil {
			body = indented.String()
		}
		b.WriteString(body + "\n")
	}
	return b.String()
}

// routeOf is the route of the contract that a request calls: by its name or, for one that was typed, by its method, path
// and action.
func routeOf(x client.Exchange) (wire.Info, bool) {
	words := []string{x.Route}
	if x.Route == "" {
		at, err := url.Parse(x.URL)
		if err != nil {
			return wire.Info{}, false
		}
		words = []string{x.Method, at.Path}
		if action, _, err := wire.ActionKey([]byte(x.RequestBody())); err == nil && strings.HasSuffix(at.Path, "/action") {
			words = append(words, action)
		}
	}
	for _, m := range routesMeant(words) {
		if m.service == x.Service {
			return m.Info, true
		}
	}
	return wire.Info{}, false
}
