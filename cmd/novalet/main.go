// Novalet is the cloud: the control plane, the agents of its hosts, and the
// tools around them, in one program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/novalet/novalet/internal/cli/nova"
)

// command is one word after novalet.
type command struct {
	name    string
	args    string // after the options
	summary string
	flags   func(*flag.FlagSet, *options)
	run     func(ctx context.Context, o *options) error
}

// commands are all there are, in the order that help lists them.
func commands() []command {
	return []command{
		{"up", "", "start a cloud: the APIs, a database, a bus and a host", upFlags, runUp},
		{"down", "", "stop the cloud in a folder and power off its guests", downFlags, runDown},
		{"serve", "", "run a control plane without hosts", serveFlags, runServe},
		{"agent", "", "run the agent of one host of a cloud elsewhere", agentFlags, runAgent},
		{"guest", "build", "build the tiny guest's kernel, RAM disk and disk", guestFlags, runGuest},
		{"api-doc", "compute|identity|image", "print the OpenAPI 3.1 document of an API", docFlags, runDoc},
		{"keys", "rotate", "make a new key for tokens; those of the last ones stay good", keysFlags, runKeys},
		{"policy", "list", "print the policy rules in force", policyFlags, runPolicy},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if len(os.Args) > 1 && os.Args[1] == "nova" {
		code := nova.Main(ctx, nova.FromOS(os.Args[2:]))
		stop()
		os.Exit(code)
	}
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "novalet:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		help(stdout)
		return nil
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		o := &options{stdout: stdout, stderr: stderr, argv: args}
		set := flag.NewFlagSet("novalet "+c.name, flag.ContinueOnError)
		set.SetOutput(stderr)
		set.Usage = func() {
			fmt.Fprintf(stderr, "usage: novalet %s [options] %s\n\n%s\n\noptions:\n", c.name, c.args, c.summary)
			set.PrintDefaults()
		}
		c.flags(set, o)
		rest, err := parse(set, args[1:])
		if errors.Is(err, flag.ErrHelp) {
			return nil
		} else if err != nil {
			return errUsage
		}
		o.args = rest
		return c.run(ctx, o)
	}
	fmt.Fprintf(stderr, "novalet: there is no command %q; novalet help lists them\n", args[0])
	return errUsage
}

// parse reads options wherever they stand and returns the other words.
func parse(set *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := set.Parse(args); err != nil {
			return nil, err
		}
		if set.NArg() == 0 {
			return words, nil
		}
		words = append(words, set.Arg(0))
		args = set.Args()[1:]
	}
}

func help(w io.Writer) {
	fmt.Fprint(w, "usage: novalet COMMAND [options]\n\nA small OpenStack cloud in one program.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(w, "  %-8s %s\n", "nova", "the client: novalet nova ... is nova ...")
	fmt.Fprint(w, "\nnovalet COMMAND -h lists a command's options.\n")
}
