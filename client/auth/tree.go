package auth

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// tree is a YAML value with the text of its scalars as it was written (a
// project named 0123 is not the number 83) and the file it came from.
type tree struct {
	text string
	file string // where it was read, for people
	kids map[string]*tree
	list []*tree
	null bool
}

// most bounds what aliases can blow a small file up to.
const mostNodes = 100_000

var (
	errTooBig = errors.New("it has too many values")
	errDepth  = errors.New("it is nested too deep")
)

// parseTree reads one YAML (or JSON) document. Errors name no contents,
// because a password may stand at the place they are about.
func parseTree(data []byte, file string) (*tree, error) {
	var document yaml.Node
	err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&document)
	if errors.Is(err, io.EOF) {
		return &tree{file: file, null: true}, nil
	}
	if line := tabbed(data); err != nil && line > 0 {
		return nil, errors.New("it is not valid YAML, because line " + strconv.Itoa(line) + " begins with a tab (indent with spaces)")
	}
	if err != nil {
		return nil, errors.New("it is not valid YAML" + atLine(err) + " (a value that begins with one of * & ! % @ ` { [ must stand in quotes)")
	}
	budget := mostNodes
	return convert(&document, file, &budget, 0)
}

// tabbed is the first line that is indented with a tab, or 0.
func tabbed(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; bytes.IndexByte(indent, '\t') >= 0 {
			return n
		}
	}
	return 0
}

// atLine takes the line out of a YAML error, and nothing else.
func atLine(err error) string {
	_, after, ok := strings.Cut(err.Error(), "line ")
	if !ok {
		return ""
	}
	digits := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
	if _, err := strconv.Atoi(digits); err != nil {
		return ""
	}
	return ", see line " + digits
}

func convert(n *yaml.Node, file string, budget *int, depth int) (*tree, error) {
	if *budget--; *budget < 0 {
		return nil, errTooBig
	}
	if depth > 50 {
		return nil, errDepth
	}
	t := &tree{file: file}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return &tree{file: file, null: true}, nil
		}
		return convert(n.Content[0], file, budget, depth+1)
	case yaml.AliasNode:
		return convert(n.Alias, file, budget, depth+1)
	case yaml.ScalarNode:
		t.text, t.null = n.Value, n.ShortTag() == "!!null"
	case yaml.SequenceNode:
		for _, item := range n.Content {
			kid, err := convert(item, file, budget, depth+1)
			if err != nil {
				return nil, err
			}
			t.list = append(t.list, kid)
		}
	case yaml.MappingNode:
		t.kids = map[string]*tree{}
		var merged *tree
		for i := 0; i+1 < len(n.Content); i += 2 {
			kid, err := convert(n.Content[i+1], file, budget, depth+1)
			if err != nil {
				return nil, err
			}
			if n.Content[i].ShortTag() == "!!merge" {
				for _, from := range append(kid.list, kid) {
					merged = merge(from, merged)
				}
				continue
			}
			t.kids[n.Content[i].Value] = kid
		}
		for key, kid := range merged.children() {
			if t.kids[key] == nil {
				t.kids[key] = kid
			}
		}
	}
	return t, nil
}

func (t *tree) children() map[string]*tree {
	if t == nil {
		return nil
	}
	return t.kids
}

// at walks down by keys; nil when there is nothing.
func (t *tree) at(keys ...string) *tree {
	for _, key := range keys {
		if t = t.children()[key]; t == nil {
			return nil
		}
	}
	return t
}

// scalar finds the first of the names that has a plain value. Dashes in keys
// count as underscores.
func (t *tree) scalar(names ...string) (name string, value *tree) {
	for _, name := range names {
		for _, spelled := range [...]string{name, strings.ReplaceAll(name, "_", "-")} {
			if v := t.at(spelled); v != nil && v.kids == nil && v.list == nil && !v.null {
				return spelled, v
			}
		}
	}
	return "", nil
}

func (t *tree) hasScalar(name string) bool {
	_, value := t.scalar(name)
	return value != nil
}

// words finds the first of the names that has a list of plain values, and
// returns it as one text with commas.
func (t *tree) words(names ...string) (name string, value *tree) {
	for _, name := range names {
		for _, spelled := range [...]string{name, strings.ReplaceAll(name, "_", "-")} {
			v := t.at(spelled)
			if v == nil || v.list == nil {
				continue
			}
			var texts []string
			for _, item := range v.list {
				texts = append(texts, item.text)
			}
			return spelled, &tree{file: v.file, text: strings.Join(texts, ",")}
		}
	}
	return "", nil
}

// merge lays over on top of under: objects are merged, all else is replaced.
// Neither argument is changed.
func merge(under, over *tree) *tree {
	switch {
	case under == nil:
		return over
	case over == nil:
		return under
	case under.kids == nil || over.kids == nil:
		return over
	}
	both := &tree{file: over.file, kids: make(map[string]*tree, len(under.kids))}
	for key, kid := range under.kids {
		both.kids[key] = kid
	}
	for key, kid := range over.kids {
		both.kids[key] = merge(both.kids[key], kid)
	}
	return both
}
