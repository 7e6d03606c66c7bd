package auth

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// cache keeps one login in a file that only its user can read. Nothing that
// goes wrong with it is an error: then there is no cache.
type cache struct {
	dir   string
	path  string
	clock client.Clock
	salt  []byte // of the file that was read
}

// newCache returns the cache of one caller at one cloud; nil without a folder
// for it.
func newCache(dir string, c *Config, k kind, clock client.Clock) *cache {
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil
		}
		dir = filepath.Join(base, "novalet", "tokens")
	}
	return &cache{dir: dir, path: filepath.Join(dir, cacheKey(c, k)+".json"), clock: clock}
}

// cacheKey names the file: a hash of who, where and for what. No secret is in
// it.
func cacheKey(c *Config, k kind) string {
	who := append([]string{"2"}, k.methods...)
	for _, k := range [...]Key{
		AuthURL, Username, UserID, UserDomainID, UserDomainName, AppCredID, AppCredName,
		ProjectID, ProjectName, ProjectDomainID, ProjectDomainName,
		DomainID, DomainName, DefaultDomainID, DefaultDomainName, SystemScope, TrustID,
	} {
		who = append(who, c.Get(k))
	}
	text, _ := json.Marshal(who) // of strings
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// cached is the file.
type cached struct {
	Salt      []byte            `json:"salt"`
	Check     []byte            `json:"check"`
	Until     time.Time         `json:"until"`
	Saved     time.Time         `json:"saved"`
	Token     string            `json:"token"`
	Info      json.RawMessage   `json:"info"` // identity.Token as on the wire
	Documents map[string][]byte `json:"documents,omitempty"`
}

// maxCacheFile bounds what is read; catalogs are a few kilobytes.
const maxCacheFile = 4 << 20

// check is a short trace of the password that a token was got with: another
// password must not be served from the cache, and a changed one must be tried.
// It has 16 bits, so whoever steals the file (and with it the token, which
// ends soon) can tell from it only that 65535 of 65536 guesses are wrong, and
// the salt stays so that no second trace adds to the first.
func check(credential wire.Secret, salt []byte) []byte {
	key, err := pbkdf2.Key(sha256.New, credential.Reveal(), salt, 256, 2)
	if err != nil {
		return nil
	}
	return key
}

// load reads the login; nil when there is none for this credential.
func (c *cache) load(credential wire.Secret) *login {
	f, err := os.Open(c.path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || !private(info) {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(f, maxCacheFile))
	if err != nil {
		return nil
	}
	l, salt := decodeLogin(data, credential, c.clock.Now())
	if salt != nil {
		c.salt = salt
	}
	return l
}

// decodeLogin reads the file's text. The salt is returned even when the rest
// is not for this credential.
func decodeLogin(data []byte, credential wire.Secret, now time.Time) (l *login, salt []byte) {
	var file cached
	if json.Unmarshal(data, &file) != nil || len(file.Salt) != 16 || len(file.Check) != 2 {
		return nil, nil
	}
	want := check(credential, file.Salt)
	switch {
	case subtle.ConstantTimeCompare(want, file.Check) != 1:
		return nil, file.Salt
	case file.Token == "" || !isHeaderText(file.Token):
		return nil, file.Salt
	case now.Before(file.Saved.Add(-time.Minute)), file.Until.Sub(file.Saved) > 30*24*time.Hour:
		return nil, file.Salt // a clock was set back: no telling how old it is
	}
	l = &login{token: wire.Secret(file.Token), until: file.Until, documents: file.Documents, cached: true}
	if wire.DecodeLenient(file.Info, &l.info, wire.Version{}) != nil {
		return nil, file.Salt
	}
	return l, file.Salt
}

// isHeaderText reports whether s can stand in a header.
func isHeaderText(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// save writes the login: to a new file that then takes the old one's place, so
// that a reader sees one or the other.
func (c *cache) save(l *login, credential wire.Secret) {
	if c.salt == nil {
		c.salt = make([]byte, 16)
		_, _ = rand.Read(c.salt) // does not fail
	}
	info, err := encodeInfo(l.info)
	if err != nil {
		return
	}
	data, err := json.Marshal(cached{
		Salt: c.salt, Check: check(credential, c.salt), Until: l.until, Saved: c.clock.Now(),
		Token: l.token.Reveal(), Info: info, Documents: l.documents,
	})
	if err != nil || os.MkdirAll(c.dir, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(c.dir, ".new-*") // 0600
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), c.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
}

func encodeInfo(info identity.Token) ([]byte, error) {
	return wire.Encode(nil, info, wire.Version{})
}

func (c *cache) forget() { _ = os.Remove(c.path) }

// lockPatience is how long a process waits for another that logs in.
const lockPatience = 10 * time.Second

// lock makes this process the one that logs in. It gives up after a while: two
// logins do no harm.
func (c *cache) lock(ctx context.Context) (unlock func()) {
	none := func() {}
	if os.MkdirAll(c.dir, 0o700) != nil {
		return none
	}
	f, err := os.OpenFile(c.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return none
	}
	for waited := time.Duration(0); ; waited += 10 * time.Millisecond {
		if tryLock(f) {
			return func() { _ = f.Close() } // closing unlocks
		}
		if waited >= lockPatience || c.clock.Sleep(ctx, 10*time.Millisecond) != nil {
			_ = f.Close()
			return none
		}
	}
}
