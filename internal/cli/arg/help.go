package arg

import (
	"strings"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/pytext"
)

const (
	maxHelpColumn = 32
	versionHint   = " [hint: use '--os-compute-api-version' flag to show help message for proper version]"
	ownCommands   = "Commands that novaclient lacks"
	ownOptions    = "Options that novaclient lacks"
)

// helpLine is an argument or a subcommand in a help page.
type helpLine struct {
	indent     int
	name, text string
}

type helpSection struct {
	title, text string
	lines       []helpLine
}

// Help is the help page of the program for a terminal of that many columns, with what there is at a microversion (the
// zero Version: the latest), in argparse's layout.
func (p *Program[R]) Help(columns int, v wire.Version) string {
	commands := helpSection{title: "Positional arguments", lines: []helpLine{{2, subcommand, ""}}}
	own := helpSection{title: ownCommands}
	for i := range p.Commands {
		c := &p.Commands[i]
		if c.Hidden || !at(c.Versions, v) {
			continue
		}
		to := &commands
		if c.Own {
			to = &own
		}
		to.lines = append(to.lines, helpLine{4, c.Name, strings.TrimSpace(c.Summary + p.versionNote(c.Name, v))})
	}
	actions := p.actions(v)
	sections := []helpSection{commands, {title: "Options"}, own, {title: ownOptions}}
	for _, s := range p.Sections {
		sections = append(sections, helpSection{title: s.Title, text: s.Text})
	}
	for i := range actions {
		a := &actions[i]
		if a.Hidden || a.sub {
			continue
		}
		n := 1
		if a.Exact {
			n = 3
		}
		for s := range sections {
			if sections[s].title == a.Section {
				n = s
			}
		}
		sections[n].lines = append(sections[n].lines, a.helpLine())
	}
	return helpPage(usage(p.Name, actions, columns), p.Description, sections, p.Epilog, columns-2)
}

// CommandHelp is the help page of a subcommand; ok is false when there is none of that name at the microversion.
func (p *Program[R]) CommandHelp(name string, columns int, v wire.Version) (page string, ok bool) {
	c := p.Find(name, v)
	if c == nil {
		return "", false
	}
	description := c.Description
	if description == "" {
		description = c.Summary
	}
	actions := commandActions(c.Args, v)
	sections := []helpSection{{title: "Positional arguments"}, {title: "Options"}, {title: ownOptions}}
	for i := range actions {
		a := &actions[i]
		switch {
		case a.Hidden:
		case a.Exact:
			sections[2].lines = append(sections[2].lines, a.helpLine())
		case len(a.flags) == 0:
			sections[0].lines = append(sections[0].lines, a.helpLine())
		default:
			sections[1].lines = append(sections[1].lines, a.helpLine())
		}
	}
	top := usage(p.Name+" "+c.Name, actions, columns)
	return helpPage(top, description+p.versionNote(name, v), sections, "", columns-2), true
}

// versionNote says at which microversions the commands of that name exist, unless they always do.
func (p *Program[R]) versionNote(name string, v wire.Version) string {
	var whole wire.Span
	versioned := false
	for i := range p.Commands {
		c := &p.Commands[i]
		if c.Name != name || c.Versions == "" {
			continue
		}
		span, err := wire.ParseSpan(c.Versions)
		if err != nil {
			continue
		}
		if !versioned {
			whole.From = span.From
		}
		whole.To, versioned = span.To, true
	}
	if !versioned {
		return ""
	}
	note := supported(whole)
	if v.IsZero() {
		note += versionHint
	}
	return note
}

func supported(span wire.Span) string {
	from, to := "2.0", "2.latest"
	if !span.From.IsZero() {
		from = span.From.String()
	}
	if !span.To.IsZero() {
		to = span.To.String()
	}
	return " (Supported by API versions '" + from + "' - '" + to + "')"
}

func (a *action) helpLine() helpLine {
	line := helpLine{indent: 2, text: a.Help}
	if a.Deprecated {
		note := "Deprecated"
		if a.Use != "" {
			note += "; " + a.Use
		}
		if line.text == "" {
			line.text = note
		} else {
			line.text += " (" + note + ")"
		}
	}
	if span, err := wire.ParseSpan(a.Versions); err == nil && a.Versions != "" {
		line.text += supported(span)
	}
	switch {
	case len(a.flags) == 0:
		line.name = a.metavar(a.dest)
	case a.Action.takesNoValue():
		line.name = strings.Join(a.flags, ", ")
	default:
		value := a.metavarFor(strings.ToUpper(a.dest))
		line.name = strings.Join(a.flags, " "+value+", ") + " " + value
	}
	return line
}

// helpPage lays a page out as argparse's format_help does.
func helpPage(usage, description string, sections []helpSection, epilog string, width int) string {
	column := 0
	for _, s := range sections {
		for _, l := range s.lines {
			// A subcommand's indent does not count here: argparse measures it at its parent's.
			column = max(column, min(l.indent, 2)+runes(l.name)+2)
		}
	}
	column = min(column, maxHelpColumn, max(width-20, 4))
	var b strings.Builder
	b.WriteString(usage + "\n")
	writeText(&b, description, 0, width)
	for _, s := range sections {
		if len(s.lines) == 0 {
			continue
		}
		b.WriteString("\n" + s.title + ":\n")
		writeText(&b, s.text, 2, width)
		for _, l := range s.lines {
			l.write(&b, column, max(width-column, 11))
		}
		b.WriteString("\n")
	}
	writeText(&b, epilog, 0, width)
	page := b.String()
	for strings.Contains(page, "\n\n\n") {
		page = strings.ReplaceAll(page, "\n\n\n", "\n\n")
	}
	return strings.Trim(page, "\n") + "\n"
}

// writeText writes a paragraph and the empty line behind it.
func writeText(b *strings.Builder, text string, indent, width int) {
	if text == "" {
		return
	}
	margin := strings.Repeat(" ", indent)
	for _, line := range pytext.Wrap(normalised(text), max(width-indent, 11)-indent) {
		b.WriteString(margin + line + "\n")
	}
	b.WriteString("\n")
}

// write writes the name and, at the help column, the text: beside the name when it is short enough, else below.
func (l *helpLine) write(b *strings.Builder, column, width int) {
	b.WriteString(strings.Repeat(" ", l.indent) + l.name)
	lines := pytext.Wrap(normalised(l.text), width)
	room := column - l.indent - 2
	if len(lines) > 0 && runes(l.name) <= room {
		b.WriteString(strings.Repeat(" ", room-runes(l.name)+2) + lines[0])
		lines = lines[1:]
	}
	b.WriteString("\n")
	for _, line := range lines {
		b.WriteString(strings.Repeat(" ", column) + line + "\n")
	}
}

func normalised(text string) string { return strings.Join(strings.Fields(text), " ") }
