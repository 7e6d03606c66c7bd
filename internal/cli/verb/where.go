package verb

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/novalet/novalet/internal/cli/out"
)

// Condition is an expression of --where, over the names of one thing. It can do nothing but compute, and within limits
// of the library.
type Condition struct {
	Text string

	program *vm.Program
	tree    ast.Node
	uses    []use
	asIs    map[int]bool // places of names whose members are asked for
}

// use is a name in a condition.
type use struct {
	name  string
	whole bool // a member of it is asked for: flavor.ram, not flavor
}

// ParseCondition reads a condition. Names are looked at when it is known of what.
func ParseCondition(text string) (*Condition, error) {
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, unreadable(text, err)
	}
	c := &Condition{Text: text, tree: tree.Node, asIs: map[int]bool{}}
	if err := c.findNames(); err != nil {
		return nil, err
	}
	c.program, err = expr.Compile(text, expr.Patch(renamer{c}))
	if err != nil {
		return nil, unreadable(text, err)
	}
	return c, nil
}

// unreadable is what is wrong with a condition, where, and what is a common cause.
func unreadable(text string, err error) error {
	what, hint := err.Error(), ""
	var at *file.Error
	if errors.As(err, &at) {
		what = fmt.Sprintf("%s, at character %d", at.Message, at.From+1)
	}
	if lone.MatchString(text) {
		hint = ": equal is written =="
	} else if !strings.ContainsAny(text, `"'`) {
		hint = `: texts stand in quotes, as in status == "ERROR"`
	}
	return Refuse("--where does not read as a condition (%s)%s", what, hint)
}

var lone = regexp.MustCompile(`[^=!<>]=[^=]`)

const environment = "$env"

// findNames notes the names that the condition uses.
func (c *Condition) findNames() error {
	var refused error
	locals := map[string]bool{}
	inEnv := map[int]bool{}
	var callees []string
	walk(&c.tree, func(node ast.Node) {
		switch node := node.(type) {
		case *ast.VariableDeclaratorNode:
			locals[node.Name] = true
		case *ast.CallNode:
			if callee, ok := node.Callee.(*ast.IdentifierNode); ok {
				callees = append(callees, callee.Value)
			}
		case *ast.MemberNode:
			base, ok := node.Node.(*ast.IdentifierNode)
			if !ok {
				return
			}
			c.asIs[base.Location().From] = true
			if base.Value != environment {
				return
			}
			if property, ok := node.Property.(*ast.StringNode); ok {
				inEnv[base.Location().From] = true
				c.note(use{property.Value, true})
			}
		}
	})
	for _, name := range callees {
		refused = Refuse("--where calls %s, but there is no such function: there are len, lower, any, all, now, duration and others of expr-lang.org", name)
	}
	walk(&c.tree, func(node ast.Node) {
		name, ok := node.(*ast.IdentifierNode)
		at := node.Location().From
		switch {
		case !ok || locals[name.Value] || inEnv[at]:
		case name.Value == environment:
			refused = Refuse(`--where has %s without a name: write %s["OS-EXT-STS:vm_state"]`, environment, environment)
		default:
			c.note(use{name.Value, c.asIs[at]})
		}
	})
	return refused
}

func (c *Condition) note(u use) {
	if !slices.Contains(c.uses, u) {
		c.uses = append(c.uses, u)
	}
}

// wholePrefix tells the member itself from what its name alone means.
const wholePrefix = "whole "

// renamer gives names whose members are asked for another name in the program.
type renamer struct{ c *Condition }

func (r renamer) Visit(node *ast.Node) {
	if name, ok := (*node).(*ast.IdentifierNode); ok && name.Value != environment && r.c.asIs[name.Location().From] && slices.Contains(r.c.uses, use{name.Value, true}) {
		ast.Patch(node, &ast.IdentifierNode{Value: wholePrefix + name.Value})
	}
}

type visit func(ast.Node)

func (v visit) Visit(node *ast.Node) { v(*node) }

func walk(node *ast.Node, do func(ast.Node)) { ast.Walk(node, visit(do)) }

// Equal are the texts that names must equal for the condition to hold: those that a server may choose by.
func (c *Condition) Equal() map[string]string {
	equal := map[string]string{}
	var part func(node ast.Node)
	part = func(node ast.Node) {
		both, ok := node.(*ast.BinaryNode)
		if !ok {
			return
		}
		switch both.Operator {
		case "&&", "and":
			part(both.Left)
			part(both.Right)
		case "==":
			name, value := both.Left, both.Right
			if _, ok := name.(*ast.StringNode); ok {
				name, value = value, name
			}
			text, isText := value.(*ast.StringNode)
			if id, ok := name.(*ast.IdentifierNode); ok && isText {
				if _, twice := equal[id.Value]; !twice {
					equal[id.Value] = text.Value
				}
			}
		}
	}
	part(c.tree)
	return equal
}

// Choose yields the items for which the condition holds. Names that the subject lacks, and values compared with others
// of another kind, are refused before the first.
func (c *Condition) Choose(items iter.Seq2[out.Object, error], subject *Subject) iter.Seq2[out.Object, error] {
	return func(yield func(out.Object, error) bool) {
		checked := subject.Kinds != nil
		if checked {
			if err := c.check(subject.What, subject.kinds(nil)); err != nil {
				yield(nil, err)
				return
			}
		}
		for item, err := range items {
			if err == nil && !checked {
				err, checked = c.check(subject.What, subject.kinds(item)), true
			}
			holds := false
			if err == nil {
				holds, err = c.holds(item, subject)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if holds && !yield(item, nil) {
				return
			}
		}
	}
}

// holds works the condition out for one thing. One that fails over something that the thing does not have is not met.
func (c *Condition) holds(item out.Object, subject *Subject) (bool, error) {
	env := make(map[string]any, len(c.uses))
	for _, u := range c.uses {
		value := subject.value(item, u.name, u.whole)
		native := value
		if _, own := subject.Own[u.name]; !own || u.whole {
			native = out.Native(value)
		}
		name := u.name
		if u.whole {
			env[wholePrefix+name] = native
		}
		env[name] = native
		if u.whole && slices.Contains(c.uses, use{u.name, false}) {
			env[name] = out.Native(subject.value(item, u.name, false))
		}
	}
	result, err := expr.Run(c.program, env)
	if err != nil {
		if strings.Contains(err.Error(), "nil") {
			return false, nil
		}
		message := err.Error()
		if at := (*file.Error)(nil); errors.As(err, &at) {
			message = at.Message
		}
		return false, Refuse("--where cannot be worked out for %s: %s", nameOf(item), message)
	}
	holds, ok := result.(bool)
	if !ok {
		if result == nil {
			return false, nil
		}
		return false, Refuse("--where is not a condition: it comes to %s, which is neither true nor false", out.JSON(result))
	}
	return holds, nil
}

func nameOf(item out.Object) string {
	for _, key := range [...]string{"name", "id"} {
		if text := Text(item, key); text != "" {
			return text
		}
	}
	return "one of them"
}

// check refuses names that there are not, and comparisons that can never hold.
func (c *Condition) check(what string, kinds map[string]string) error {
	for _, u := range c.uses {
		if _, known := kinds[u.name]; !known {
			return Refuse("--where names '%s', which %s do not have; they have: %s", u.name, what, strings.Join(shortest(kinds), ", "))
		}
	}
	var refused error
	walk(&c.tree, func(node ast.Node) {
		both, ok := node.(*ast.BinaryNode)
		if !ok {
			return
		}
		switch both.Operator {
		case "==", "!=", "<", ">", "<=", ">=":
			c.alike(both.Left, both.Right, kinds, &refused)
			c.alike(both.Right, both.Left, kinds, &refused)
		case "in":
			if list, ok := both.Right.(*ast.ArrayNode); ok {
				for _, item := range list.Nodes {
					c.alike(both.Left, item, kinds, &refused)
				}
			}
		case "contains", "startsWith", "endsWith", "matches":
			name, kind := c.kindOfName(both.Left, kinds)
			switch {
			case kind == KindList:
				refused = Refuse(`--where: %s is a list, and %s is for texts: write "x" in %s`, name, both.Operator, name)
			case kind != "" && kind != KindText:
				refused = Refuse("--where: %s is %s, and %s is for texts", name, kind, both.Operator)
			}
		}
	})
	return refused
}

// alike refuses a name beside a literal of another kind.
func (c *Condition) alike(left, right ast.Node, kinds map[string]string, refused *error) {
	name, kind := c.kindOfName(left, kinds)
	literal, example := kindOfLiteral(right)
	if name == "" || kind == "" || literal == "" || kind == literal {
		return
	}
	hint := ""
	switch kind {
	case KindDuration:
		hint = `: write duration("24h")`
	case KindText:
		hint = `: write "` + example + `"`
	case KindObject:
		hint = ": name a member of it, as in " + name + ".x"
	case KindList:
		hint = ": write " + example + " in " + name
	}
	*refused = Refuse("--where: %s is %s, and %s is %s%s", name, kind, example, literal, hint)
}

func (c *Condition) kindOfName(node ast.Node, kinds map[string]string) (name, kind string) {
	switch node := node.(type) {
	case *ast.IdentifierNode:
		return node.Value, kinds[node.Value]
	case *ast.MemberNode:
		base, isName := node.Node.(*ast.IdentifierNode)
		property, isText := node.Property.(*ast.StringNode)
		if isName && isText && base.Value == environment {
			return property.Value, kinds[property.Value]
		}
	}
	return "", ""
}

func kindOfLiteral(node ast.Node) (kind, text string) {
	switch node := node.(type) {
	case *ast.StringNode:
		return KindText, node.String()
	case *ast.IntegerNode, *ast.FloatNode:
		return KindNumber, node.String()
	case *ast.BoolNode:
		return KindBoolean, node.String()
	}
	return "", ""
}
