package arg

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// Columns reads the COLUMNS variable, or takes the terminal's width, or 80: what argparse wraps for.
func Columns(variable string, terminal int) int {
	if n, err := strconv.Atoi(strings.TrimFunc(variable, pytext.Space)); err == nil && n > 0 {
		return n
	}
	if terminal > 0 {
		return terminal
	}
	return 80
}

const usagePrefix = "usage: "

// usage is the usage paragraph of argparse's format_usage, with its newline.
func usage(prog string, actions []action, columns int) string {
	width := columns - 2
	var options, positionals []action
	for _, a := range actions {
		if len(a.flags) > 0 {
			options = append(options, a)
		} else {
			positionals = append(positionals, a)
		}
	}
	line := prog
	if all := usageParts(slices.Concat(options, positionals)); all != "" {
		line += " " + all
	}
	if len(usagePrefix)+runes(line) > width {
		line = wrapUsage(prog, splitParts(usageParts(options)), splitParts(usageParts(positionals)), width)
	}
	return usagePrefix + line + "\n"
}

// wrapUsage breaks a usage that is too long between its parts, options and positionals on lines of their own.
func wrapUsage(prog string, options, positionals []string, width int) string {
	if 4*(len(usagePrefix)+runes(prog)) <= 3*width {
		indent := strings.Repeat(" ", len(usagePrefix)+runes(prog)+1)
		var lines []string
		switch {
		case len(options) > 0:
			lines = fillParts(slices.Concat([]string{prog}, options), indent, len(usagePrefix), width)
			lines = append(lines, fillParts(positionals, indent, 0, width)...)
		case len(positionals) > 0:
			lines = fillParts(slices.Concat([]string{prog}, positionals), indent, len(usagePrefix), width)
		default:
			lines = []string{prog}
		}
		return strings.Join(lines, "\n")
	}
	indent := strings.Repeat(" ", len(usagePrefix))
	lines := fillParts(slices.Concat(options, positionals), indent, 0, width)
	if len(lines) > 1 {
		lines = append(fillParts(options, indent, 0, width), fillParts(positionals, indent, 0, width)...)
	}
	return strings.Join(slices.Concat([]string{prog}, lines), "\n")
}

// fillParts puts parts on lines behind indent. With first above zero the first line has no indent and stands behind
// that many columns.
func fillParts(parts []string, indent string, first, width int) []string {
	var lines, line []string
	length := len(indent) - 1
	if first > 0 {
		length = first - 1
	}
	for _, part := range parts {
		if len(line) > 0 && length+1+runes(part) > width {
			lines = append(lines, indent+strings.Join(line, " "))
			line, length = nil, len(indent)-1
		}
		line = append(line, part)
		length += runes(part) + 1
	}
	if len(line) > 0 {
		lines = append(lines, indent+strings.Join(line, " "))
	}
	if first > 0 {
		lines[0] = lines[0][len(indent):]
	}
	return lines
}

// usageParts is the line of all arguments, exclusive groups as [--a | --b].
func usageParts(actions []action) string {
	var parts []string
	for i := 0; i < len(actions); i++ {
		a := &actions[i]
		if end := groupEnd(actions, i); end > i {
			var members []string
			for ; i < end; i++ {
				if !actions[i].Hidden && !actions[i].Exact {
					members = append(members, actions[i].invocation(true))
				}
			}
			i--
			parts = append(parts, "["+strings.Join(members, " | ")+"]")
			continue
		}
		switch {
		case a.Hidden || a.Exact:
		case len(a.flags) > 0 && !a.Required:
			parts = append(parts, "["+a.invocation(false)+"]")
		default:
			parts = append(parts, a.invocation(false))
		}
	}
	return tidy(strings.Join(parts, " "))
}

// groupEnd is where the exclusive group that begins at i ends; i when none begins there or its members are not
// together.
func groupEnd(actions []action, i int) int {
	group := actions[i].Group
	if group == "" {
		return i
	}
	end := i
	for n := range actions {
		if actions[n].Group != group {
			continue
		}
		if n < i || n > i && n != end {
			return i
		}
		end = n + 1
	}
	return end
}

// invocation is the argument as the usage shows it, with its value; in a group an optional positional has no brackets.
func (a *action) invocation(inGroup bool) string {
	if len(a.flags) == 0 {
		s := a.metavarFor(a.dest)
		if inGroup && strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			s = s[1 : len(s)-1]
		}
		return s
	}
	if a.Action.takesNoValue() {
		return a.flags[0]
	}
	return a.flags[0] + " " + a.metavarFor(strings.ToUpper(a.dest))
}

// metavarFor is the value's name with the brackets and dots of Nargs.
func (a *action) metavarFor(fallback string) string {
	name := a.metavar(fallback)
	switch {
	case a.sub:
		return name + " ..."
	case a.Nargs == "":
		return name
	case a.Nargs == "?":
		return "[" + name + "]"
	case a.Nargs == "*":
		return "[" + name + " ...]"
	case a.Nargs == "+":
		return name + " [" + name + " ...]"
	}
	n, _ := strconv.Atoi(a.Nargs)
	return strings.Join(slices.Repeat([]string{name}, n), " ")
}

func (a *action) metavar(fallback string) string {
	switch {
	case a.Metavar != "":
		return a.Metavar
	case a.Choices != nil:
		return "{" + strings.Join(a.Choices, ",") + "}"
	}
	return fallback
}

// tidy drops spaces inside brackets, empty brackets, and parentheses around what holds no alternatives.
func tidy(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		opened := len(b) > 0 && (b[len(b)-1] == '[' || b[len(b)-1] == '(')
		closes := i+1 < len(s) && (s[i+1] == ']' || s[i+1] == ')')
		if s[i] == ' ' && (opened || closes) {
			continue
		}
		if opened && (s[i] == ']' || s[i] == ')') {
			b = b[:len(b)-1]
			continue
		}
		b = append(b, s[i])
	}
	return strings.TrimFunc(unparenthesise(string(b)), pytext.Space)
}

func unparenthesise(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '(' {
			inner := s[i+1:]
			if bar := strings.IndexByte(inner, '|'); bar >= 0 {
				inner = inner[:bar]
			}
			if end := strings.LastIndexByte(inner, ')'); end >= 0 {
				b.WriteString(inner[:end])
				i += end + 1
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// splitParts takes a usage line apart where it may be broken: bracketed parts stay whole.
func splitParts(s string) []string {
	var parts []string
	for s != "" {
		if s[0] == ' ' {
			s = s[1:]
			continue
		}
		end := bracketEnd(s)
		if end == 0 {
			if end = strings.IndexByte(s, ' '); end < 0 {
				end = len(s)
			}
		}
		parts = append(parts, s[:end])
		s = s[end:]
	}
	return parts
}

// bracketEnd is the end of a bracketed part at the start of s: the first closing bracket with a space or nothing
// behind it; 0 for none.
func bracketEnd(s string) int {
	closing := byte(']')
	switch s[0] {
	case '(':
		closing = ')'
	case '[':
	default:
		return 0
	}
	for i := 1; i < len(s); i++ {
		if s[i] == closing && (i+1 == len(s) || s[i+1] == ' ') {
			return i + 1
		}
	}
	return 0
}

func runes(s string) int { return utf8.RuneCountInString(s) }
