package policy

import (
	"slices"
	"strings"

	"github.com/novalet/novalet/internal/cloud"
)

// node is a check, or a combination of checks.
type node struct {
	op     op
	kids   []*node  // of not, and, or
	name   string   // rule: its name; attribute: its name; literal: its value
	match  template // role, attribute, literal: what is on the right
	rule   *rule    // rule, and is_admin: what it stands for; nil: nothing
	text   string   // as written, for Explain
	column int      // where it begins in the rule, from 1
}

type op uint8

const (
	opTrue op = iota
	opFalse
	opNot
	opAnd
	opOr
	opRule
	opRole
	opAttribute
	opLiteral
)

func (n *node) walk(f func(*node)) {
	f(n)
	for _, k := range n.kids {
		k.walk(f)
	}
}

// holds reports whether the check does. Rules have no cycles, so it ends.
func (n *node) holds(c *cloud.Caller, t cloud.Target) bool {
	switch n.op {
	case opTrue:
		return true
	case opNot:
		return !n.kids[0].holds(c, t)
	case opAnd:
		for _, k := range n.kids {
			if !k.holds(c, t) {
				return false
			}
		}
		return true
	case opOr:
		for _, k := range n.kids {
			if k.holds(c, t) {
				return true
			}
		}
		return false
	case opRule:
		return n.rule != nil && n.rule.root.holds(c, t)
	case opRole:
		return n.hasRole(c, t)
	case opAttribute:
		return n.hasAttribute(c, t)
	case opLiteral:
		return n.match.is(n.name, t)
	default:
		return false
	}
}

// hasRole compares without regard to case, as oslo.policy does.
func (n *node) hasRole(c *cloud.Caller, t cloud.Target) bool {
	want, ok := n.match.expand(t)
	return ok && slices.ContainsFunc(c.Roles, func(role string) bool { return strings.EqualFold(role, want) })
}

// none is how Python, and so a rule, spells that there is no value.
const none = "None"

// hasAttribute compares one of the caller's attributes, by their names in
// oslo.context and in older releases.
func (n *node) hasAttribute(c *cloud.Caller, t cloud.Target) bool {
	switch n.name {
	case "roles":
		return slices.ContainsFunc(c.Roles, func(role string) bool { return n.match.is(role, t) })
	case "is_admin":
		return n.match.is(spell(n.isAdmin(c, t)), t)
	}
	v, ok := attribute(c, n.name)
	if !ok {
		return false
	}
	if v == "" {
		// domain_id:None is a way to say "not domain-scoped". But what a
		// target lacks is never equal to what the caller lacks: in
		// oslo.policy two Nones are, which has opened doors.
		return n.match.constant() && n.match.is(none, t)
	}
	return n.match.is(v, t)
}

// attribute returns the caller's attribute, "" when this caller has none; not
// ok when no caller has.
func attribute(c *cloud.Caller, name string) (value string, ok bool) {
	switch name {
	case "is_admin_project":
		return spell(true), true // there is no admin project: every one is as good
	case "user_id", "user":
		return c.UserID, true
	case "project_id", "tenant_id", "tenant":
		return c.ProjectID, true
	case "domain_id":
		return c.DomainID, true
	case "user_domain_id":
		return c.UserDomainID, true
	case "project_domain_id":
		return c.ProjectDomainID, true
	case "user_name":
		return c.UserName, true
	case "project_name":
		return c.ProjectName, true
	case "system_scope":
		if c.System {
			return "all", true
		}
		return "", true
	}
	return "", false
}

func (n *node) isAdmin(c *cloud.Caller, t cloud.Target) bool {
	if n.rule != nil {
		return n.rule.root.holds(c, t)
	}
	return c.Has("admin")
}

func spell(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// template is text with %(name)s in it, which stands for the target's
// attribute.
type template []part

type part struct {
	text      string // as it is, or the attribute's name
	attribute bool
}

func (m template) constant() bool {
	return !slices.ContainsFunc(m, func(p part) bool { return p.attribute })
}

// is reports whether the text for t equals value. An attribute that t lacks or
// has empty equals nothing.
func (m template) is(value string, t cloud.Target) bool {
	for _, p := range m {
		text := p.text
		if p.attribute {
			if text = lookUp(t, p.text); text == "" {
				return false
			}
		}
		var ok bool
		if value, ok = strings.CutPrefix(value, text); !ok {
			return false
		}
	}
	return value == ""
}

// expand returns the text for t; not ok when t lacks an attribute.
func (m template) expand(t cloud.Target) (text string, ok bool) {
	if len(m) == 1 && !m[0].attribute {
		return m[0].text, true
	}
	var b strings.Builder
	for _, p := range m {
		text := p.text
		if p.attribute {
			if text = lookUp(t, p.text); text == "" {
				return "", false
			}
		}
		b.WriteString(text)
	}
	return b.String(), true
}

func lookUp(t cloud.Target, name string) string {
	v := t[name]
	if v == "" && name == "tenant_id" {
		v = t["project_id"] // the name of the same in older releases
	}
	return v
}
