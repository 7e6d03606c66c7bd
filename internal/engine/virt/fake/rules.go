package fake

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// Rule is one piece of behaviour: calls of Op for guests whose name matches
// Name take Delay; every Every-th of them fails, or hangs.
type Rule struct {
	Op    string        // see Ops
	Name  string        // glob over the guest's name; empty: all
	Delay time.Duration // before anything else
	Every int           // 1: each call that matches; 0: none fails
	Fail  string        // message of the failure; empty: one that says it was asked for
	Hang  bool          // instead of failing, wait until the context ends
}

// Ops are the calls that rules name: the methods of the driver, and the steps
// of a spawn by their task_state.
var Ops = []string{
	"host", "spawn", "networking", "block_device_mapping", "spawning",
	"start", "stop", "reboot", "hard-reboot", "destroy", "guests", "console",
}

type ruleState struct {
	Rule
	calls int
}

func (r Rule) check() error {
	if !slices.Contains(Ops, r.Op) {
		return fault.New(fault.BadRequest, "fake driver rule: operation %q is not known; use one of %s", r.Op, strings.Join(Ops, ", "))
	}
	if _, err := path.Match(r.Name, ""); err != nil {
		return fault.New(fault.BadRequest, "fake driver rule: name %q is not a glob pattern", r.Name)
	}
	if r.Delay < 0 || r.Every < 0 {
		return fault.New(fault.BadRequest, "fake driver rule for %s: delay and every must not be negative", r.Op)
	}
	return nil
}

// ParseRules reads rules as a configuration or a command line has them:
// operations separated by semicolons, each with its settings, for example
//
//	spawn delay=200ms; spawn every=3; stop name=bad-* hang; start fail="no power"
//
// A rule with fail or hang and without every fails each time.
func ParseRules(text string) ([]Rule, error) {
	var rules []Rule
	for part := range strings.SplitSeq(text, ";") {
		words, err := split(part)
		if err != nil {
			return nil, err
		}
		if len(words) == 0 {
			continue
		}
		r := Rule{Op: words[0]}
		for _, word := range words[1:] {
			if err := r.set(word); err != nil {
				return nil, err
			}
		}
		if (r.Fail != "" || r.Hang) && r.Every == 0 {
			r.Every = 1
		}
		if err := r.check(); err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func (r *Rule) set(word string) error {
	key, value, _ := strings.Cut(word, "=")
	var err error
	switch key {
	case "name":
		r.Name = value
	case "delay":
		r.Delay, err = time.ParseDuration(value)
	case "every":
		r.Every, err = strconv.Atoi(value)
	case "fail":
		r.Fail = value
		if value == "" {
			r.Every = max(r.Every, 1)
		}
	case "hang":
		r.Hang = true
	default:
		return fault.New(fault.BadRequest, "fake driver rule for %s: setting %q is not known; use name, delay, every, fail or hang", r.Op, key)
	}
	if err != nil {
		return fault.New(fault.BadRequest, "fake driver rule for %s: %s is not a valid value of %s", r.Op, value, key)
	}
	return nil
}

// split cuts at spaces, except within double quotes, which it removes.
func split(s string) ([]string, error) {
	var (
		words  []string
		word   strings.Builder
		quoted bool
	)
	flush := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for _, r := range s {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ' ' || r == '\t' || r == '\n'):
			flush()
		default:
			word.WriteRune(r)
		}
	}
	flush()
	if quoted {
		return nil, fault.New(fault.BadRequest, "fake driver rule %q: a quote is not closed", strings.TrimSpace(s))
	}
	return words, nil
}

// obey applies the rules to one call: waits, fails or hangs as they say.
func (d *Driver) obey(ctx context.Context, op, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var (
		delay time.Duration
		fail  *Rule
	)
	d.mu.Lock()
	for i := range d.rules {
		r := &d.rules[i]
		if r.Op != op {
			continue
		}
		if ok, _ := path.Match(r.Name, name); r.Name != "" && !ok {
			continue
		}
		delay += r.Delay
		if r.Every == 0 {
			continue
		}
		r.calls++
		if r.calls%r.Every == 0 && fail == nil {
			fail = &r.Rule
		}
	}
	d.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	switch {
	case fail == nil:
		return nil
	case fail.Hang:
		<-ctx.Done()
		return ctx.Err()
	case fail.Fail != "":
		return fault.New(fault.Unavailable, "%s", fail.Fail)
	}
	return fault.New(fault.Unavailable, "the simulated host failed at %s, as its rules say", op)
}
