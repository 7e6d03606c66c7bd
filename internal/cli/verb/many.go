package verb

import (
	"context"
	"errors"
	"strings"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// OnEach does an action on one name after the other, whatever becomes of the others. It prints success, a format for
// the name, or why it failed, and in the end fails with the text of failed if any did.
func (e *Env) OnEach(ctx context.Context, names []string, success, failed string, action func(name string) error) error {
	anyFailed := false
	for _, name := range names {
		text := strings.Replace(success, "%s", name, 1)
		if err := action(name); err != nil {
			if errors.Is(err, context.Canceled) {
				return err
			}
			anyFailed = true
			text = pytext.Bytes(err.Error()) // what novaclient prints here is a Python bytes object
		}
		if err := e.Say("%s", text); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if anyFailed {
		return Refuse("%s", failed)
	}
	return nil
}
