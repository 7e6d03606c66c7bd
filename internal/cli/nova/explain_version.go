package nova

import (
	"fmt"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
)

// change is something that begins or ends with a version.
type change struct {
	at    wire.Version // the first version that has it, or the first without
	what  string
	thing string // of several of which the same is told
}

// spanChanges are the beginning and the end of what has a span; what is in it from the start has no beginning.
func spanChanges(span wire.Span, begins, ends, thing string) []change {
	var all []change
	if compute.MinVersion.Less(span.From) {
		all = append(all, change{span.From, begins, thing})
	}
	if !span.To.IsZero() && span.To.Less(compute.MaxVersion) {
		all = append(all, change{wire.V(span.To.Major, span.To.Minor+1), ends, thing})
	}
	return all
}

// routeChanges are what versions changed of a route: itself, what it takes and answers, its status, whether it refuses
// query parameters that it does not know.
func routeChanges(info wire.Info) []change {
	name := info.Name
	if !info.Gone {
		name += " (" + info.Method + " " + info.Path
		if info.Action != "" {
			name += " {" + info.Action + "}"
		}
		name += ")"
	}
	all := spanChanges(info.Span, "there is", "there is no longer", name)
	all = append(all, memberChanges(info.Name+" takes", info.Request(), info.Span)...)
	all = append(all, memberChanges(info.Name+" answers with", info.Answer(), info.Span)...)
	for i, part := range strings.Fields(string(info.Status)) {
		if from, code, versioned := strings.Cut(part, ":"); versioned && i > 0 {
			all = append(all, change{wire.MustVersion(from), info.Name + " answers", code})
		}
	}
	if info.LooseQuery != "" && info.LooseQuery != "always" && info.Method == "GET" {
		last := wire.MustVersion(info.LooseQuery)
		if last.Less(compute.MaxVersion) {
			all = append(all, change{wire.V(last.Major, last.Minor+1), "query parameters that it does not know are refused by", info.Name})
		}
	}
	return all
}

// memberChanges tell of members that come and go. Members within one that comes with the same version, and those whose
// form alone changes, are told by it and by the form that stays.
func memberChanges(does string, members []wire.Member, whole wire.Span) []change {
	var all []change
	spans := map[string]wire.Span{}
	for _, m := range members {
		spans[m.Name] = m.Span
		span := m.Span
		if span.From == whole.From || within(spans, m, func(outer wire.Span) bool { return outer.From == span.From }) {
			span.From = wire.Version{}
		}
		if span.To == whole.To || within(spans, m, func(outer wire.Span) bool { return outer.To == span.To }) {
			span.To = wire.Version{}
		}
		other := func(at func(wire.Span) bool) bool {
			return slices.ContainsFunc(members, func(o wire.Member) bool { return o.Name == m.Name && o.In == m.In && at(o.Span) })
		}
		begins := does
		if !span.From.IsZero() && other(func(s wire.Span) bool { return !s.To.IsZero() && s.To.Minor+1 == m.Span.From.Minor }) {
			begins += " another form of"
		}
		if !span.To.IsZero() && other(func(s wire.Span) bool { return s.From.Minor == m.Span.To.Minor+1 }) {
			span.To = wire.Version{}
		}
		all = append(all, spanChanges(span, begins, does+" no", m.Name)...)
	}
	return all
}

// within says whether something that a member stands in has a span like that.
func within(spans map[string]wire.Span, m wire.Member, like func(wire.Span) bool) bool {
	for name := m.Name; ; {
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return false
		}
		name = strings.TrimSuffix(name[:dot], "[]")
		if outer, ok := spans[name]; ok && like(outer) {
			return true
		}
	}
}

// commandChanges are what versions changed of a command.
func commandChanges(forms []command) []change {
	name := "nova " + forms[0].Name
	first, err := wire.ParseSpan(forms[0].Versions)
	last, err2 := wire.ParseSpan(forms[len(forms)-1].Versions)
	if err != nil || err2 != nil {
		return nil
	}
	all := spanChanges(wire.Span{From: first.From, To: last.To}, "there is", "there is no longer", name)
	has := map[string]wire.Span{}
	var order []string
	for _, form := range forms {
		whole, _ := wire.ParseSpan(form.Versions)
		for i := range form.Args {
			a := &form.Args[i]
			span, err := wire.ParseSpan(a.Versions)
			if err != nil || a.Flags == "" || a.Hidden {
				continue
			}
			if span.From.Less(whole.From) {
				span.From = whole.From
			}
			if span.To.IsZero() || !whole.To.IsZero() && whole.To.Less(span.To) {
				span.To = whole.To
			}
			flag := longest(a)
			known, ok := has[flag]
			if !ok {
				order = append(order, flag)
				has[flag] = span
				continue
			}
			has[flag] = wire.Span{From: known.From, To: span.To}
		}
	}
	for _, flag := range order {
		span := has[flag]
		if span.From == first.From {
			span.From = wire.Version{}
		}
		if span.To == last.To {
			span.To = wire.Version{}
		}
		all = append(all, spanChanges(span, name+" takes", name+" takes no", flag)...)
	}
	return all
}

func longest(a *arg.Arg) string {
	found := ""
	for _, flag := range strings.Fields(a.Flags) {
		if len(flag) > len(found) {
			found = flag
		}
	}
	return found
}

// historyOf is what versions changed of a command and the routes it calls, in the order of versions.
func historyOf(forms []command, routes []meant) string {
	all := commandChanges(forms)
	for _, m := range routes {
		if m.service == compute.Service {
			all = append(all, routeChanges(m.Info)...)
		}
	}
	return writeChanges(all)
}

func writeChanges(all []change) string {
	slices.SortStableFunc(all, func(a, b change) int { return int(a.at.Minor) - int(b.at.Minor) })
	var b strings.Builder
	last := wire.Version{}
	for len(all) > 0 {
		at := all[0].at
		end := slices.IndexFunc(all, func(c change) bool { return c.at != at })
		if end < 0 {
			end = len(all)
		}
		for _, line := range told(all[:end]) {
			version := at.String()
			if at == last {
				version = ""
			}
			fmt.Fprintf(&b, "  %-6s %s\n", version, line)
			last = at
		}
		all = all[end:]
	}
	return b.String()
}

// told are the changes of one version as lines: what comes and goes as a whole first, then what is told of several
// things together.
func told(all []change) []string {
	var first, rest []string
	for i, c := range all {
		if strings.HasPrefix(c.what, "there is") {
			if line := c.what + " " + c.thing; !slices.Contains(first, line) {
				first = append(first, line)
			}
			continue
		}
		same := func(o change) bool { return o.what == c.what }
		if slices.ContainsFunc(all[:i], same) {
			continue
		}
		var things []string
		for _, o := range all[i:] {
			if same(o) && !slices.Contains(things, o.thing) {
				things = append(things, o.thing)
			}
		}
		rest = append(rest, c.what+" "+strings.Join(things, ", "))
	}
	return append(first, rest...)
}

// explainVersion tells what a version changed, of the requests and of the commands.
func explainVersion(v wire.Version) string {
	var all []change
	for _, e := range compute.Routes() {
		all = append(all, routeChanges(e.Info())...)
	}
	requests := slices.DeleteFunc(all, func(c change) bool { return c.at != v })
	all = nil
	table := commands()
	for i := 0; i < len(table); {
		end := i
		for end < len(table) && table[end].Name == table[i].Name {
			end++
		}
		all = append(all, commandChanges(table[i:end])...)
		i = end
	}
	options := slices.DeleteFunc(all, func(c change) bool { return c.at != v })
	var b strings.Builder
	fmt.Fprintf(&b, "What version %s changed\n", v)
	if len(requests)+len(options) == 0 {
		b.WriteString("  nothing that shows in requests, replies or commands: it changed what some of them do\n")
	}
	for _, line := range append(told(requests), told(options)...) {
		b.WriteString("  " + line + "\n")
	}
	if newest.Less(v) {
		fmt.Fprintf(&b, "2.latest means at most %s here, as for novaclient: ask for this one with --os-compute-api-version %s.\n", newest, v)
	}
	return b.String()
}
