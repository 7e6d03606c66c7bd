package arg

import (
	"slices"
	"strings"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// take gives an argument its texts and does what its Action says. Flag is the spelling used, "" for a positional.
func (s *scan) take(a *action, texts []string, flag string) error {
	s.seen = append(s.seen, a.Arg)
	if a.sub {
		return s.takeSub(a, texts)
	}
	texts = withoutDashes(texts)
	value, isDefault, err := s.convert(a, texts)
	if err != nil {
		return err
	}
	if !isDefault {
		if err := s.exclude(a); err != nil {
			return err
		}
	}
	if a.Deprecated {
		s.warn(a, flag)
	}
	given := flag != "" || len(texts) > 0
	switch a.Action {
	case Store:
		s.values.set(a.dest, value, given)
	case StoreTrue:
		s.values.set(a.dest, true, true)
	case StoreFalse:
		s.values.set(a.dest, false, true)
	case StoreConst:
		s.values.set(a.dest, a.Const, true)
	case Append:
		s.appendTo(a.dest, value)
	case AppendConst:
		s.appendTo(a.dest, a.Const)
	case Count:
		n, _ := s.values.find(a.dest).value.(int)
		s.values.set(a.dest, n+1, true)
	case ShowHelp:
		return &Stop{}
	case ShowVersion:
		return &Stop{Version: true}
	}
	return nil
}

// takeSub reads the rest of the command line as the subcommand's.
func (s *scan) takeSub(a *action, texts []string) error {
	name := texts[0]
	if a.Choices != nil && !slices.Contains(a.Choices, name) {
		return s.argError(a, notAChoice(a, name))
	}
	extras, err := s.runSub(name, texts[1:])
	s.subExtras = extras
	return err
}

func notAChoice(a *action, value any) string {
	names := make([]string, len(a.Choices))
	for i, c := range a.Choices {
		names[i] = pytext.Quote(c)
	}
	shown := text(value)
	if s, ok := value.(string); ok {
		shown = pytext.Quote(s)
	}
	return "invalid choice: " + shown + " (choose from " + strings.Join(names, ", ") + ")"
}

// withoutDashes drops the first "--".
func withoutDashes(texts []string) []string {
	if i := slices.Index(texts, "--"); i >= 0 {
		return slices.Concat(texts[:i], texts[i+1:])
	}
	return texts
}

// convert makes the value; isDefault says that it is the default standing in for nothing given.
func (s *scan) convert(a *action, texts []string) (value any, isDefault bool, err error) {
	switch {
	case a.Action.takesNoValue():
		return nil, false, nil
	case len(texts) == 0 && a.Nargs == "?":
		value = a.Const
		if len(a.flags) == 0 {
			value, isDefault = a.initial(s.env), true
		}
		if str, ok := value.(string); ok {
			value, err = s.convertOne(a, str)
		}
		return value, isDefault, err
	case len(texts) == 0 && a.Nargs == "*" && len(a.flags) == 0:
		if a.Default != nil {
			return a.initial(s.env), true, nil
		}
		return []any{}, false, nil
	case len(texts) == 1 && (a.Nargs == "" || a.Nargs == "?"):
		value, err = s.convertOne(a, texts[0])
		return value, false, err
	}
	list := make([]any, len(texts))
	for i := range texts {
		if list[i], err = s.convertOne(a, texts[i]); err != nil {
			return nil, false, err
		}
	}
	return list, false, nil
}

func (s *scan) convertOne(a *action, str string) (any, error) {
	var value any = str
	if a.Type != nil {
		var err error
		if value, err = a.Type(str); err != nil {
			return nil, s.argError(a, err.Error())
		}
	}
	if a.Choices != nil && !slices.Contains(a.Choices, text(value)) {
		return nil, s.argError(a, notAChoice(a, value))
	}
	return value, nil
}

// exclude refuses a beside another option of its group.
func (s *scan) exclude(a *action) error {
	for _, other := range s.nonDefault {
		if a.Group != "" && other.Group == a.Group && other.Arg != a.Arg {
			return s.argError(a, "not allowed with argument "+other.name())
		}
	}
	s.nonDefault = append(s.nonDefault, a)
	return nil
}

func (s *scan) appendTo(dest string, value any) {
	list, _ := s.values.find(dest).value.([]any)
	s.values.set(dest, append(slices.Clip(list), value), true)
}

// warn notes the use of a deprecated option, once a spelling.
func (s *scan) warn(a *action, flag string) {
	line := `WARNING: Option "` + flag + `" is deprecated`
	if a.Use != "" {
		line += "; " + a.Use
	}
	if !slices.Contains(s.values.Warnings, line) {
		s.values.Warnings = append(s.values.Warnings, line)
	}
}
