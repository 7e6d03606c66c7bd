package token

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"
	"pgregory.net/rapid"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

var noon = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

// clock is a time that a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newKeys(t testing.TB) (*Keys, *clock) {
	t.Helper()
	c := &clock{noon}
	k, err := OpenKeys(filepath.Join(t.TempDir(), "keys"), rand.Reader, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return k, c
}

func sample() Payload {
	return Payload{
		UserID: "0123456789abcdef0123456789abcdef", Methods: Password | Token, Scope: Project,
		ScopeID: "fedcba9876543210fedcba9876543210", IssuedAt: noon, ExpiresAt: noon.Add(time.Hour),
		AuditIDs: []string{"AAAAAAAAAAAAAAAAAAAAAA", "3T2dc1CGQxyJsHdDu1xkcw"},
	}
}

func TestFernetVector(t *testing.T) {
	// generate.json of the Fernet specification.
	key, err := parseKey("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=")
	if err != nil {
		t.Fatal(err)
	}
	made := time.Date(1985, 10, 26, 8, 20, 0, 0, time.UTC)
	iv := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	want := "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA"
	got, err := key.seal(made, bytes.NewReader(iv), []byte("hello"))
	if err != nil || got != want {
		t.Fatalf("%s, %v", got, err)
	}
	b, err := decode(want, made)
	if err != nil {
		t.Fatal(err)
	}
	plain, at, err := key.open(b)
	if err != nil || string(plain) != "hello" || !at.Equal(made) {
		t.Errorf("%q %v %v", plain, at, err)
	}
}

func TestFernetRefuses(t *testing.T) {
	// The cases of invalid.json of the Fernet specification that are not
	// about a time to live, which is our payload's.
	key, err := parseKey("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(1985, 10, 26, 8, 20, 1, 0, time.UTC)
	for name, token := range map[string]string{
		"incorrect mac":         "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ",
		"too short":             "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA",
		"not base64":            "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q",
		"payload size":          "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
		"payload padding":       "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw",
		"far-future time stamp": "gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw",
		"incorrect IV":          "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ",
		"padding characters":    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==",
		"line end":              "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA\n",
		"empty":                 "",
	} {
		b, err := decode(token, now)
		if err == nil {
			_, _, err = key.open(b)
		}
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func genID() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[0-9a-f]{32}`), rapid.StringMatching(`[0-9A-F]{32}`),
		rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`),
		rapid.StringMatching(`[A-Za-z0-9_-]{22}`), rapid.StringN(1, 60, maxID),
	)
}

func genPayload(t *rapid.T) Payload {
	maybe := rapid.OneOf(rapid.Just(""), genID())
	p := Payload{
		UserID: genID().Draw(t, "user"), Methods: Methods(rapid.Byte().Draw(t, "methods")),
		Scope: Scope(rapid.IntRange(0, 3).Draw(t, "scope")), IssuedAt: noon,
		ExpiresAt: noon.Add(time.Duration(rapid.IntRange(1, 1<<30).Draw(t, "life")) * time.Second),
		TrustID:   maybe.Draw(t, "trust"), ApplicationCredentialID: maybe.Draw(t, "credential"),
		AuditIDs: rapid.SliceOfN(genID(), 1, 2).Draw(t, "audit"),
	}
	if p.Scope == Project || p.Scope == Domain {
		p.ScopeID = genID().Draw(t, "scope id")
	}
	return p
}

func TestRoundTrip(t *testing.T) {
	k, _ := newKeys(t)
	rapid.Check(t, func(t *rapid.T) {
		want := genPayload(t)
		token, err := k.Issue(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.Validate(token)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTokenSize(t *testing.T) {
	k, _ := newKeys(t)
	token, err := k.Issue(sample())
	if err != nil {
		t.Fatal(err)
	}
	// Keystone promises its operators under 255 bytes, and schemas hold it.
	if len(token) > 200 {
		t.Errorf("a usual token has %d bytes", len(token))
	}
}

// TestTampered changes each character of a token to every other, and each
// length.
func TestTampered(t *testing.T) {
	k, _ := newKeys(t)
	token, err := k.Issue(sample())
	if err != nil {
		t.Fatal(err)
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=\n /"
	for i := range token {
		for _, c := range letters {
			changed := token[:i] + string(c) + token[i+1:]
			if changed == token {
				continue
			}
			if _, err := k.Validate(changed); !errors.Is(err, ErrInvalid) {
				t.Fatalf("character %d changed to %q: %v", i, c, err)
			}
		}
		if _, err := k.Validate(token[:i]); !errors.Is(err, ErrInvalid) {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
	for _, tail := range []string{"=", "==", "\n", "A", "AAAA", strings.Repeat("A", maxToken)} {
		if _, err := k.Validate(token + tail); !errors.Is(err, ErrInvalid) {
			t.Errorf("with %.4q behind: %v", tail, err)
		}
	}
}

func TestExpiryAndSkew(t *testing.T) {
	k, c := newKeys(t)
	token, err := k.Issue(sample())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		after time.Duration
		want  error
	}{
		{0, nil},
		{time.Hour - time.Nanosecond, nil},
		{time.Hour, ErrExpired},
		{1000 * time.Hour, ErrExpired},
		{-maxSkew, nil},
		{-maxSkew - time.Second, ErrInvalid},
		{-100 * 365 * 24 * time.Hour, ErrInvalid},
	} {
		c.t = noon.Add(test.after)
		p, err := k.Validate(token)
		if !errors.Is(err, test.want) {
			t.Errorf("%v after it was made: %v", test.after, err)
		}
		if err != ErrInvalid && p.UserID != sample().UserID { //nolint:errorlint // sentinel
			t.Errorf("%v after it was made the payload is %+v", test.after, p)
		}
	}
}

func TestRotation(t *testing.T) {
	const maxActive = 4
	k, c := newKeys(t)
	c.t = time.Now()
	other, err := OpenKeys(k.dir, rand.Reader, c.now) // another process
	if err != nil {
		t.Fatal(err)
	}
	p := sample()
	p.ExpiresAt = c.t.Add(time.Hour)
	token, err := k.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= maxActive; i++ {
		if err := k.Rotate(maxActive); err != nil {
			t.Fatal(err)
		}
		fresh, err := k.Issue(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Validate(fresh); err != nil {
			t.Errorf("after rotation %d the other process refuses a new token: %v", i, err)
		}
		_, err = other.Validate(token)
		if kept := i <= maxActive-2; kept && err != nil || !kept && !errors.Is(err, ErrInvalid) {
			t.Errorf("after rotation %d of %d active keys: %v", i, maxActive, err)
		}
		numbers, err := k.numbers()
		if err != nil || len(numbers) > maxActive {
			t.Errorf("after rotation %d the keys are %v, %v", i, numbers, err)
		}
	}
}

// TestStagedKeyValidates is why the staged key exists: copies of the folder
// that are one rotation behind accept tokens of one that is ahead.
func TestStagedKeyValidates(t *testing.T) {
	k, c := newKeys(t)
	behind := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(behind, os.DirFS(k.dir)); err != nil {
		t.Fatal(err)
	}
	if err := k.Rotate(3); err != nil {
		t.Fatal(err)
	}
	token, err := k.Issue(sample())
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenKeys(behind, rand.Reader, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Validate(token); err != nil {
		t.Error(err)
	}
}

func TestKeyFiles(t *testing.T) {
	k, c := newKeys(t)
	if err := k.Rotate(3); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", e.Name(), info.Mode(), err)
		}
	}
	if got := strings.Join(names, " "); got != "0 1 2" {
		t.Errorf("files: %s", got)
	}
	if info, err := os.Stat(k.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v %v", info.Mode(), err)
	}

	// Killed between the two renames: no staged key. All goes on.
	if err := os.Remove(k.path(stagedKey)); err != nil {
		t.Fatal(err)
	}
	token, err := k.Issue(sample())
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Rotate(3); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Validate(token); err != nil {
		t.Error(err)
	}

	if err := os.WriteFile(k.path(7), []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(k.dir, rand.Reader, c.now); err == nil || !strings.Contains(err.Error(), k.path(7)) {
		t.Errorf("a bad key file: %v", err)
	}
	if err := k.Rotate(1); err == nil {
		t.Error("one active key was accepted")
	}
}

func TestOpenKeysAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	var mu sync.Mutex
	var tokens []string
	var all []*Keys
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			k, err := OpenKeys(dir, rand.Reader, func() time.Time { return noon })
			if err != nil {
				t.Error(err)
				return
			}
			token, err := k.Issue(sample())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			tokens, all = append(tokens, token), append(all, k)
		})
	}
	g.Wait()
	for _, k := range all {
		for _, token := range tokens {
			if _, err := k.Validate(token); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	k, _ := newKeys(t)
	for name, spoil := range map[string]func(*Payload){
		"no user":             func(p *Payload) { p.UserID = "" },
		"no scope id":         func(p *Payload) { p.ScopeID = "" },
		"system with project": func(p *Payload) { p.Scope = System },
		"long id":             func(p *Payload) { p.UserID = strings.Repeat("x", maxID+1) },
		"unknown scope":       func(p *Payload) { p.Scope = 9 },
		"no end":              func(p *Payload) { p.ExpiresAt = time.Time{} },
	} {
		p := sample()
		spoil(&p)
		if _, err := k.Issue(p); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestMethodNames(t *testing.T) {
	if got := strings.Join((Password | Token | ApplicationCredential).Names(), " "); got != "password token application_credential" {
		t.Error(got)
	}
}

func TestPasswords(t *testing.T) {
	p, err := NewPasswords(bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", bcryptLimit)
	for _, password := range []string{"", "secret", "größer", long, long + "a", strings.Repeat("y", MaxPassword), "nul\x00a"} {
		hash, err := p.Hash(cloud.Secret(password))
		if err != nil {
			t.Fatal(err)
		}
		if !p.Check(hash, cloud.Secret(password)) {
			t.Errorf("%.10q is refused", password)
		}
		for _, wrong := range []string{password + "b", "Secret", "nul\x00b"} {
			if p.Check(hash, cloud.Secret(wrong)) {
				t.Errorf("%.10q passes for %.10q", wrong, password)
			}
		}
		if password != "" && p.Check(hash, "") {
			t.Errorf("no password passes for %.10q", password)
		}
		if p.Stale(hash) {
			t.Errorf("the hash of %.10q is stale", password)
		}
	}
	if _, err := p.Hash(cloud.Secret(strings.Repeat("z", MaxPassword+1))); !fault.Is(err, fault.BadRequest) {
		t.Errorf("an endless password: %v", err)
	}
	// Keystone writes $2b$.
	if !p.Check("$2b$04$"+mustHash(t, p, "x")[7:], "x") {
		t.Error("a $2b$ hash is refused")
	}
	for _, password := range []string{"", "secret", strings.Repeat("z", 2*MaxPassword)} {
		if p.Check("", cloud.Secret(password)) || p.Check("not a hash", cloud.Secret(password)) {
			t.Errorf("%.10q passes for nobody", password)
		}
	}
	if _, err := NewPasswords(3); err == nil {
		t.Error("cost 3 was accepted")
	}
}

func mustHash(t *testing.T, p *Passwords, password cloud.Secret) string {
	t.Helper()
	hash, err := p.Hash(password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// TestDummyHashWorks holds that the comparison for an unknown user gets past
// parsing, so that it takes the time of a real one.
func TestDummyHashWorks(t *testing.T) {
	for _, cost := range []int{bcrypt.MinCost, 6} {
		p, err := NewPasswords(cost)
		if err != nil {
			t.Fatal(err)
		}
		err = bcrypt.CompareHashAndPassword(p.dummy, []byte("x"))
		if !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			t.Errorf("cost %d: %v", cost, err)
		}
		if got, err := bcrypt.Cost(p.dummy); err != nil || got != cost {
			t.Errorf("the dummy has cost %d, %v", got, err)
		}
	}
}

func FuzzValidate(f *testing.F) {
	c := &clock{noon}
	k, err := OpenKeys(filepath.Join(f.TempDir(), "keys"), rand.Reader, c.now)
	if err != nil {
		f.Fatal(err)
	}
	token, err := k.Issue(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("gAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := k.Validate(s); err == nil && s != token {
			t.Errorf("accepted %q", s)
		}
	})
}

// FuzzPayload holds that what is read has one spelling.
func FuzzPayload(f *testing.F) {
	p := sample()
	b, err := p.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{payloadVersion, 1, 0, 1, 0, idText, 1, 'x', 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodePayload(b)
		if err != nil {
			return
		}
		again, err := p.encode()
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("%x is read as %+v, which is written %x, %v", b, p, again, err)
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := parseKey(s)
		if err != nil {
			return
		}
		raw, _ := base64.URLEncoding.DecodeString(s)
		if k.text != s || base64.URLEncoding.EncodeToString(raw) != s {
			t.Errorf("%q has a second spelling", s)
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	k, c := newKeys(b)
	c.t = time.Now().Add(time.Hour) // the folder has settled
	p := sample()
	p.ExpiresAt = c.t.Add(time.Hour)
	token, err := k.Issue(p)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Validate(token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckPassword(b *testing.B) {
	for _, cost := range []int{4, 10, 12} {
		b.Run(fmt.Sprint(cost), func(b *testing.B) {
			p, err := NewPasswords(cost)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				p.Check("", "password")
			}
		})
	}
}
