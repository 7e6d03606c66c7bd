package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Wait is how Until waits.
type Wait struct {
	What    string        // for the error of a timeout: "server vm1 to become ACTIVE"
	Every   time.Duration // between two looks; 0 is 1 s
	Timeout time.Duration // 0: as long as the context allows
	Clock   Clock
}

// tolerated is how many looks in a row may fail because the service is away,
// as it is for a moment when it restarts.
const tolerated = 5

// Until looks until look says that it is done, and returns what it saw last.
// look may show progress. Replies of 429 and 503 and broken connections are
// passed over a few times; other errors end the wait.
func Until[T any](ctx context.Context, w Wait, look func(ctx context.Context) (seen T, done bool, err error)) (T, error) {
	clock := w.Clock.orReal()
	every := w.Every
	if every <= 0 {
		every = time.Second
	}
	start := clock.Now()
	var last T
	for failed := 0; ; {
		seen, done, err := look(ctx)
		switch {
		case err == nil:
			last, failed = seen, 0
			if done {
				return seen, nil
			}
		case !passing(err) || failed >= tolerated:
			return last, err
		default:
			failed++
		}
		if w.Timeout > 0 && clock.Now().Sub(start)+every > w.Timeout {
			return last, &Failure{
				Class: WaitTimeout, Cause: context.DeadlineExceeded,
				Message: fmt.Sprintf("Waited %s for %s, in vain: it may still happen, or look at its state and fault.", w.Timeout, w.What),
			}
		}
		if err := clock.Sleep(ctx, every); err != nil {
			return last, err
		}
	}
}

// passing reports whether an error says that the service is away.
func passing(err error) bool {
	var refusal *Error
	if errors.As(err, &refusal) {
		switch refusal.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var failure *Failure
	return errors.As(err, &failure) && (failure.Class == ConnectFailure || failure.Class == ConnectTimeout)
}
