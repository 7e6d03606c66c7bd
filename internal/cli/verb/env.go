// Package verb is what the commands of nova and openstack have in common: what a command runs with, lists and
// properties as they print them, how a thing is found by name or id, one action on many things, waiting with progress,
// and the account of what a command did.
//
// What a reply shows is taken from its JSON as it came, not from the contract's types: members that the contract does
// not know are shown too, and one that a server left out stays out.
package verb

import (
	"context"
	"fmt"
	"io"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
)

// Run is what a command does.
type Run func(ctx context.Context, e *Env) error

// Env is what a command runs with. Cloud and Login are nil for commands that need no cloud.
type Env struct {
	Args  *arg.Values
	Cloud *client.Client // compute at the version that client and server agreed on
	Login *auth.Session
	Print out.Printer
	In    io.Reader
	Err   io.Writer
	Env   func(name string) string // environment variables
	Clock client.Clock

	DryRun   bool       // show what would be done, and change nothing
	Parallel int        // how many things a command may work on at once; 0 is its own choice
	Where    *Condition // which things a list shows; nil: all
	Chosen   bool       // the command runs for one of many servers: it returns what fails, and does not print it
}

// Compute is the Compute API at the version agreed on.
func (e *Env) Compute() *client.Service { return e.Cloud.Compute }

// Since reports whether the Compute API is talked to at version 2.minor or later.
func (e *Env) Since(minor uint16) bool { return e.Compute().Version.AtLeast(wire.V(2, minor)) }

// Say prints a line of plain text.
func (e *Env) Say(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if e.Print.Terminal {
		text = out.Clean(text)
	}
	_, err := io.WriteString(e.Print.W, text+"\n")
	return err
}

// Remark prints a line of plain text above a table. Formats for machines have no place for it.
func (e *Env) Remark(format string, args ...any) error {
	if e.Print.Format != out.FormatTable && e.Print.Format != "" {
		return nil
	}
	return e.Say(format, args...)
}

// Warn prints a line on stderr.
func (e *Env) Warn(format string, args ...any) {
	_, _ = fmt.Fprintf(e.Err, format+"\n", args...)
}

// Refuse is an error in the command line or in what it names.
func Refuse(format string, args ...any) error {
	return &client.Failure{Class: client.CommandError, Message: fmt.Sprintf(format, args...)}
}

// ErrorText is an error as novaclient's last line has it: ERROR (Class): text. A hint follows on a line of its own.
func ErrorText(err error) string {
	class, text, hint := "Exception", err.Error(), ""
	switch e := outermost(err).(type) {
	case *client.Error:
		class, hint = e.Class(), e.Hint
	case *client.Failure:
		class = e.Class
	}
	text = "ERROR (" + class + "): " + text + "\n"
	if hint != "" {
		text += hint + "\n"
	}
	return text
}

// outermost is the first refusal or failure on the way from an error to its causes; nil when there is none.
func outermost(err error) error {
	switch e := err.(type) {
	case *client.Error, *client.Failure:
		return err
	case interface{ Unwrap() error }:
		return outermost(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			if found := outermost(cause); found != nil {
				return found
			}
		}
	}
	return nil
}
