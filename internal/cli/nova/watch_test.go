package nova

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/client"
)

func TestWithWatch(t *testing.T) {
	for args, want := range map[string]string{
		"list --watch":            "list --watch=2",
		"list --watch 5 --all":    "list --watch=5 --all",
		"--watch list":            "--watch=2 list",
		"show --watch vm":         "show --watch=2 vm",
		"show --watch=0.5 5":      "show --watch=0.5 5",
		"list -- --watch --watch": "list -- --watch --watch",
	} {
		if got := withWatch(strings.Fields(args)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: %q", args, got)
		}
	}
}

// look is what one look at a cloud prints, or why it fails.
type look struct {
	text string
	err  error
}

// watched runs a watch over looks; it is interrupted behind the last.
func watched(t *testing.T, terminal bool, rows int, looks ...look) (printed, errs string, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var b, e bytes.Buffer
	i := 0
	w := watch{
		every: time.Second, title: "nova list", w: &b, errs: &e, terminal: terminal,
		window: func() (int, int) { return 80, rows },
		clock: client.Clock{
			Now: func() time.Time { return time.Date(2026, 1, 1, 10, 20, 30, 0, time.UTC) },
			Sleep: func(ctx context.Context, d time.Duration) error {
				if i == len(looks) {
					cancel()
				}
				return ctx.Err()
			},
		},
	}
	err = w.run(ctx, func(w io.Writer) error {
		_, _ = io.WriteString(w, looks[i].text)
		i++
		return looks[i-1].err
	})
	return b.String(), e.String(), err
}

func TestWatch(t *testing.T) {
	busy := &client.Error{Status: 503, Message: "busy"}
	printed, errs, err := watched(t, false, 0, look{text: "a\n"}, look{err: busy}, look{text: "b\n"})
	if printed != "a\n\nb\n" || !strings.Contains(errs, "busy") || !errors.Is(err, context.Canceled) {
		t.Errorf("%q %q %v", printed, errs, err)
	}
	printed, _, err = watched(t, true, 0, look{text: "a\nb\n"}, look{err: busy}, look{text: "a\nc\n"})
	const head = "\x1b[Hevery 1s: nova list  10:20:30"
	want := ownScreen + head + "\x1b[K\na\x1b[K\nb\x1b[K\x1b[J" +
		head + "  ERROR (ClientException): busy (HTTP 503)\x1b[K\na\x1b[K\nb\x1b[K\x1b[J" +
		head + "\x1b[K\na\x1b[K\n\x1b[7mc\x1b[27m\x1b[K\x1b[J" + leaveScreen + "a\nc\n"
	if printed != want || !errors.Is(err, context.Canceled) {
		t.Errorf("%v\ngot  %q\nwant %q", err, printed, want)
	}
	printed, _, _ = watched(t, true, 5, look{text: "1\n2\n3\n4\n5\n"})
	if !strings.Contains(printed, "\n2\x1b[K\n... 3 lines more\x1b[K") {
		t.Errorf("%q", printed)
	}
	// What cannot pass ends it, and so does anything at the first look.
	gone := &client.Error{Status: 404, Message: "gone"}
	if printed, _, err = watched(t, true, 0, look{text: "a\n"}, look{err: gone}); !errors.Is(err, gone) || !strings.HasSuffix(printed, leaveScreen+"a\n") {
		t.Errorf("%v %q", err, printed)
	}
	if printed, _, err = watched(t, true, 0, look{err: busy}); !errors.Is(err, busy) || printed != "" {
		t.Errorf("%v %q", err, printed)
	}
}
