package nova

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cli/arg"
)

// FromOS is the surroundings of this process.
func FromOS(args []string) Process {
	columns, terminal := 0, false
	if size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ); err == nil {
		columns, terminal = int(size.Col), true
	}
	return Process{
		Args: args, Env: os.LookupEnv, Sources: auth.Process,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Columns: arg.Columns(os.Getenv("COLUMNS"), columns), Terminal: terminal,
	}
}
