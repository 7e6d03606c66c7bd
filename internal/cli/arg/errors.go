package arg

import "strings"

// UsageError is a command line that cannot be read: Text goes to stderr, the exit code is 2.
type UsageError struct {
	Message string
	prog    string
	actions []action
}

func (e *UsageError) Error() string { return e.Message }

// Text is what novaclient prints: the usage wrapped for a terminal of that many columns, the error, where to read on.
// The choices that argparse adds to an invalid one are left out, as there.
func (e *UsageError) Text(columns int) string {
	message, _, _ := strings.Cut(e.Message, " (choose from")
	program, command, _ := strings.Cut(e.prog, " ")
	return usage(e.prog, e.actions, columns) +
		"error: " + message + "\nTry '" + program + " help " + command + "' for more information.\n"
}

// Stop ends a parse without an error: help of the program or of Command, or the program's version, is asked for.
type Stop struct {
	Command string
	Version bool
}

func (s *Stop) Error() string {
	if s.Version {
		return "version requested"
	}
	return "help requested"
}

func (p *parser) usageError(message string) *UsageError {
	return &UsageError{Message: message, prog: p.prog, actions: p.actions}
}

func (p *parser) argError(a *action, message string) *UsageError {
	return p.usageError("argument " + a.name() + ": " + message)
}
