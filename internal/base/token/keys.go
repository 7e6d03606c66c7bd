package token

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Keys is a folder of Fernet keys, laid out as Keystone's key repository: files
// named by number, the highest is the primary key that new tokens are made
// with, 0 is staged to become the next primary, those between were primary and
// still validate. Several processes may share the folder (or copies of it) and
// rotate it: a change is seen at the next use.
type Keys struct {
	dir    string
	random io.Reader
	now    func() time.Time

	mu     sync.Mutex
	stamp  time.Time // when the folder had changed as of the last reading; zero: read again
	loaded []*Key    // primary first, then the newest
}

// stagedKey is the number of the key that becomes primary next.
const stagedKey = 0

// settled is the age from which a folder's time of change is trusted: file
// systems keep it in ticks, and a second change within one leaves it as it is.
const settled = time.Second

// OpenKeys opens the key folder, and makes it with a staged and a primary key
// when it is missing or empty. Random is crypto/rand.Reader outside tests.
func OpenKeys(dir string, random io.Reader, now func() time.Time) (*Keys, error) {
	k := &Keys{dir: dir, random: random, now: now}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder for token keys cannot be made: %w", err)
	}
	err := k.locked(func(numbers []int) error {
		if len(numbers) > 0 {
			return nil
		}
		for n := stagedKey; n <= stagedKey+1; n++ {
			if err := k.write(n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = k.current()
	return k, err
}

// Rotate makes the staged key primary, stages a new one and removes the oldest
// until maxActive keys are left. A token stays valid for at least maxActive-2
// rotations after its own, so rotate no more often than the token lifetime
// divided by maxActive-2. Killed half-way it leaves a folder that works and that the
// next Rotate completes.
func (k *Keys) Rotate(maxActive int) error {
	if maxActive < 2 {
		return errors.New("at least 2 active keys are needed: the staged and the primary one")
	}
	return k.locked(func(numbers []int) error {
		last := slices.Max(append(numbers, stagedKey))
		if slices.Contains(numbers, stagedKey) {
			if err := os.Rename(k.path(stagedKey), k.path(last+1)); err != nil {
				return err
			}
			numbers = append(numbers, last+1)
		}
		if err := k.write(stagedKey); err != nil {
			return err
		}
		old := slices.DeleteFunc(slices.Sorted(slices.Values(numbers)), func(n int) bool { return n == stagedKey })
		for len(old) > maxActive-1 {
			if err := os.Remove(k.path(old[0])); err != nil {
				return err
			}
			old = old[1:]
		}
		return nil
	})
}

// Issue returns p as a token made now.
func (k *Keys) Issue(p Payload) (string, error) {
	plain, err := p.encode()
	if err != nil {
		return "", err
	}
	keys, err := k.current()
	if err != nil {
		return "", err
	}
	return keys[0].seal(k.now(), k.random, plain)
}

// Validate returns what a token holds, with the second it was issued. The
// error is ErrInvalid, ErrExpired (with the payload), or a failure to read the
// keys. Whether the token was revoked is for the caller to know.
func (k *Keys) Validate(token string) (Payload, error) {
	now := k.now()
	b, err := decode(token, now)
	if err != nil {
		return Payload{}, err
	}
	keys, err := k.current()
	if err != nil {
		return Payload{}, err
	}
	for _, key := range keys {
		plain, made, err := key.open(b)
		if err != nil {
			continue
		}
		p, err := decodePayload(plain)
		if err != nil {
			return Payload{}, ErrInvalid
		}
		p.IssuedAt = made
		if !now.Before(p.ExpiresAt) {
			return p, ErrExpired
		}
		return p, nil
	}
	return Payload{}, ErrInvalid
}

// current returns the keys, primary first, read anew when the folder changed.
func (k *Keys) current() ([]*Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.dir)
	if err != nil {
		return nil, fmt.Errorf("the token keys cannot be read: %w", err)
	}
	changed := info.ModTime()
	if changed.Equal(k.stamp) && len(k.loaded) > 0 {
		return k.loaded, nil
	}
	numbers, err := k.numbers()
	if err != nil {
		return nil, err
	}
	slices.Sort(numbers)
	slices.Reverse(numbers)
	var keys []*Key
	for _, n := range numbers {
		text, err := os.ReadFile(k.path(n))
		if errors.Is(err, fs.ErrNotExist) {
			continue // rotated away between listing and reading
		} else if err != nil {
			return nil, fmt.Errorf("a token key cannot be read: %w", err)
		}
		key, err := parseKey(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.path(n), err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s holds no token keys", k.dir)
	}
	k.loaded, k.stamp = keys, time.Time{}
	if k.now().Sub(changed) > settled {
		k.stamp = changed
	}
	return keys, nil
}

// locked runs f with the numbers of the keys that are there, alone among all
// processes.
func (k *Keys) locked(f func(numbers []int) error) error {
	dir, err := os.Open(k.dir)
	if err != nil {
		return err
	}
	defer dir.Close() //nolint:errcheck // opened to be locked; closing unlocks
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", k.dir, err)
	}
	numbers, err := k.numbers()
	if err != nil {
		return err
	}
	if err := f(numbers); err != nil {
		return fmt.Errorf("the token keys cannot be changed: %w", err)
	}
	return dir.Sync()
}

// numbers lists the key files. Other files are none of ours.
func (k *Keys) numbers() ([]int, error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return nil, fmt.Errorf("the token keys cannot be listed: %w", err)
	}
	var found []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && n >= 0 && strconv.Itoa(n) == e.Name() {
			found = append(found, n)
		}
	}
	return found, nil
}

func (k *Keys) path(n int) string { return filepath.Join(k.dir, strconv.Itoa(n)) }

// write puts a new key into file n, whole or not at all.
func (k *Keys) write(n int) error {
	key, err := NewKey(k.random)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(k.dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(key.text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), k.path(n))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
