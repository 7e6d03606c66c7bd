package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth bounds how deep a rule nests.
const maxDepth = 100

// token is a word of a rule: "(", ")", "and", "or", "not" or a check.
type token struct {
	kind   string // the word itself for the first five, "check", or "" at the end
	text   string
	column int
}

// tokenize splits at white space and takes the parentheses off the ends of
// words; inside a word they belong to %(name)s. A trailing one cannot: the s
// comes last.
func tokenize(text string) []token {
	var all []token
	add := func(kind, word string, at int) {
		all = append(all, token{kind, word, utf8.RuneCountInString(text[:at]) + 1})
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			i += size
			continue
		}
		start := i
		end := strings.IndexFunc(text[i:], unicode.IsSpace)
		if end < 0 {
			end = len(text)
		} else {
			end += i
		}
		i = end
		for start < end && text[start] == '(' {
			add("(", "(", start)
			start++
		}
		word := strings.TrimRight(text[start:end], ")")
		switch lower := strings.ToLower(word); lower {
		case "":
		case "and", "or", "not":
			add(lower, word, start)
		default:
			add("check", word, start)
		}
		for at := start + len(word); at < end; at++ {
			add(")", ")", at)
		}
	}
	add("", "", len(text))
	return all
}

// parser reads
//
//	or   = and { "or" and }
//	and  = not { "and" not }
//	not  = { "not" } ( check | "(" or ")" )
type parser struct {
	tokens []token
	depth  int
}

// parse reads a rule. The empty rule lets everyone in, as in oslo.policy.
func parse(text string) (*node, error) {
	p := &parser{tokens: tokenize(text)}
	if p.tokens[0].kind == "" {
		return &node{op: opTrue, text: "@", column: 1}, nil
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.tokens[0]; t.kind != "" {
		return nil, t.unexpected()
	}
	return n, nil
}

func (t token) unexpected() error {
	switch t.kind {
	case "":
		return fmt.Errorf("column %d: the rule ends where a check is expected", t.column)
	case "check":
		return fmt.Errorf("column %d: %q follows without and, or between", t.column, t.text)
	}
	return fmt.Errorf("column %d: %q is not expected here", t.column, t.text)
}

func (p *parser) next() token {
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *parser) or() (*node, error)  { return p.list("or", opOr, p.and) }
func (p *parser) and() (*node, error) { return p.list("and", opAnd, p.not) }

func (p *parser) list(word string, o op, item func() (*node, error)) (*node, error) {
	first, err := item()
	if err != nil || p.tokens[0].kind != word {
		return first, err
	}
	n := &node{op: o, kids: []*node{first}, column: first.column}
	for p.tokens[0].kind == word {
		p.next()
		k, err := item()
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, k)
	}
	return n, nil
}

func (p *parser) not() (*node, error) {
	t := p.tokens[0]
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("column %d: the rule nests more than %d deep", t.column, maxDepth)
	}
	defer func() { p.depth-- }()
	switch t.kind {
	case "not":
		p.next()
		k, err := p.not()
		if err != nil {
			return nil, err
		}
		return &node{op: opNot, kids: []*node{k}, column: t.column}, nil
	case "(":
		p.next()
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		if end := p.tokens[0]; end.kind != ")" {
			if end.kind == "" {
				return nil, fmt.Errorf("column %d: this parenthesis is not closed", t.column)
			}
			return nil, end.unexpected()
		}
		p.next()
		return n, nil
	case "check":
		p.next()
		return parseCheck(t.text, t.column)
	}
	return nil, t.unexpected()
}

// parseCheck reads a single check: @, ! or kind:match.
func parseCheck(text string, column int) (*node, error) {
	n := &node{text: text, column: column}
	switch text {
	case "@":
		n.op = opTrue
		return n, nil
	case "!":
		n.op = opFalse
		return n, nil
	}
	kind, match, ok := cutKind(text)
	if !ok {
		return nil, fmt.Errorf("column %d: %q is no check: write @, ! or kind:match as in role:admin", column, text)
	}
	after := column + utf8.RuneCountInString(kind) + 1
	n.name = kind
	var err error
	switch kind {
	case "rule":
		n.op, n.name = opRule, match
		if match == "" {
			err = fmt.Errorf("column %d: rule: names no rule", after)
		}
		return n, err
	case "http", "https":
		return nil, fmt.Errorf("column %d: %s: checks, which ask another server, are not supported", column, kind)
	case "":
		return nil, fmt.Errorf("column %d: nothing is before the colon", column)
	case "role":
		n.op = opRole
	default:
		n.op = opAttribute
		if value, ok := literal(kind); ok {
			n.op, n.name = opLiteral, value
		} else if strings.ContainsAny(kind, `'"()%`) {
			return nil, fmt.Errorf("column %d: %q is neither a name nor a literal", column, kind)
		}
	}
	if quoted(match) {
		return nil, fmt.Errorf("column %d: oslo.policy takes quotes on the right as part of the value, so %s never holds: write it without", after, text)
	}
	n.match, err = parseTemplate(match, after)
	return n, err
}

// cutKind splits at the first colon that is not inside quotes.
func cutKind(text string) (kind, match string, ok bool) {
	if text[0] == '\'' || text[0] == '"' {
		end := strings.IndexByte(text[1:], text[0])
		if end < 0 || !strings.HasPrefix(text[end+2:], ":") {
			return "", "", false
		}
		return text[:end+2], text[end+3:], true
	}
	return strings.Cut(text, ":")
}

func quoted(s string) bool {
	return len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0]
}

// literal returns what a Python literal prints as: 'text', True, False, None
// or a whole number.
func literal(kind string) (value string, ok bool) {
	switch {
	case quoted(kind):
		return kind[1 : len(kind)-1], true
	case kind == "True", kind == "False", kind == none:
		return kind, true
	}
	if i, err := strconv.ParseInt(kind, 10, 64); err == nil {
		return strconv.FormatInt(i, 10), true
	}
	return "", false
}

// parseTemplate reads text with %(name)s and %% in it.
func parseTemplate(text string, column int) (template, error) {
	var m template
	addText := func(s string) {
		if last := len(m) - 1; last >= 0 && !m[last].attribute {
			m[last].text += s
		} else if s != "" {
			m = append(m, part{text: s})
		}
	}
	rest := text
	for {
		before, after, found := strings.Cut(rest, "%")
		addText(before)
		if !found {
			break
		}
		at := column + utf8.RuneCountInString(text[:len(text)-len(after)-1])
		if strings.HasPrefix(after, "%") {
			addText("%")
			rest = after[1:]
			continue
		}
		name, tail, ok := strings.Cut(after, ")s")
		if !ok || len(name) < 2 || name[0] != '(' || strings.ContainsAny(name[1:], "()%") {
			return nil, fmt.Errorf("column %d: after %% comes (name)s, or another %% for the sign itself", at)
		}
		m = append(m, part{text: name[1:], attribute: true})
		rest = tail
	}
	if m == nil {
		m = template{{}} // the empty text
	}
	return m, nil
}
