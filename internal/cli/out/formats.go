package out

import (
	"bufio"
	"io"
	"slices"
	"strings"

	"github.com/novalet/novalet/internal/cli/pytext"
	"go.yaml.in/yaml/v3"
)

type tableList struct {
	p     Printer
	w     *bufio.Writer
	names []string
	grid  *grid // the widths of the names and of all rows
}

func (t *tableList) begin() error {
	t.grid.rule(t.w)
	t.grid.row(t.w, t.names)
	t.grid.rule(t.w)
	return nil // an error stays in w for Flush
}

func (t *tableList) row(values []any) error {
	t.grid.row(t.w, t.p.cells(values))
	return nil
}

func (t *tableList) end() error {
	t.grid.rule(t.w)
	return nil
}

// cells are the texts that a table shows of a row.
func (p Printer) cells(values []any) []string {
	texts := make([]string, len(values))
	for i := range values {
		texts[i] = p.clean(cellText(values[i]))
	}
	return texts
}

func named(names []string, values []any) Object {
	object := make(Object, len(names))
	for i := range names {
		object[i] = Member{names[i], values[i]}
	}
	return object
}

type jsonList struct {
	w     *bufio.Writer
	names []string
	count int
}

func (j *jsonList) begin() error { return j.w.WriteByte('[') }

func (j *jsonList) row(values []any) error {
	style := jsonStyle{indent: true, ascii: true}
	b := style.appendBreak(nil, j.count, 1)
	j.count++
	_, err := j.w.Write(style.appendValue(b, named(j.names, values), 1))
	return err
}

func (j *jsonList) end() error {
	text := "]\n"
	if j.count > 0 {
		text = "\n]\n"
	}
	_, err := j.w.WriteString(text)
	return err
}

type jsonLinesList struct {
	w     *bufio.Writer
	names []string
}

func (j *jsonLinesList) begin() error { return nil }

func (j *jsonLinesList) row(values []any) error {
	line := jsonStyle{compact: true, ascii: true}.appendValue(nil, named(j.names, values), 0)
	_, err := j.w.Write(append(line, '\n'))
	return err
}

func (j *jsonLinesList) end() error { return nil }

type yamlList struct {
	w     io.Writer
	names []string
	any   bool
}

func (y *yamlList) begin() error { return nil }

// row writes a list of one: such lists behind each other are the list of all.
func (y *yamlList) row(values []any) error {
	y.any = true
	return writeYAML(y.w, []any{named(y.names, values)}, true)
}

func (y *yamlList) end() error {
	if y.any {
		return nil
	}
	_, err := io.WriteString(y.w, "[]\n")
	return err
}

// writeYAML writes block style with mappings sorted by key, as PyYAML does, but for the topmost when sortTop is false.
func writeYAML(w io.Writer, value any, sortTop bool) error {
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	if err := encoder.Encode(yamlNode(value, sortTop)); err != nil {
		return err
	}
	return encoder.Close()
}

func yamlNode(value any, sortKeys bool) *yaml.Node {
	switch value := plain(value).(type) {
	case string:
		node := &yaml.Node{}
		node.SetString(value)
		if readOtherwise(value) {
			node.Style = yaml.SingleQuotedStyle
		}
		return node
	case []any:
		node := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range value {
			node.Content = append(node.Content, yamlNode(value[i], true))
		}
		return node
	case Object:
		node := &yaml.Node{Kind: yaml.MappingNode}
		members := slices.Clone(value)
		if sortKeys {
			slices.SortStableFunc(members, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
		}
		for _, m := range members {
			node.Content = append(node.Content, yamlNode(m.Key, true), yamlNode(m.Value, true))
		}
		return node
	case float64:
		text := pytext.Float(value)
		if digits, exponent, ok := strings.Cut(text, "e"); ok && !strings.Contains(digits, ".") {
			text = digits + ".0e" + exponent // else YAML 1.1 takes it for a text
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: JSON(value)} // null, true and whole numbers are alike in both
	}
}

// readOtherwise says whether YAML 1.1, which Python reads, takes a plain text for a boolean or a number in base 60.
func readOtherwise(text string) bool {
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	}
	return strings.Contains(text, ":") && strings.Trim(text, "0123456789:._+-") == ""
}

type csvList struct {
	p     Printer
	w     *bufio.Writer
	names []string
}

func (c *csvList) begin() error {
	header := make([]any, len(c.names))
	for i := range c.names {
		header[i] = c.names[i]
	}
	return c.row(header)
}

// row quotes all but numbers, as Python's csv with QUOTE_NONNUMERIC and a backslash as escape does.
func (c *csvList) row(values []any) error {
	for i, value := range values {
		if i > 0 {
			_ = c.w.WriteByte(',') // the error stays in w for the last write
		}
		_, shown := value.(Cell)
		value := plain(value)
		text := ""
		if value != nil || shown {
			text = c.p.clean(Text(value))
		}
		if _, ok := number(value); !ok || shown {
			text = `"` + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), `"`, `""`) + `"`
		}
		_, _ = c.w.WriteString(text)
	}
	return c.w.WriteByte('\n')
}

func (c *csvList) end() error { return nil }

// showCSV is an object as a list of one.
func (p Printer) showCSV(w *bufio.Writer, properties Object) error {
	c := csvList{p: p, w: w}
	values := make([]any, len(properties))
	for i, m := range properties {
		c.names = append(c.names, m.Key)
		values[i] = m.Value
	}
	if err := c.begin(); err != nil {
		return err
	}
	return c.row(values)
}

type valueList struct {
	p Printer
	w *bufio.Writer
}

func (v *valueList) begin() error { return nil }

func (v *valueList) row(values []any) error {
	for i := range values {
		if i > 0 {
			_ = v.w.WriteByte(' ') // the error stays in w for the last write
		}
		_, _ = v.w.WriteString(v.p.clean(Text(values[i])))
	}
	return v.w.WriteByte('\n')
}

func (v *valueList) end() error { return nil }
