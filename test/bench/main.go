// Command bench measures what docs/benchmarks.md says, prints it and writes it
// there. Everything is bounded in count and time; what this machine lacks is
// skipped, and said so. `make bench` builds what it needs and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// bench is one run.
type bench struct {
	bin    string // folder of nova, novalet and guest
	dir    string // scratch
	report report
}

// errSkip is a measurement that this machine cannot make, and why.
type errSkip struct{ why string }

func (e errSkip) Error() string { return e.why }

func main() {
	bin := flag.String("bin", "bin", "`DIR` of nova, novalet and the guest, as make builds them")
	out := flag.String("out", "docs/benchmarks.md", "`FILE` to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *bin, *out)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin, out string) error {
	dir, err := os.MkdirTemp("", "novalet-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // scratch
	b := &bench{bin: bin, dir: dir, report: report{machine: describeMachine(), started: time.Now()}}
	for _, m := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"starting", b.startup},
		{"clients", b.clients},
		{"reads of an empty cloud", b.flavors},
		{"1,000 servers", b.thousand},
		{"a server on QEMU", b.qemu},
		{"the encoder", b.encoder},
	} {
		fmt.Fprintf(os.Stderr, "measuring %s ...\n", m.what)
		limited, cancel := context.WithTimeout(ctx, 2*time.Minute)
		err := m.do(limited)
		cancel()
		var skip errSkip
		switch {
		case errors.As(err, &skip):
			b.report.add(m.what, "skipped", "", skip.why)
		case err != nil:
			return fmt.Errorf("%s: %w", m.what, err)
		}
	}
	b.report.ended(time.Now())
	fmt.Print(b.report.text())
	return os.WriteFile(out, []byte(b.report.markdown()), 0o644)
}
