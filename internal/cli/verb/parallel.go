package verb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
)

// ErrNotBegun is what Parallel says of items that it did not get to before its context ended or its caller gave up.
var ErrNotBegun = errors.New("not begun")

// Parallel does something with each item, at most limit at a time, and hands what came of it to each: in the order of
// the items, one after the other, in the caller's goroutine, as soon as it and all before it are there. So lines that
// each prints stand in the order of the items whatever limit is; below two the items are done one after the other, and
// the next is not begun before each saw the last.
//
// An error of do is handed to each and stops nothing. When ctx ends or each returns an error nothing more is begun,
// what runs is waited for, and the items left are handed to each with ErrNotBegun (what an each that failed returns
// then is not looked at). The error is that of each, else that of ctx if items were left.
//
//	tally := verb.Tally{Doing: "evacuate"}
//	err := verb.Parallel(ctx, e.Parallel, servers, evacuate, func(server out.Object, reply out.Object, err error) error {
//		tally.Add(verb.Text(server, "name"), err)
//		return e.Say(...)
//	})
//	return tally.End(e, err)
func Parallel[T, R any](ctx context.Context, limit int, items []T, do func(ctx context.Context, item T) (R, error), each func(item T, result R, err error) error) error {
	type outcome struct {
		result R
		err    error
		ready  chan struct{}
	}
	outcomes := make([]outcome, len(items))
	for i := range outcomes {
		outcomes[i] = outcome{err: ErrNotBegun, ready: make(chan struct{})}
	}
	var next atomic.Int64
	var stopped atomic.Bool
	work := func() bool {
		i := int(next.Add(1)) - 1
		if i >= len(items) {
			return false
		}
		if !stopped.Load() && ctx.Err() == nil {
			outcomes[i].result, outcomes[i].err = do(ctx, items[i])
		}
		close(outcomes[i].ready)
		return true
	}
	var workers sync.WaitGroup
	defer workers.Wait()
	if limit > 1 {
		for range min(limit, len(items)) {
			workers.Go(func() {
				for work() {
				}
			})
		}
	}
	var failed error
	left := false
	for i, item := range items {
		if limit <= 1 {
			work()
		}
		<-outcomes[i].ready
		left = left || outcomes[i].err == ErrNotBegun
		if err := each(item, outcomes[i].result, outcomes[i].err); failed == nil && err != nil {
			failed = err
			stopped.Store(true)
		}
	}
	if failed == nil && left {
		failed = ctx.Err()
	}
	return failed
}

// Tally counts what became of many things and tells it once, on stderr.
type Tally struct {
	Doing string // what was done to each, as in "delete: 3 done"
	Quiet bool   // nothing is told if nothing failed

	done, left, held int
	failed           []string
}

// Text is how far it is, for people.
func (t *Tally) Text() string {
	text := fmt.Sprintf("%s: %d done, %d failed", t.Doing, t.done, len(t.failed))
	if t.left > 0 {
		text += fmt.Sprintf(", %d not begun", t.left)
	}
	return text
}

// Add notes what became of a thing: nil is done, ErrNotBegun left as it was, client.ErrHeld only shown.
func (t *Tally) Add(label string, err error) {
	switch {
	case err == nil:
		t.done++
	case errors.Is(err, client.ErrHeld):
		t.held++
	case errors.Is(err, ErrNotBegun):
		t.left++
	case errors.Is(err, context.Canceled):
		t.failed = append(t.failed, label+": interrupted; it may be done or not")
	default:
		t.failed = append(t.failed, label+": "+err.Error())
	}
}

// End prints the counts and each failure with its reason, and returns err, or an error if any failed.
func (t *Tally) End(e *Env, err error) error {
	if t.held > 0 || t.Quiet && len(t.failed)+t.left == 0 {
		return err
	}
	text := t.Text()
	for _, failure := range t.failed {
		text += "\n  " + failure
	}
	if e.Print.Terminal {
		text = out.Clean(text)
	}
	e.Warn("%s", text)
	if err == nil && len(t.failed) > 0 {
		err = Refuse("%d of %d failed.", len(t.failed), t.done+t.left+len(t.failed))
	}
	return err
}
