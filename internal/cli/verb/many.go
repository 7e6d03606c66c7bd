package verb

import (
	"context"
	"errors"
	"strings"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/pytext"
)

// OnEach does an action on each name, whatever becomes of the others: Env.Parallel at a time, one after the other if
// that is not set. It prints success, a format for the name, or why it failed, in the order of the names, and in the
// end fails with the text of failed if any did. The action must be safe to call from several goroutines.
func (e *Env) OnEach(ctx context.Context, names []string, success, failed string, action func(name string) error) error {
	anyFailed := false
	act := func(_ context.Context, name string) (struct{}, error) { return struct{}{}, action(name) }
	err := Parallel(ctx, e.Parallel, names, act, func(name string, _ struct{}, err error) error {
		text := strings.Replace(success, "%s", name, 1)
		switch {
		case errors.Is(err, ErrNotBegun):
			return nil
		case errors.Is(err, context.Canceled), err != nil && e.Chosen:
			return err
		case errors.Is(err, client.ErrHeld):
			return nil
		case err != nil:
			anyFailed = true
			text = pytext.Bytes(err.Error()) // what novaclient prints here is a Python bytes object
		}
		return e.Say("%s", text)
	})
	if err == nil && anyFailed {
		err = Refuse("%s", failed)
	}
	return err
}
