package nova

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func explainCommands() []command {
	return []command{{
		Name: "explain", Own: true, Local: true, Run: explain,
		Summary: "Tell what a command, a request or a microversion is.",
		Description: "Tell what a command takes and calls, what a request takes, answers and asks of the caller, or what a microversion changed, " +
			"from the tables that this program itself works by. No cloud is asked.",
		Args: []arg.Arg{{
			Dest: "subject", Metavar: "SUBJECT", Nargs: "+",
			Help: "A command (boot), a method and a path (POST /servers), a path, a route (servers.create), an action (os-stop) or a version (2.90).",
		}},
	}}
}

func explain(_ context.Context, e *verb.Env) error {
	words := strings.Fields(strings.Join(e.Args.Strings("subject"), " "))
	if len(words) == 0 {
		return verb.Refuse("Name what to explain: a command, a method and a path, a route, or a version.")
	}
	text := ""
	if v, err := wire.ParseVersion(words[0]); err == nil && len(words) == 1 {
		if v.Major != 2 || compute.MaxVersion.Less(v) || v.Less(compute.MinVersion) {
			return verb.Refuse("%s is no version of the Compute API that this client knows: those are %s to %s.", v, compute.MinVersion, compute.MaxVersion)
		}
		text = explainVersion(v)
	} else if forms := commandsNamed(words[0]); len(words) == 1 && forms != nil {
		text = explainCommand(forms)
	} else if routes := routesMeant(words); routes != nil {
		text = explainRoutes(routes)
	} else {
		return verb.Refuse("'%s' is no command, request, route or version: `nova help` lists the commands; requests are written as 'POST /servers' or 'servers.create'.", strings.Join(words, " "))
	}
	return e.Say("%s", strings.TrimSuffix(text, "\n"))
}

// service is an API of the contract.
type service struct {
	name   string
	routes []wire.Endpoint
}

// contract is the routes of all APIs that this program calls.
func contract() []service {
	return []service{{compute.Service, compute.Routes()}, {image.Service, image.Routes()}, {identity.Service, identity.Routes()}}
}

// meant is a route and the service that has it.
type meant struct {
	service string
	wire.Info
}

// routesMeant are the routes that words name: by a route's name or its first part, by an action's key, by a path, or
// by method and path and, where there are several, action.
func routesMeant(words []string) []meant {
	var found []meant
	for _, s := range contract() {
		for _, e := range s.routes {
			info := e.Info()
			if names(info, words) {
				found = append(found, meant{s.name, info})
			}
		}
	}
	if !strings.Contains(strings.Join(words, " "), "/") {
		return found
	}
	// A word in a path means the route that has it rather than one that takes any: /servers/detail is no server.
	places := func(m meant) int { return strings.Count(m.Path, "{") }
	return slices.DeleteFunc(slices.Clone(found), func(m meant) bool {
		return slices.ContainsFunc(found, func(other meant) bool {
			return other.service == m.service && other.Method == m.Method && places(other) < places(m)
		})
	})
}

func names(info wire.Info, words []string) bool {
	first := words[0]
	switch {
	case strings.HasPrefix(first, "/"):
		return len(words) == 1 && samePath(info.Path, first)
	case len(words) == 1:
		return first == info.Name || strings.HasPrefix(info.Name, first+".") || info.Action != "" && first == info.Action
	case strings.HasPrefix(words[1], "/"):
		return strings.EqualFold(first, info.Method) && samePath(info.Path, words[1]) && (len(words) == 2 || words[2] == info.Action)
	}
	return false
}

// samePath says whether a path is one of a route's. What stands before it, such as /v2.1, does not count; a query
// neither.
func samePath(pattern, path string) bool {
	path, _, _ = strings.Cut(path, "?")
	want, got := strings.Split(pattern, "/")[1:], strings.Split(strings.TrimSuffix(path, "/"), "/")[1:]
	if len(got) < len(want) {
		return false
	}
	before := got[:len(got)-len(want)]
	if len(before) > 2 || len(before) > 0 && !versionSegment(before[0]) {
		return false
	}
	for i, segment := range got[len(before):] {
		if want[i] != segment && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

func versionSegment(text string) bool {
	return len(text) > 1 && text[0] == 'v' && text[1] >= '0' && text[1] <= '9'
}

func commandsNamed(name string) []command {
	var forms []command
	for _, c := range commands() {
		if c.Name == name {
			forms = append(forms, c)
		}
	}
	return forms
}

// since is a span for people; empty for always.
func since(span wire.Span) string {
	switch {
	case !span.From.IsZero() && span.From == span.To:
		return "at " + span.From.String() + " only"
	case !span.From.IsZero() && !span.To.IsZero():
		return span.From.String() + " to " + span.To.String()
	case !span.From.IsZero():
		return "since " + span.From.String()
	case !span.To.IsZero():
		return "until " + span.To.String()
	}
	return ""
}

// rows are lines of a name, what it is, and since when, in columns.
type rows [][3]string

func (r *rows) add(name, text, when string) { *r = append(*r, [3]string{name, text, when}) }

func (r rows) write(b *strings.Builder, indent string) {
	const most = 34
	wide := 0
	for _, row := range r {
		if n := len(row[0]); n <= most {
			wide = max(wide, n)
		}
	}
	for _, row := range r {
		line := fmt.Sprintf("%s%-*s  %s", indent, wide, row[0], row[1])
		if len(row[0]) > most && row[1] != "" {
			line = indent + row[0] + "\n" + indent + strings.Repeat(" ", wide) + "  " + row[1]
		}
		if row[2] != "" {
			line += " (" + row[2] + ")"
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// explainCommand tells what a command takes, what it calls, and what the versions changed of it.
func explainCommand(forms []command) string {
	var b strings.Builder
	c := forms[len(forms)-1]
	fmt.Fprintf(&b, "nova %s: %s\n", c.Name, c.Summary)
	if when := commandSpan(forms); when != "" {
		fmt.Fprintf(&b, "There %s.\n", when)
	}
	arguments := argumentsOf(forms)
	if len(arguments) > 0 {
		b.WriteString("\nArguments\n")
		arguments.write(&b, "  ")
	}
	var reads, changes []meant
	for _, e := range calls(c.Name) {
		m := meant{serviceOfRoute(e), e.Info()}
		if m.Method == "GET" {
			reads = append(reads, m)
		} else {
			changes = append(changes, m)
		}
	}
	switch {
	case len(changes) > 0:
		b.WriteString("\nRequests that do it\n")
		writeRoutes(&b, changes, true)
		if len(reads) > 0 {
			b.WriteString("\nRequests that find what is named, or show how it went\n")
			writeRoutes(&b, reads, false)
		}
	case len(reads) > 0:
		b.WriteString("\nRequests (it may need some of them only, and changes nothing)\n")
		writeRoutes(&b, reads, true)
	default:
		b.WriteString("\nIt calls no route by itself.\n")
	}
	if len(changes) == 0 {
		changes = reads
	}
	if history := historyOf(forms, changes); history != "" {
		b.WriteString("\nWhat versions changed\n" + history)
	}
	return b.String()
}

func serviceOfRoute(e wire.Endpoint) string {
	info := e.Info()
	for _, s := range contract() {
		for _, other := range s.routes {
			if o := other.Info(); o.Name == info.Name && o.Path == info.Path && o.Method == info.Method {
				return s.name
			}
		}
	}
	return "network" // whose one route is no part of the contract
}

// commandSpan is when one of the forms of a command is there.
func commandSpan(forms []command) string {
	first, err := wire.ParseSpan(forms[0].Versions)
	last, err2 := wire.ParseSpan(forms[len(forms)-1].Versions)
	if err != nil || err2 != nil {
		return ""
	}
	return since(plain20(wire.Span{From: first.From, To: last.To}))
}

// plain20 takes 2.0 as the start out of a span: there is nothing before it.
func plain20(s wire.Span) wire.Span {
	if s.From == wire.V(2, 0) {
		s.From = wire.Version{}
	}
	return s
}

func argumentName(a *arg.Arg) string {
	value := a.Metavar
	if value == "" && a.Choices != nil {
		value = strings.Join(a.Choices, "|")
	} else if value == "" {
		value = strings.ToUpper(a.Dest)
	}
	if a.Flags == "" {
		return value
	}
	flags := strings.Join(strings.Fields(a.Flags), ", ")
	if a.Action != arg.Store && a.Action != arg.Append {
		return flags
	}
	return strings.TrimSpace(flags + " " + value)
}

// argumentsOf are the arguments of all forms of a command, each once: as it is at the latest version that has it.
func argumentsOf(forms []command) rows {
	type known struct {
		row  int
		span wire.Span
	}
	var all rows
	seen := map[string]known{}
	first, _ := wire.ParseSpan(forms[0].Versions) // the table is valid
	last, _ := wire.ParseSpan(forms[len(forms)-1].Versions)
	for _, form := range forms {
		whole, _ := wire.ParseSpan(form.Versions)
		for i := range form.Args {
			a := &form.Args[i]
			if a.Hidden {
				continue
			}
			span, _ := wire.ParseSpan(a.Versions)
			if span.From.Less(whole.From) {
				span.From = whole.From
			}
			if span.To.IsZero() || !whole.To.IsZero() && whole.To.Less(span.To) {
				span.To = whole.To
			}
			key := a.Flags
			if key == "" {
				key = a.Dest
			}
			k, ok := seen[key]
			if !ok {
				k = known{len(all), span}
				all = append(all, [3]string{})
			}
			k.span.To = span.To
			seen[key] = k
			shown := k.span
			if shown.From == first.From {
				shown.From = wire.Version{}
			}
			if shown.To == last.To {
				shown.To = wire.Version{}
			}
			all[k.row] = [3]string{argumentName(a), a.Help, since(plain20(shown))}
		}
	}
	return all
}

// explainRoutes tells all about routes: several only in short, unless they are few.
func explainRoutes(routes []meant) string {
	var b strings.Builder
	if len(routes) > 3 {
		for _, m := range routes {
			writeHead(&b, m)
		}
		b.WriteString("\nName one for more: nova explain " + routes[0].Name + "\n")
		return b.String()
	}
	for i, m := range routes {
		if i > 0 {
			b.WriteString("\n")
		}
		writeHead(&b, m)
		writeRoute(&b, m, true)
		writeMembers(&b, "answers with", m.Answer(), m.Span)
		var users []string
		for _, c := range commands() {
			if slices.ContainsFunc(calls(c.Name), func(e wire.Endpoint) bool { return e.Info().Name == m.Name }) && !slices.Contains(users, c.Name) {
				users = append(users, c.Name)
			}
		}
		if users != nil {
			fmt.Fprintf(&b, "  called by    nova %s\n", strings.Join(users, ", "))
		}
	}
	return b.String()
}

func writeHead(b *strings.Builder, m meant) {
	line := m.Method + " " + m.Path
	if m.Action != "" {
		line += " {" + m.Action + "}"
	}
	fmt.Fprintf(b, "%s  %s of %s\n", line, m.Name, m.service)
}

func writeRoutes(b *strings.Builder, routes []meant, whole bool) {
	for _, m := range routes {
		b.WriteString("  ")
		writeHead(b, m)
		var inner strings.Builder
		writeRoute(&inner, m, whole)
		for line := range strings.Lines(inner.String()) {
			b.WriteString("  " + line)
		}
	}
}

// writeRoute tells when a route is there, what it asks of the caller, its status, and what it takes.
func writeRoute(b *strings.Builder, m meant, members bool) {
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "  %-11s  %s\n", name, text)
		}
	}
	if m.Gone {
		line("removed", "it answers 410 at every version")
	} else {
		line("there", since(m.Span))
	}
	switch {
	case m.Public:
		line("who may", "anyone, without a token")
	case m.Policy.Name == "":
		line("who may", "whoever has a token")
	default:
		line("policy", m.Policy.Name)
		line("who may", whoMay(m.service, m.Policy.Default))
	}
	line("status", statusText(m.Status))
	if members {
		writeMembers(b, "takes", m.Request(), m.Span)
	}
}

// whoMay is a check of a policy, with the rules that it names.
func whoMay(service, check string) string {
	if check == "" || check == "@" {
		return "whoever has a token"
	}
	text := check
	if service == compute.Service {
		if named, ok := strings.CutPrefix(check, "rule:"); ok {
			for _, r := range compute.BaseRules() {
				if r.Name == named {
					text += ", that is " + r.Default
				}
			}
		}
	}
	return text
}

// statusText is a success status with the versions that changed it.
func statusText(s wire.Status) string {
	var parts []string
	for _, part := range strings.Fields(string(s)) {
		from, code, versioned := strings.Cut(part, ":")
		switch {
		case !versioned:
			parts = append(parts, from)
		case len(parts) == 0:
			parts = append(parts, code)
		default:
			parts = append(parts, code+" since "+from)
		}
	}
	return strings.Join(parts, ", ")
}

func writeMembers(b *strings.Builder, title string, members []wire.Member, whole wire.Span) {
	if len(members) == 0 {
		return
	}
	b.WriteString("  " + title + "\n")
	var lines rows
	for _, m := range members {
		text := m.Kind
		depth, name := strings.Count(m.Name, "."), m.Name[strings.LastIndexByte(m.Name, '.')+1:]
		if m.In != "body" && m.In != "stream" {
			text = m.In + ", " + text
			depth, name = 0, m.Name
		}
		if m.Rules != "" {
			text += ", " + m.Rules
		}
		if m.Required && m.In != "path" {
			text += ", required"
		}
		when := ""
		if m.Span != whole {
			when = since(m.Span)
		}
		lines.add(strings.Repeat("  ", depth)+name, text, when)
	}
	lines.write(b, "    ")
}
