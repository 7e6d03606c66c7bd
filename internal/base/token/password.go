package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/bcrypt"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// MaxPassword is the longest password in bytes, as Keystone's default.
const MaxPassword = 4096

// bcryptLimit is how much of a password bcrypt looks at, in bytes.
const bcryptLimit = 72

// Passwords hashes and checks passwords with bcrypt of one cost. Hashes that
// Keystone made with bcrypt are read too.
type Passwords struct {
	cost  int
	dummy []byte
}

// NewPasswords returns Passwords with the given bcrypt cost, 4 to 31: each step
// doubles the time. Keystone's default is 12; 4 is for tests.
func NewPasswords(cost int) (*Passwords, error) {
	if cost < bcrypt.MinCost || cost > bcrypt.MaxCost {
		return nil, fmt.Errorf("the password hash cost is %d, it must be from %d to %d", cost, bcrypt.MinCost, bcrypt.MaxCost)
	}
	// Well-formed and no password's: it takes the time of a real one.
	dummy := fmt.Sprintf("$2a$%02d$aaaaaaaaaaaaaaaaaaaaaeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", cost)
	return &Passwords{cost: cost, dummy: []byte(dummy)}, nil
}

// Hash returns the hash of a password to store. Over MaxPassword bytes is a
// fault.BadRequest.
func (p *Passwords) Hash(password cloud.Secret) (string, error) {
	if len(password) > MaxPassword {
		return "", fault.New(fault.BadRequest, "The password is longer than %d bytes.", MaxPassword)
	}
	hash, err := bcrypt.GenerateFromPassword(material(password), p.cost)
	return string(hash), err
}

// Check reports whether hash is that of password. For a user that does not
// exist, or has no password, hash is "": the answer is no and takes as long as
// for a wrong password.
func (p *Passwords) Check(hash string, password cloud.Secret) bool {
	known := hash != "" && len(password) <= MaxPassword
	if !known {
		bcrypt.CompareHashAndPassword(p.dummy, material(password[:min(len(password), MaxPassword)])) //nolint:errcheck // for its time
		return false
	}
	return bcrypt.CompareHashAndPassword([]byte(hash), material(password)) == nil
}

// Stale reports whether hash was made with another cost, so that the time of
// Check gives the user away: hash the password anew when it was right.
func (p *Passwords) Stale(hash string) bool {
	cost, err := bcrypt.Cost([]byte(hash))
	return err != nil || cost != p.cost
}

// material is what bcrypt is given. bcrypt would ignore all after 72 bytes, so
// a longer password goes in as its keyed SHA-256: every byte counts. The key
// keeps digests that leaked elsewhere from being tried as passwords here.
func material(password cloud.Secret) []byte {
	if len(password) <= bcryptLimit {
		return []byte(password.Reveal())
	}
	h := hmac.New(sha256.New, []byte("novalet long password"))
	h.Write([]byte(password.Reveal()))
	return []byte(base64.StdEncoding.EncodeToString(h.Sum(nil)))
}
