package verb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cli/out"
)

// authenticate is the purpose of the requests that log in.
const authenticate = "authenticate"

// Account is what --explain, --debug and --timings tell about a command: where its settings came from, how it logged
// in, which version it talked, and every request.
type Account struct {
	Session *auth.Session // nil before there is one
	Asked   client.Asked
	Own     client.Range
	Version wire.Version // zero before it was agreed on

	config    *auth.Config
	mu        sync.Mutex
	exchanges []client.Exchange
}

// NewAccount begins the account of a command with these settings.
func NewAccount(config *auth.Config) *Account { return &Account{config: config} }

// Add notes a request; it is what client.Options.Trace takes.
func (a *Account) Add(x client.Exchange) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.exchanges = append(a.exchanges, x)
}

func (a *Account) requests() []client.Exchange {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.exchanges)
}

// Timings are the requests in the form that --timings prints.
func (a *Account) Timings() []out.Timing {
	requests := a.requests()
	timings := make([]out.Timing, len(requests))
	for i, x := range requests {
		timings[i] = out.Timing{URL: x.Method + " " + x.URL, Seconds: x.Took.Seconds()}
	}
	return timings
}

// Text is the account for people, for --explain.
func (a *Account) Text(ctx context.Context) string {
	requests := a.requests() // before this asks the session, which may make more
	var b strings.Builder
	b.WriteString("Settings\n")
	settings := a.config.Settings()
	wide := 0
	for _, s := range settings {
		wide = max(wide, len(s.Key))
	}
	for _, s := range settings {
		fmt.Fprintf(&b, "  %-*s  %s  (%s)\n", wide, s.Key, s.Shown(), s.From)
	}
	a.writeLogin(ctx, &b)
	if !a.Version.IsZero() {
		fmt.Fprintf(&b, "Version\n  %s: asked for %s (%s), this client speaks %s to %s\n", a.Version, a.Asked,
			a.config.From(auth.ServiceKey("compute", "api_version")), a.Own.Min, a.Own.Max)
		asked := func(x client.Exchange) bool { return x.Purpose != "call" && x.Purpose != authenticate }
		if a.Session != nil && !slices.ContainsFunc(requests, asked) {
			b.WriteString("  what the server speaks is remembered from an earlier command\n")
		}
	}
	writeRequests(&b, requests)
	return b.String()
}

func (a *Account) writeLogin(ctx context.Context, b *strings.Builder) {
	if a.Session == nil || a.Version.IsZero() {
		return
	}
	info, err := a.Session.Info(ctx)
	if err != nil {
		return
	}
	b.WriteString("Login\n")
	if info.User.Name != "" {
		fmt.Fprintf(b, "  user %s (%s)", info.User.Name, info.User.ID)
		if info.Project.V.ID != "" {
			fmt.Fprintf(b, ", project %s (%s)", info.Project.V.Name, info.Project.V.ID)
		}
		var roles []string
		for _, role := range info.Roles.V {
			roles = append(roles, role.Name)
		}
		fmt.Fprintf(b, ", roles %s\n", strings.Join(roles, ", "))
	}
	cached, path := a.Session.Cached()
	switch {
	case cached:
		fmt.Fprintf(b, "  token from the cache %s, good until %s: no log-in was needed\n", path, time.Time(info.ExpiresAt).Format(time.RFC3339))
	case path != "":
		fmt.Fprintf(b, "  new token, kept for the next command in %s\n", path)
	default:
		b.WriteString("  token not kept\n")
	}
	if endpoint, err := a.Session.Endpoint(ctx, "compute"); err == nil {
		fmt.Fprintf(b, "Endpoint\n  compute at %s\n", endpoint)
	}
}

func writeRequests(b *strings.Builder, requests []client.Exchange) {
	b.WriteString("Requests\n")
	if len(requests) == 0 {
		b.WriteString("  none\n")
	}
	total := time.Duration(0)
	for i, x := range requests {
		total += x.Took
		status := fmt.Sprint(x.Status)
		if x.Status == 0 {
			status = "no reply"
		}
		fmt.Fprintf(b, "  %d. %s %s -> %s, %d bytes, %s\n", i+1, x.Method, x.URL, status, max(x.Bytes, 0), x.Took.Round(10*time.Microsecond))
		notes := []string{}
		note := func(label, value string) {
			if value != "" {
				notes = append(notes, label+value)
			}
		}
		if x.Purpose != "call" {
			note("to ", x.Purpose)
		}
		note("route ", x.Route)
		if x.Version.Minor > 0 {
			note("version ", x.Version.String())
		}
		note("policy ", x.Policy)
		if x.Attempt > 1 {
			note("attempt ", fmt.Sprint(x.Attempt))
		}
		note("", x.RequestID)
		if x.Err != nil {
			note("failed: ", x.Err.Error())
		}
		fmt.Fprintf(b, "     %s\n", strings.Join(notes, ", "))
	}
	fmt.Fprintf(b, "  in all %d, %s\n", len(requests), total.Round(10*time.Microsecond))
}

// DebugText is a request and its reply for --debug: the curl command, the status and headers, the body, all without
// secrets.
func DebugText(x client.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "REQ: %s\n", x.Curl())
	if x.Err != nil {
		fmt.Fprintf(&b, "RESP: none (%v)\n", x.Err)
		return b.String()
	}
	fmt.Fprintf(&b, "RESP: [%d]", x.Status)
	for _, name := range slices.Sorted(maps.Keys(x.ReplyHeader)) {
		fmt.Fprintf(&b, " %s: %s", name, strings.Join(x.ReplyHeader[name], ", "))
	}
	b.WriteString("\n")
	if body := x.ReplyBody(); body != "" {
		fmt.Fprintf(&b, "RESP BODY: %s\n", body)
	}
	fmt.Fprintf(&b, "%s call to %s for %s used request id %s\n", x.Method, x.Service, x.URL, x.RequestID)
	return b.String()
}
