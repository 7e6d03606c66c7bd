package policy

import (
	"fmt"
	"strings"

	"github.com/novalet/novalet/internal/cloud"
)

// Explanation is a verdict with its reasons.
type Explanation struct {
	Rule    string
	Allowed bool
	Text    string // the rule as it is in force
	Source  string // "default" or a file's name
	Leaves  []Leaf // the checks that decided; had they been otherwise, so were the verdict
}

// Leaf is a single check with its outcome.
type Leaf struct {
	Check string   // as written: role:admin
	Holds bool     // negations left out of account
	Via   []string // the rules that led to it, outermost first
	Have  string   // what was compared: what the caller has and the target asks for
}

// Explain judges as Authorize does, and says which checks decided. An unknown
// rule is refused, without leaves.
func (e *Enforcer) Explain(name string, caller *cloud.Caller, target cloud.Target) Explanation {
	r := e.find(name)
	if r == nil {
		return Explanation{Rule: name}
	}
	if caller == nil {
		caller = &nobody
	}
	x := explainer{caller, target}
	allowed, leaves := x.judge(r.root, []string{r.Name})
	return Explanation{Rule: name, Allowed: allowed, Text: r.InForce, Source: r.Source, Leaves: leaves}
}

// String is the explanation for people, a line for each check that decided.
func (x Explanation) String() string {
	var b strings.Builder
	verdict := "refuses"
	if x.Allowed {
		verdict = "allows"
	}
	if x.Source == "" {
		return fmt.Sprintf("There is no policy rule %s, and none named %s.", x.Rule, fallbackRule)
	}
	fmt.Fprintf(&b, "%s %s it (%s): %s", x.Rule, verdict, x.Source, x.Text)
	for _, l := range x.Leaves {
		outcome := "does not hold"
		if l.Holds {
			outcome = "holds"
		}
		fmt.Fprintf(&b, "\n  %s %s", l.Check, outcome)
		if l.Have != "" {
			fmt.Fprintf(&b, ": %s", l.Have)
		}
		if len(l.Via) > 1 {
			fmt.Fprintf(&b, " (by way of %s)", strings.Join(l.Via[1:], ", "))
		}
	}
	return b.String()
}

type explainer struct {
	caller *cloud.Caller
	target cloud.Target
}

// judge returns what node.holds does, with the leaves that decided: of an "or"
// that holds its first part that does, of one that does not all parts, and the
// other way round for "and".
func (x explainer) judge(n *node, via []string) (bool, []Leaf) {
	switch n.op {
	case opNot:
		holds, leaves := x.judge(n.kids[0], via)
		return !holds, leaves
	case opAnd, opOr:
		decides := n.op == opOr
		var all []Leaf
		for _, k := range n.kids {
			holds, leaves := x.judge(k, via)
			if holds == decides {
				return holds, leaves
			}
			all = append(all, leaves...)
		}
		return !decides, all
	case opRule:
		if n.rule != nil {
			return x.judge(n.rule.root, append(via[:len(via):len(via)], n.name))
		}
	}
	holds := n.holds(x.caller, x.target)
	return holds, []Leaf{{Check: n.text, Holds: holds, Via: via, Have: x.have(n)}}
}

// have says what the two sides of a check were.
func (x explainer) have(n *node) string {
	var sides []string
	switch n.op {
	case opRule:
		return "there is no such rule"
	case opRole:
		sides = append(sides, "the caller has "+listRoles(x.caller.Roles))
	case opAttribute:
		sides = append(sides, x.callers(n))
	case opLiteral:
	default:
		return ""
	}
	for _, p := range n.match {
		if !p.attribute {
			continue
		}
		if v := lookUp(x.target, p.text); v != "" {
			sides = append(sides, fmt.Sprintf("the target's %s is %s", p.text, v))
		} else {
			sides = append(sides, "the target has no "+p.text)
		}
	}
	return strings.Join(sides, ", ")
}

func (x explainer) callers(n *node) string {
	c := x.caller
	switch n.name {
	case "roles":
		return "the caller has " + listRoles(c.Roles)
	case "is_admin":
		return "the caller's is_admin is " + spell(n.isAdmin(c, x.target))
	}
	if v, ok := attribute(c, n.name); !ok {
		return "callers have no attribute " + n.name
	} else if v == "" {
		return "the caller has no " + n.name
	} else {
		return fmt.Sprintf("the caller's %s is %s", n.name, v)
	}
}

func listRoles(roles []string) string {
	if len(roles) == 0 {
		return "no roles"
	}
	return "the roles " + strings.Join(roles, ", ")
}
