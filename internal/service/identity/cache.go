package identity

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"github.com/novalet/novalet/internal/cloud"
)

const (
	// maxSessions bounds how many tokens are remembered.
	maxSessions = 4096
	// sessionLife is how long a token is remembered at most.
	sessionLife = 30 * time.Second
	// revisionLife is how old the view of other processes' changes may be.
	revisionLife = time.Second
)

// sessions remembers who the tokens of late belong to, by their hash. A change
// by this process empties it at once; one by another process is seen by the
// revision counter of the store within revisionLife.
type sessions struct {
	mu         sync.RWMutex
	known      map[[sha256.Size]byte]known
	generation uint64 // counts how often everything was forgotten

	checking sync.Mutex
	checked  atomic.Int64 // when the revision was read last, in nanoseconds
	revision int64        // guarded by checking
}

type known struct {
	caller *cloud.Caller
	until  time.Time
}

func newSessions() *sessions {
	return &sessions{known: map[[sha256.Size]byte]known{}}
}

func (c *sessions) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.known)
	c.generation++
}

func (c *sessions) get(key [sha256.Size]byte, now time.Time) (caller *cloud.Caller, generation uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if k, ok := c.known[key]; ok && now.Before(k.until) {
		return k.caller, c.generation
	}
	return nil, c.generation
}

// put remembers a caller, unless something was forgotten since generation:
// then it may have been looked up before the change.
func (c *sessions) put(key [sha256.Size]byte, caller *cloud.Caller, now time.Time, generation uint64) {
	until := now.Add(sessionLife)
	if caller.ExpiresAt.Before(until) {
		until = caller.ExpiresAt
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if len(c.known) >= maxSessions {
		for other := range c.known { // any other
			delete(c.known, other)
			break
		}
	}
	c.known[key] = known{caller, until}
}

// look asks for the store's revision when that was not done of late, and
// forgets everything when it has moved. Without an answer no token is good.
func (s *Service) look(ctx context.Context, now time.Time) error {
	c := s.sessions
	fresh := func() bool {
		age := now.UnixNano() - c.checked.Load()
		return age >= 0 && age < int64(revisionLife)
	}
	if fresh() {
		return nil
	}
	c.checking.Lock()
	defer c.checking.Unlock()
	if fresh() {
		return nil
	}
	revision, err := s.DB.IdentityRevision(ctx)
	if err != nil {
		return err
	}
	if revision != c.revision {
		c.revision = revision
		c.forget()
	}
	c.checked.Store(now.UnixNano())
	return nil
}

// Authenticate implements cloud.Authenticator. The caller is shared: it must
// not be changed.
func (s *Service) Authenticate(ctx context.Context, text cloud.Secret) (*cloud.Caller, error) {
	if text == "" {
		return nil, errDead
	}
	now := s.Now()
	if err := s.look(ctx, now); err != nil {
		return nil, err
	}
	key := sha256.Sum256([]byte(text))
	caller, generation := s.sessions.get(key, now)
	if caller != nil {
		return caller, nil
	}
	live, err := s.read(ctx, text)
	if err != nil {
		return nil, err
	}
	caller = live.caller()
	s.sessions.put(key, caller, now, generation)
	return caller, nil
}
