package nova

import (
	"os"

	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cli/arg"
)

// FromOS is the surroundings of this process.
func FromOS(args []string) Process {
	columns, terminal := terminalOf(os.Stdout)
	return Process{
		Args: args, Env: os.LookupEnv, Sources: auth.Process,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Columns: arg.Columns(os.Getenv("COLUMNS"), columns), Terminal: terminal,
	}
}
