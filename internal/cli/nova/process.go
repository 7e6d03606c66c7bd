package nova

import (
	"os"
	"slices"
	"strings"

	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cli/arg"
)

// FromOS is the surroundings of this process.
func FromOS(args []string) Process {
	columns, terminal := terminalOf(os.Stdout)
	_, errTerminal := terminalOf(os.Stderr)
	return Process{
		Args: args, Env: os.LookupEnv, Sources: auth.Process,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Columns: arg.Columns(os.Getenv("COLUMNS"), columns), Terminal: terminal, ErrTerminal: errTerminal,
		Window: func() (columns, rows int) { return windowOf(os.Stdout) },
		Exec: func(path string, argv, extra []string) error {
			return replaceProcess(path, argv, merged(os.Environ(), extra))
		},
	}
}

// merged is an environment with other variables in place of its own.
func merged(environment, extra []string) []string {
	nameOf := func(pair string) string {
		name, _, _ := strings.Cut(pair, "=")
		return name
	}
	kept := slices.DeleteFunc(slices.Clone(environment), func(pair string) bool {
		return slices.ContainsFunc(extra, func(other string) bool { return nameOf(other) == nameOf(pair) })
	})
	return append(kept, extra...)
}
