package arg

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// parser reads one level of the command line: the global options with the subcommand, or one subcommand's arguments.
type parser struct {
	prog    string
	actions []action
	// runSub reads the arguments after a subcommand's name and returns those nobody knows.
	runSub func(name string, args []string) (extras []string, err error)
	env    func(string) string
	values *Values
	opaque int // from here on the words are another's: only options of our own are seen among them
}

// scan is the state of one parse.
type scan struct {
	*parser
	args        []string
	classes     string
	options     []option // by index into args; action is nil for what is no known option
	positionals []action // still to be filled
	extras      []string
	subExtras   []string
	seen        []*Arg
	nonDefault  []*action
}

// option is what an argument that looks like an option stands for.
type option struct {
	is       bool
	action   *action
	flag     string
	explicit string // text after = or after a short option
	hasValue bool
}

// parseKnown reads args and returns what no argument of the parser took.
func (p *parser) parseKnown(args []string) ([]string, error) {
	for i := range p.actions {
		a := &p.actions[i]
		if a.sub || a.Action == ShowHelp || a.Action == ShowVersion || p.values.find(a.dest) != nil {
			continue
		}
		p.values.set(a.dest, a.initial(p.env), false)
	}
	s := scan{parser: p, args: args}
	if err := s.classify(); err != nil {
		return nil, err
	}
	for i := range p.actions {
		if len(p.actions[i].flags) == 0 {
			s.positionals = append(s.positionals, p.actions[i])
		}
	}
	if err := s.consume(); err != nil {
		return nil, err
	}
	if err := s.finish(); err != nil {
		return nil, err
	}
	return append(s.extras, s.subExtras...), nil
}

// classify decides for every argument whether it is a value, an option or the first "--".
func (s *scan) classify() error {
	classes := make([]byte, 0, len(s.args))
	s.options = make([]option, len(s.args))
	for i, text := range s.args {
		if text == "--" {
			classes = append(classes, '-')
			for range s.args[i+1:] {
				classes = append(classes, 'A')
			}
			break
		}
		var o option
		if i < s.opaque {
			var err error
			if o, err = s.parseOption(text); err != nil {
				return err
			}
		} else {
			o = s.ownOption(text)
		}
		s.options[i] = o
		if o.is {
			classes = append(classes, 'O')
		} else {
			classes = append(classes, 'A')
		}
	}
	s.classes = string(classes)
	return nil
}

func (p *parser) lookup(flag string) *action {
	for i := range p.actions {
		if slices.Contains(p.actions[i].flags, flag) {
			return &p.actions[i]
		}
	}
	return nil
}

func (p *parser) parseOption(text string) (option, error) {
	if text == "" || text[0] != '-' {
		return option{}, nil
	}
	if a := p.lookup(text); a != nil {
		return option{is: true, action: a, flag: text}, nil
	}
	if text == "-" {
		return option{}, nil
	}
	if flag, value, ok := strings.Cut(text, "="); ok {
		if a := p.lookup(flag); a != nil {
			return option{is: true, action: a, flag: flag, explicit: value, hasValue: true}, nil
		}
	}
	found := p.abbreviated(text)
	switch {
	case len(found) > 1:
		names := make([]string, len(found))
		for i := range found {
			names[i] = found[i].flag
		}
		return option{}, p.usageError("ambiguous option: " + text + " could match " + strings.Join(names, ", "))
	case len(found) == 1:
		return found[0], nil
	case negativeNumber(text), strings.Contains(text, " "):
		return option{}, nil
	}
	return option{is: true, flag: text}, nil
}

// ownOption is parseOption for nothing but options of our own.
func (p *parser) ownOption(text string) option {
	flag, value, ok := strings.Cut(text, "=")
	if a := p.lookup(flag); a != nil && a.Exact {
		return option{is: true, action: a, flag: flag, explicit: value, hasValue: ok}
	}
	return option{}
}

// abbreviated lists the options text can be the start of: long ones by prefix, short ones with their value behind
// them. Spellings that differ in - and _ only are one option.
func (p *parser) abbreviated(text string) []option {
	prefix, value, hasValue := text, "", false
	short, shortValue := "", ""
	if strings.HasPrefix(text, "--") {
		prefix, value, hasValue = strings.Cut(text, "=")
	} else {
		_, size := utf8.DecodeRuneInString(text[1:])
		short, shortValue = text[:1+size], text[1+size:]
	}
	var found []option
	for i := range p.actions {
		a := &p.actions[i]
		for _, flag := range a.flags {
			switch {
			case flag == short:
				found = append(found, option{is: true, action: a, flag: flag, explicit: shortValue, hasValue: true})
			case strings.HasPrefix(flag, prefix) && !a.Exact:
				found = append(found, option{is: true, action: a, flag: flag, explicit: value, hasValue: hasValue})
			}
		}
	}
	if len(found) < 2 {
		return found
	}
	for _, o := range found[1:] {
		if strings.ReplaceAll(o.flag, "_", "-") != strings.ReplaceAll(found[0].flag, "_", "-") {
			return found
		}
	}
	return found[:1]
}

// negativeNumber says whether text is a value although it begins with a dash: -5, -.5, -1.5.
func negativeNumber(text string) bool {
	s := strings.TrimSuffix(strings.TrimPrefix(text, "-"), "\n")
	whole, fraction, point := strings.Cut(s, ".")
	return digits(whole) && (whole != "" && !point || point && fraction != "" && digits(fraction))
}

func digits(s string) bool {
	for _, r := range s {
		if !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

// consume goes over the arguments: positionals up to the next option, then the option, and so on.
func (s *scan) consume() error {
	i := 0
	for last := strings.LastIndexByte(s.classes, 'O'); i <= last; {
		next := i + strings.IndexByte(s.classes[i:], 'O')
		if next > i {
			end, err := s.takePositionals(i)
			if err != nil {
				return err
			}
			if end > i {
				i = end
				continue
			}
			s.extras = append(s.extras, s.args[i:next]...)
			i = next
		}
		end, err := s.takeOption(i)
		if err != nil {
			return err
		}
		i = end
	}
	end, err := s.takePositionals(i)
	if err != nil {
		return err
	}
	s.extras = append(s.extras, s.args[end:]...)
	return nil
}

func (s *scan) takePositionals(i int) (int, error) {
	counts := matchMost(s.positionals, s.classes[i:])
	filled := s.positionals[:len(counts)]
	s.positionals = s.positionals[len(counts):]
	for n := range filled {
		end := i + counts[n]
		if err := s.take(&filled[n], s.args[i:end], ""); err != nil {
			return 0, err
		}
		i = end
	}
	return i, nil
}

// takeOption applies the option at i, or the cluster of short options there, and returns the index behind its values.
func (s *scan) takeOption(i int) (int, error) {
	o := s.options[i]
	type use struct {
		action *action
		args   []string
		flag   string
	}
	var uses []use
	end := i + 1
	for {
		if o.action == nil {
			s.extras = append(s.extras, s.args[i])
			return i + 1, nil
		}
		if !o.hasValue {
			count, ok := matchOne(o.action, s.classes[i+1:])
			if !ok {
				return 0, s.wrongCount(o.action)
			}
			end = i + 1 + count
			uses = append(uses, use{o.action, s.args[i+1 : end], o.flag})
			break
		}
		count, ok := matchOne(o.action, "A")
		if !ok {
			return 0, s.wrongCount(o.action)
		}
		if count == 1 {
			uses = append(uses, use{o.action, []string{o.explicit}, o.flag})
			break
		}
		if strings.HasPrefix(o.flag, "--") || o.explicit == "" {
			return 0, s.argError(o.action, "ignored explicit argument "+pytext.Quote(o.explicit))
		}
		uses = append(uses, use{o.action, nil, o.flag})
		_, size := utf8.DecodeRuneInString(o.explicit)
		flag, rest := "-"+o.explicit[:size], o.explicit[size:]
		next := s.lookup(flag)
		if next == nil {
			return 0, s.argError(o.action, "ignored explicit argument "+pytext.Quote(o.explicit))
		}
		o = option{is: true, action: next, flag: flag, explicit: rest, hasValue: rest != ""}
	}
	for _, u := range uses {
		if err := s.take(u.action, u.args, u.flag); err != nil {
			return 0, err
		}
	}
	return end, nil
}

func (s *scan) wrongCount(a *action) error {
	switch a.Nargs {
	case "":
		return s.argError(a, "expected one argument")
	case "?":
		return s.argError(a, "expected at most one argument")
	case "+":
		return s.argError(a, "expected at least one argument")
	case "1":
		return s.argError(a, "expected 1 argument")
	}
	return s.argError(a, "expected "+a.Nargs+" arguments")
}

// finish checks what is required and converts text defaults.
func (s *scan) finish() error {
	var missing []string
	for i := range s.actions {
		a := &s.actions[i]
		if slices.Contains(s.seen, a.Arg) {
			continue
		}
		if a.required() {
			missing = append(missing, a.name())
			continue
		}
		e := s.values.find(a.dest)
		if e == nil || e.given || a.Type == nil {
			continue
		}
		if text, ok := e.value.(string); ok && e.value == a.initial(s.env) {
			v, err := a.Type(text)
			if err != nil {
				return s.argError(a, err.Error())
			}
			e.value = v
		}
	}
	if missing != nil {
		return s.usageError("the following arguments are required: " + strings.Join(missing, ", "))
	}
	return nil
}
