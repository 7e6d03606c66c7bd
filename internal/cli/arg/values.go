package arg

import (
	"strconv"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// Values are the arguments of one command line by dest, those of the subcommand over the global ones. An argument the
// table has only at other microversions reads as unset; a dest the table never has panics, for it is a slip in code.
type Values struct {
	entries []entry
	specs   [][]Arg // the tables read, whole
	// Warnings are the lines about deprecated options, to be printed on stderr.
	Warnings []string
}

type entry struct {
	dest  string
	value any
	given bool
}

func (v *Values) find(dest string) *entry {
	for i := range v.entries {
		if v.entries[i].dest == dest {
			return &v.entries[i]
		}
	}
	return nil
}

func (v *Values) get(dest string) *entry {
	if e := v.find(dest); e != nil {
		return e
	}
	for _, args := range v.specs {
		for i := range args {
			if act := newAction(&args[i]); act.dest == dest {
				return &entry{dest: dest}
			}
		}
	}
	panic("arg: no argument of the command has the dest " + strconv.Quote(dest))
}

func (v *Values) set(dest string, value any, given bool) {
	if e := v.find(dest); e != nil {
		e.value, e.given = value, e.given || given
		return
	}
	v.entries = append(v.entries, entry{dest, value, given})
}

// merge puts the values of a subcommand over v's.
func (v *Values) merge(sub *Values) {
	for _, e := range sub.entries {
		if old := v.find(e.dest); old != nil {
			*old = e
		} else {
			v.entries = append(v.entries, e)
		}
	}
	v.specs = append(v.specs, sub.specs...)
	v.Warnings = append(v.Warnings, sub.Warnings...)
}

// Value is the value as converted: nil, string, int, float64, bool, what a Type returned, or a list as []any.
func (v *Values) Value(dest string) any { return v.get(dest).value }

// Has says whether there is a value at all, given or by default: Python's `is not None`.
func (v *Values) Has(dest string) bool { return v.get(dest).value != nil }

// Given says whether the argument stood on the command line.
func (v *Values) Given(dest string) bool { return v.get(dest).given }

// Texts are the arguments that stood on the command line, by dest, as texts.
func (v *Values) Texts() map[string]string {
	texts := map[string]string{}
	for _, e := range v.entries {
		if e.given {
			texts[e.dest] = text(e.value)
		}
	}
	return texts
}

// String is the value as text, "" for none.
func (v *Values) String(dest string) string { return text(v.get(dest).value) }

// Strings is the list as texts; a single value is a list of one, none is nil.
func (v *Values) Strings(dest string) []string {
	switch value := v.get(dest).value.(type) {
	case nil:
		return nil
	case []any:
		list := make([]string, len(value))
		for i := range value {
			list[i] = text(value[i])
		}
		return list
	default:
		return []string{text(value)}
	}
}

// Bool is the value, false for none; a number is true unless zero, a text unless empty, as in Python.
func (v *Values) Bool(dest string) bool {
	switch value := v.get(dest).value.(type) {
	case bool:
		return value
	case int:
		return value != 0
	case float64:
		return value != 0
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	}
	return false
}

// Int is the value, zero for none or what is no number.
func (v *Values) Int(dest string) int {
	switch value := v.get(dest).value.(type) {
	case int:
		return value
	case float64:
		return int(value)
	case bool:
		if value {
			return 1
		}
	case string:
		n, _ := strconv.Atoi(value)
		return n
	}
	return 0
}

// Float is the value, zero for none or what is no number.
func (v *Values) Float(dest string) float64 {
	switch value := v.get(dest).value.(type) {
	case float64:
		return value
	case int:
		return float64(value)
	case string:
		f, _ := parseFloat(value)
		return f
	}
	return 0
}

func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case int:
		return strconv.Itoa(value)
	case float64:
		return pytext.Float(value)
	case bool:
		if value {
			return "True"
		}
		return "False"
	}
	return ""
}

// With is the values with one more, as if it had stood on the command line in place of any of that dest.
func (v *Values) With(dest string, value any) *Values {
	other := Values{specs: v.specs, Warnings: v.Warnings}
	other.entries = append(other.entries, v.entries...)
	other.set(dest, value, true)
	return &other
}
