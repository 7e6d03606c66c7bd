package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is a policy file: rules that stand over the defaults.
type File struct {
	name  string
	rules []override
}

// override is a rule as a file has it: text, or the older list of lists.
type override struct {
	name string
	text string
	list [][]string // nil: text counts
}

// ReadFile reads a policy file, YAML or JSON.
func ReadFile(path string) (File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return File{}, fmt.Errorf("the policy file cannot be read: %w", err)
	}
	return ParseFile(path, data)
}

// ParseFile reads the content of a policy file: a mapping of rule names to
// rules. Name is for messages.
func ParseFile(name string, data []byte) (File, error) {
	f := File{name: name}
	root, err := parseDocument(data)
	if err != nil {
		return f, fmt.Errorf("%s is neither YAML nor JSON: %w", name, err)
	}
	if root == nil {
		return f, nil // empty, or only comments: how policy files are shipped
	}
	if root.Kind != yaml.MappingNode {
		return f, fmt.Errorf("%s, line %d: a policy file maps rule names to rules", name, root.Line)
	}
	seen := map[string]bool{}
	var errs []error
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		o, err := readOverride(key, value)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s, line %d: policy rule %s: %w", name, value.Line, key.Value, err))
		case seen[key.Value]:
			errs = append(errs, fmt.Errorf("%s, line %d: policy rule %s is there twice", name, key.Line, key.Value))
		}
		seen[key.Value] = true
		f.rules = append(f.rules, o)
	}
	return f, errors.Join(errs...)
}

// parseDocument returns the top node, nil for an empty document. JSON is YAML
// but for the tabs it may be indented with.
func parseDocument(data []byte) (*yaml.Node, error) {
	if json.Valid(data) {
		var flat bytes.Buffer
		if err := json.Compact(&flat, data); err != nil {
			return nil, err
		}
		data = flat.Bytes()
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil, nil
	}
	return doc.Content[0], nil
}

func readOverride(key, value *yaml.Node) (override, error) {
	o := override{name: key.Value}
	if key.Kind != yaml.ScalarNode || key.Value == "" {
		return o, errors.New("a rule's name is text")
	}
	for value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		return o, errors.New(`it has no value: write "@" to let everyone in, "!" for nobody`)
	case value.Kind == yaml.ScalarNode:
		o.text = value.Value
		return o, nil
	case value.Kind != yaml.SequenceNode:
		return o, errors.New("a rule is text, or a list of lists of checks")
	}
	o.list = [][]string{}
	for _, item := range value.Content {
		var checks []string
		var err error
		if item.Kind == yaml.ScalarNode {
			checks = []string{item.Value}
		} else {
			err = item.Decode(&checks)
		}
		if err != nil || item.Tag == "!!null" {
			return o, errors.New("a rule is text, or a list of lists of checks")
		}
		o.list = append(o.list, checks)
	}
	o.text = listText(o.list)
	return o, nil
}

func (o override) parse() (*node, error) {
	if o.list == nil {
		return parse(o.text)
	}
	return parseList(o.list)
}

// parseList reads the older form: any of the lists, all checks of a list. No
// list lets everyone in, none but empty lists nobody.
func parseList(list [][]string) (*node, error) {
	if len(list) == 0 {
		return &node{op: opTrue, text: "@", column: 1}, nil
	}
	or := &node{op: opOr, column: 1}
	for _, checks := range list {
		and := &node{op: opAnd, column: 1}
		for _, text := range checks {
			if text == "" {
				return nil, errors.New("a check in its list is empty")
			}
			k, err := parseCheck(text, 1)
			if err != nil {
				return nil, fmt.Errorf("check %s: %w", text, err)
			}
			and.kids = append(and.kids, k)
		}
		if len(checks) > 0 {
			or.kids = append(or.kids, and)
		}
	}
	return or, nil
}

// listText spells the older form in the language, for listings.
func listText(list [][]string) string {
	if len(list) == 0 {
		return "@"
	}
	var any []string
	for _, checks := range list {
		switch len(checks) {
		case 0:
		case 1:
			any = append(any, checks[0])
		default:
			any = append(any, "("+strings.Join(checks, " and ")+")")
		}
	}
	if len(any) == 0 {
		return "!"
	}
	return strings.Join(any, " or ")
}
