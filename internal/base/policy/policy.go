// Package policy judges who may do what, in the language of oslo.policy, so
// that the policy.yaml of an existing cloud works here. Rules are compiled and
// checked once, when they are loaded; facts are those of
// https://docs.openstack.org/oslo.policy/latest/reference/api/oslo_policy.policy.html.
//
// Where oslo.policy logs and refuses access at each check, loading fails here:
// a rule that does not parse, a cycle, a check that is not supported. Remote
// checks (http:, https:) are not.
package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Rule is a named rule with its built-in text.
type Rule struct {
	Name        string
	Check       string // in the policy language
	Description string
}

// Listed is a rule as it is in force.
type Listed struct {
	Rule
	InForce string // the text that counts
	Source  string // where it is from: "default" or a file's name
}

// fallbackRule judges for the names that are nowhere defined, as in
// oslo.policy.
const fallbackRule = "default"

// adminRule is what is_admin stands for: Nova asks this rule about each caller.
const adminRule = "context_is_admin"

// Enforcer judges by a fixed set of rules; to change them make another. It is
// safe for concurrent use.
type Enforcer struct {
	rules    map[string]*rule
	order    []string // defaults as given, then the files' own
	warnings []string
}

// rule is a Listed, compiled.
type rule struct {
	Listed
	root *node
}

// New compiles defaults, then the files over them in order. An error names
// each bad rule and the column in it.
func New(defaults []Rule, files ...File) (*Enforcer, error) {
	e := &Enforcer{rules: map[string]*rule{}}
	var errs []error
	for _, d := range defaults {
		if have := e.rules[d.Name]; have != nil {
			if have.Check != d.Check {
				errs = append(errs, fmt.Errorf("policy rule %s has two defaults: %q and %q", d.Name, have.Check, d.Check))
			}
			continue
		}
		root, err := parse(d.Check)
		errs = append(errs, named(err, d.Name, "default"))
		e.order = append(e.order, d.Name)
		e.rules[d.Name] = &rule{Listed{d, d.Check, "default"}, root}
	}
	for _, f := range files {
		for _, o := range f.rules {
			root, err := o.parse()
			errs = append(errs, named(err, o.name, f.name))
			r := e.rules[o.name]
			if r == nil {
				r = &rule{Listed: Listed{Rule: Rule{Name: o.name}}}
				e.order = append(e.order, o.name)
				e.rules[o.name] = r
			}
			r.InForce, r.Source, r.root = o.text, f.name, root
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	e.link()
	return e, e.checkCycles()
}

func named(err error, name, source string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("policy rule %s (%s): %w", name, source, err)
}

// link connects each reference with its rule, and warns of what can never
// hold: such files work in oslo.policy too.
func (e *Enforcer) link() {
	for _, name := range e.order {
		r := e.rules[name]
		r.root.walk(func(n *node) {
			warn := func(format string, args ...any) {
				e.warnings = append(e.warnings, fmt.Sprintf("policy rule %s (%s), column %d: ", name, r.Source, n.column)+fmt.Sprintf(format, args...))
			}
			switch {
			case n.op == opRule:
				if n.rule = e.find(n.name); n.rule == nil {
					warn("there is no rule %q, so this check never holds", n.name)
				}
			case n.op == opAttribute && n.name == "is_admin":
				n.rule = e.rules[adminRule]
			case n.op == opAttribute && n.name != "roles":
				if _, known := attribute(&nobody, n.name); !known {
					warn("callers have no attribute %q, so this check never holds", n.name)
				}
			}
		})
	}
}

func (e *Enforcer) find(name string) *rule {
	if r := e.rules[name]; r != nil {
		return r
	}
	return e.rules[fallbackRule]
}

// checkCycles refuses a rule that needs itself.
func (e *Enforcer) checkCycles() error {
	const visiting, done = 1, 2
	state := map[*rule]int{}
	var path []string
	var visit func(r *rule) error
	visit = func(r *rule) (err error) {
		switch state[r] {
		case done:
			return nil
		case visiting:
			start := slices.Index(path, r.Name)
			return fmt.Errorf("policy rule %s (%s) needs itself: %s", r.Name, r.Source, strings.Join(append(path[start:], r.Name), " -> "))
		}
		state[r] = visiting
		path = append(path, r.Name)
		r.root.walk(func(n *node) {
			if n.rule != nil && err == nil {
				err = visit(n.rule)
			}
		})
		path = path[:len(path)-1]
		state[r] = done
		return err
	}
	for _, name := range e.order {
		if err := visit(e.rules[name]); err != nil {
			return err
		}
	}
	return nil
}

// Warnings lists what in the rules can never hold, for the log.
func (e *Enforcer) Warnings() []string { return slices.Clone(e.warnings) }

// Rules lists all rules as they are in force: the defaults in the order they
// were given, then those that only files have.
func (e *Enforcer) Rules() []Listed {
	all := make([]Listed, len(e.order))
	for i, name := range e.order {
		all[i] = e.rules[name].Listed
	}
	return all
}

// Authorize judges the named rule for caller and target (cloud.Authorizer). A
// refusal is a fault.Forbidden in Nova's words; asking for a rule that does
// not exist, with no rule named default, is an error of the program.
func (e *Enforcer) Authorize(name string, caller *cloud.Caller, target cloud.Target) error {
	r := e.find(name)
	if r == nil {
		return fmt.Errorf("policy rule %s is not defined", name)
	}
	if caller == nil {
		caller = &nobody
	}
	if r.root.holds(caller, target) {
		return nil
	}
	return fault.New(fault.Forbidden, "Policy doesn't allow %s to be performed.", name)
}

// nobody is judged where there is no caller; it is only read.
var nobody cloud.Caller
