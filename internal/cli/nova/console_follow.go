package nova

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

// followConsole prints what a server writes to its console as it comes, until Ctrl-C or until the server is gone. It
// begins with the last lines, all that there are without a length. The API shows the end of the log and no positions,
// so what is new is found by where the end that was seen before stands in the end that is seen now.
func followConsole(ctx context.Context, e *verb.Env, id string, length wire.Opt[int]) error {
	seen, begun := "", false
	whole := compute.ConsoleOutputWanted{ID: id, Length: wire.Null[int]()}
	wait := client.Wait{What: "output of server " + id, Clock: e.Clock}
	_, err := client.Until(ctx, wait, func(ctx context.Context) (struct{}, bool, error) {
		log, err := client.Do(ctx, e.Compute(), compute.GetConsoleOutput, whole)
		var refusal *client.Error
		switch {
		case begun && errors.Is(err, client.ErrNotFound):
			return struct{}{}, true, nil
		case begun && errors.As(err, &refusal) && refusal.Status == http.StatusConflict:
			return struct{}{}, false, nil // it is off, or between two hosts: it may come back
		case err != nil:
			return struct{}{}, false, err
		}
		text := log.Output
		news := newOutput(seen, text)
		if !begun && length.Set && !length.Null {
			news = lastLines(text, length.V)
		}
		begun, seen = true, text
		if e.Print.Terminal {
			news = out.Clean(news)
		}
		_, err = io.WriteString(e.Print.W, news)
		return struct{}{}, false, err
	})
	if err == nil {
		e.Warn("The server %s is gone.", id)
	}
	return err
}

// lastLines are what the API shows for a length: as many lines from the end, of which the last may be empty.
func lastLines(text string, length int) string {
	if length <= 0 {
		return ""
	}
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-length):], "\n")
}

// newOutput is what now shows behind what then showed: both are ends of one log, and the later may have lost its
// beginning. Without anything in common it is all of now: a log that was begun anew.
func newOutput(then, now string) string {
	return now[overlap(then, now):]
}

// overlap is the length of the longest end of a that b begins with, by the failure function of Knuth, Morris and Pratt.
func overlap(a, b string) int {
	if b == "" {
		return 0
	}
	a = a[max(0, len(a)-len(b)):]
	border := make([]int, len(b)) // of each beginning of b: the longest proper end that it also begins with
	for i, k := 1, 0; i < len(b); i++ {
		for k > 0 && b[i] != b[k] {
			k = border[k-1]
		}
		if b[i] == b[k] {
			k++
		}
		border[i] = k
	}
	k := 0
	for i := range len(a) {
		for k > 0 && (k == len(b) || a[i] != b[k]) {
			k = border[k-1]
		}
		if a[i] == b[k] {
			k++
		}
	}
	return k
}
