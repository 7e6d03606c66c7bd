package nova

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

// watchEvery is how many seconds --watch waits if it is not said.
const watchEvery = 2

// withWatch gives --watch its value: the number behind it, if there is one.
func withWatch(args []string) []string {
	var made []string
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(made, args[i:]...)
		}
		if args[i] != "--watch" {
			made = append(made, args[i])
			continue
		}
		seconds := strconv.Itoa(watchEvery)
		if i+1 < len(args) {
			if _, err := strconv.ParseFloat(args[i+1], 64); err == nil {
				i++
				seconds = args[i]
			}
		}
		made = append(made, "--watch="+seconds)
	}
	return made
}

// watched runs a command that only reads again and again.
func (p *Process) watched(ctx context.Context, program *arg.Program[verb.Run], env *verb.Env, name string, seconds float64) error {
	if !reads(name) || name == "ssh" {
		return verb.Refuse("--watch is for commands that only show something; %s does more.", name)
	}
	window := p.Window
	if window == nil {
		window = func() (columns, rows int) { return 0, 0 }
	}
	t := watch{
		every: time.Duration(seconds * float64(time.Second)), title: "nova " + strings.Join(p.Args, " "),
		w: env.Print.W, errs: p.Stderr, terminal: p.Terminal, window: window, clock: env.Clock,
	}
	return t.run(ctx, func(w io.Writer) error {
		once := *env
		once.Print.W = w
		return p.command(ctx, program, &once)
	})
}

// watch shows what a command prints again and again until ctx ends. On a terminal it is drawn in place on a screen of
// its own, with the lines marked that are new; elsewhere each is printed behind an empty line.
type watch struct {
	every    time.Duration
	title    string
	w, errs  io.Writer
	terminal bool
	window   func() (columns, rows int)
	clock    client.Clock
}

const (
	ownScreen   = "\x1b[?1049h\x1b[?25l\x1b[?7l" // without a cursor, and long lines are cut
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	marked      = "\x1b[7m"
	unmarked    = "\x1b[27m"
	clearLine   = "\x1b[K"
	clearBelow  = "\x1b[J"
)

func (t *watch) run(ctx context.Context, once func(w io.Writer) error) (err error) {
	var last string
	shown := false
	if t.terminal {
		defer func() {
			if shown {
				_, _ = io.WriteString(t.w, leaveScreen+last)
			}
		}()
	}
	for {
		var b bytes.Buffer
		err := once(&b)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && (!shown || !passes(err)) {
			return err
		}
		text, trouble := b.String(), ""
		if err != nil {
			text = last
			trouble, _, _ = strings.Cut(verb.ErrorText(err), "\n")
		}
		switch {
		case t.terminal:
			if !shown {
				_, _ = io.WriteString(t.w, ownScreen)
			}
			err = t.draw(text, last, shown, trouble)
		case trouble != "":
			_, err = io.WriteString(t.errs, trouble+"\n")
		default:
			if shown {
				text = "\n" + text
			}
			_, err = io.WriteString(t.w, text)
		}
		if err != nil {
			return err
		}
		last, shown = text, true
		if err := t.pause(ctx); err != nil {
			return err
		}
	}
}

// draw writes a screen: a line about the watch, then what fits of the text.
func (t *watch) draw(text, last string, compare bool, trouble string) error {
	_, rows := t.window()
	now := time.Now
	if t.clock.Now != nil {
		now = t.clock.Now
	}
	var b strings.Builder
	head := fmt.Sprintf("every %s: %s  %s", t.every, t.title, now().Format(time.TimeOnly))
	if trouble != "" {
		head += "  " + trouble
	}
	b.WriteString("\x1b[H" + out.Clean(strings.ReplaceAll(head, "\n", " ")) + clearLine + "\n")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	before := strings.Split(last, "\n")
	if rows > 3 && len(lines) > rows-2 {
		cut := len(lines) - (rows - 3)
		lines = append(lines[:rows-3:rows-3], fmt.Sprintf("... %d lines more", cut))
	}
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\n")
		}
		if compare && !slices.Contains(before, line) {
			line = marked + line + unmarked
		}
		b.WriteString(line + clearLine)
	}
	b.WriteString(clearBelow)
	_, err := io.WriteString(t.w, b.String())
	return err
}

func (t *watch) pause(ctx context.Context) error {
	if t.clock.Sleep != nil {
		return t.clock.Sleep(ctx, t.every)
	}
	timer := time.NewTimer(t.every)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// passes says whether trouble may be over at the next look.
func passes(err error) bool {
	var refusal *client.Error
	var failure *client.Failure
	switch {
	case errors.As(err, &refusal):
		return refusal.Status == http.StatusTooManyRequests || refusal.Status >= http.StatusInternalServerError && refusal.Status != http.StatusNotImplemented
	case errors.As(err, &failure):
		return failure.Class == client.ConnectFailure || failure.Class == client.ConnectTimeout
	}
	return false
}
