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
	at   wire.Version // the first version that has it, or the first without
	what string
}

// spanChanges are the beginning and the end of what has a span; what is in it from the start has no beginning.
func spanChanges(span wire.Span, begins, ends string) []change {
	var all []change
	if compute.MinVersion.Less(span.From) {
		all = append(all, change{span.From, begins})
	}
	if !span.To.IsZero() && span.To.Less(compute.MaxVersion) {
		all = append(all, change{wire.V(span.To.Major, span.To.Minor+1), ends})
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
	all := spanChanges(info.Span, "the route "+name+" is there", "the route "+name+" is gone")
	all = append(all, memberChanges(info.Name+" takes ", info.Request(), info.Span)...)
	all = append(all, memberChanges(info.Name+" answers with ", info.Answer(), info.Span)...)
	for i, part := range strings.Fields(string(info.Status)) {
		if from, code, versioned := strings.Cut(part, ":"); versioned && i > 0 {
			all = append(all, change{wire.MustVersion(from), info.Name + " answers " + code})
		}
	}
	if info.LooseQuery != "" && info.LooseQuery != "always" && info.Method == "GET" {
		last := wire.MustVersion(info.LooseQuery)
		if last.Less(compute.MaxVersion) {
			all = append(all, change{wire.V(last.Major, last.Minor+1), info.Name + " refuses query parameters that it does not know"})
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
		begins, ends := does+m.Name, does+"no "+m.Name
		if !span.From.IsZero() && other(func(s wire.Span) bool { return !s.To.IsZero() && s.To.Minor+1 == m.Span.From.Minor }) {
			begins = does + m.Name + " in another form: " + strings.TrimSuffix(m.Kind+", "+m.Rules, ", ")
		}
		if !span.To.IsZero() && other(func(s wire.Span) bool { return s.From.Minor == m.Span.To.Minor+1 }) {
			span.To = wire.Version{}
		}
		all = append(all, spanChanges(span, begins, ends)...)
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
	all := spanChanges(wire.Span{From: first.From, To: last.To}, name+" is there", name+" is gone")
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
		all = append(all, spanChanges(span, name+" takes "+flag, name+" takes no "+flag)...)
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
	var last change
	for _, c := range all {
		if c == last {
			continue
		}
		version := c.at.String()
		if c.at == last.at {
			version = ""
		}
		fmt.Fprintf(&b, "  %-6s %s\n", version, c.what)
		last = c
	}
	return b.String()
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
	for _, c := range append(requests, options...) {
		b.WriteString("  " + c.what + "\n")
	}
	if newest.Less(v) {
		fmt.Fprintf(&b, "2.latest means at most %s here, as for novaclient: ask for this one with --os-compute-api-version %s.\n", newest, v)
	}
	return b.String()
}
