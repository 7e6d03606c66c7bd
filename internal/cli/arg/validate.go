package arg

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// Validate checks the tables as far as Go's types do not: a test of each program calls it, so that nothing need be
// checked at start. Spans must read, no two commands or spellings may meet at any microversion, every Nargs, default
// and positional must make sense.
func (p *Program[R]) Validate() error {
	var errs []error
	fault := func(where, format string, a ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, a...)))
	}
	versions := append(boundaries(p.Globals), wire.V(2, 0), wire.V(2, 1), wire.Version{})
	for i := range p.Commands {
		c := &p.Commands[i]
		if c.Name == "" || c.Summary == "" {
			fault(p.Name, "command %d (%s) has no name or no summary", i, c.Name)
		}
		if _, err := wire.ParseSpan(c.Versions); err != nil {
			fault(c.Name, "%v", err)
		}
		versions = append(versions, edges(c.Versions)...)
		versions = append(versions, boundaries(c.Args)...)
		checkArgs(c.Args, func(format string, a ...any) { fault(c.Name, format, a...) })
	}
	checkArgs(p.Globals, func(format string, a ...any) { fault(p.Name, format, a...) })
	for i := range p.Globals {
		title := p.Globals[i].Section
		if title != "" && !slices.ContainsFunc(p.Sections, func(s Section) bool { return s.Title == title }) {
			fault(p.Name, "%s names the section %q, which Sections lacks", p.Globals[i].Flags, title)
		}
	}
	slices.SortFunc(versions, func(a, b wire.Version) int { return int(a.Minor) - int(b.Minor) })
	for _, v := range slices.Compact(versions) {
		names := map[string]bool{}
		checkClash(present(p.Globals, v), func(format string, a ...any) { fault(p.Name+" at "+v.String(), format, a...) })
		for i := range p.Commands {
			c := &p.Commands[i]
			if !at(c.Versions, v) {
				continue
			}
			if names[c.Name] {
				fault(c.Name, "is there twice at %s", v)
			}
			names[c.Name] = true
			checkClash(commandActions(c.Args, v), func(format string, a ...any) { fault(c.Name+" at "+v.String(), format, a...) })
		}
	}
	return errors.Join(errs...)
}

// boundaries are the microversions at which one of args comes or has gone.
func boundaries(args []Arg) []wire.Version {
	var versions []wire.Version
	for i := range args {
		versions = append(versions, edges(args[i].Versions)...)
	}
	return versions
}

func edges(span string) []wire.Version {
	s, err := wire.ParseSpan(span)
	if err != nil {
		return nil
	}
	var versions []wire.Version
	if !s.From.IsZero() {
		versions = append(versions, s.From)
	}
	if !s.To.IsZero() {
		versions = append(versions, s.To, wire.V(s.To.Major, s.To.Minor+1))
	}
	return versions
}

func checkArgs(args []Arg, fault func(string, ...any)) {
	for i := range args {
		a := newAction(&args[i])
		if a.dest == "" {
			fault("argument %d has neither Flags nor Dest", i)
		}
		if _, err := wire.ParseSpan(a.Versions); err != nil {
			fault("%s: %v", a.name(), err)
		}
		for _, flag := range a.flags {
			if !strings.HasPrefix(flag, "-") || flag == "-" || flag == "--" || strings.Contains(flag, "=") || negativeNumber(flag) {
				fault("%s is no spelling for an option", flag)
			}
		}
		if a.positional() && (a.Action != Store || a.Required || a.Group != "" || a.Env != "") {
			fault("%s: a positional only stores, needs no Required, has no Group and no Env", a.name())
		}
		if a.Action.takesNoValue() && (a.Nargs != "" || a.Type != nil || a.Choices != nil) {
			fault("%s takes no value, so it has no Nargs, Type or Choices", a.name())
		}
		if n, err := strconv.Atoi(a.Nargs); !slices.Contains([]string{"", "?", "*", "+"}, a.Nargs) && (err != nil || n < 1) {
			fault("%s: Nargs %q", a.name(), a.Nargs)
		}
		checkDefault(&a, fault)
	}
}

func checkDefault(a *action, fault func(string, ...any)) {
	switch value := a.Default.(type) {
	case nil, none, bool, int, float64:
	case string:
		if a.Type == nil || a.Nargs == "*" || a.Nargs == "+" {
			return
		}
		if _, err := a.Type(value); err != nil {
			fault("%s: its default: %v", a.name(), err)
		}
	default:
		fault("%s: a default of type %T", a.name(), value)
	}
}

// checkClash looks for a spelling or a positional's dest that two arguments have at the same microversion.
func checkClash(actions []action, fault func(string, ...any)) {
	flags, dests := map[string]bool{}, map[string]bool{}
	for i := range actions {
		a := &actions[i]
		for _, flag := range a.flags {
			if flags[flag] {
				fault("%s is there twice", flag)
			}
			flags[flag] = true
		}
		if len(a.flags) == 0 {
			if dests[a.dest] {
				fault("the positional %s is there twice", a.dest)
			}
			dests[a.dest] = true
		}
	}
}
