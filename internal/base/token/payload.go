package token

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Payload is what a token says. Roles, names and the catalogue are looked up
// when it is used.
type Payload struct {
	UserID                  string
	Methods                 Methods
	Scope                   Scope
	ScopeID                 string // of the project or domain; "" otherwise
	IssuedAt                time.Time
	ExpiresAt               time.Time // whole seconds
	AuditIDs                []string  // this token's own, then that of the first of its chain
	TrustID                 string
	ApplicationCredentialID string
}

// Scope is what a token is for.
type Scope byte

// The scopes.
const (
	Unscoped Scope = iota
	Project
	Domain
	System
)

// Methods is the set of ways in which the user proved who they are.
type Methods byte

// The methods.
const (
	Password Methods = 1 << iota
	Token
	TOTP
	ApplicationCredential
	External
	Mapped
)

var methodNames = []string{"password", "token", "totp", "application_credential", "external", "mapped"}

// Names returns the methods' names in the API.
func (m Methods) Names() []string {
	var names []string
	for i, name := range methodNames {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// NewAuditID returns a random audit id: 16 bytes in URL-safe base64, 22
// characters.
func NewAuditID(random io.Reader) (string, error) {
	var raw [16]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", err
	}
	return encoding.EncodeToString(raw[:]), nil
}

// payloadVersion is the first byte; another layout gets another number.
const payloadVersion = 1

// How an id is written, by its first byte. The first that fits is the only one
// that is read back, so a payload has one spelling.
const (
	idEmpty  = iota
	idHex    // 32 lower-case hex digits, as 16 bytes
	idUUID   // a UUID with dashes, as 16 bytes
	idBase64 // 22 characters of URL-safe base64, as 16 bytes
	idText   // length (uvarint) and bytes
)

// maxID bounds an id in bytes.
const maxID = 255

func (p *Payload) encode() ([]byte, error) {
	if p.UserID == "" || p.ExpiresAt.Unix() < 0 || len(p.AuditIDs) > maxID {
		return nil, errors.New("a token needs a user, a time to end and at most 255 audit ids")
	}
	if (p.ScopeID != "") != (p.Scope == Project || p.Scope == Domain) || p.Scope > System {
		return nil, fmt.Errorf("a token with scope %d cannot have the scope id %q", p.Scope, p.ScopeID)
	}
	b := make([]byte, 0, 96)
	b = append(b, payloadVersion, byte(p.Methods), byte(p.Scope))
	b = binary.AppendUvarint(b, uint64(p.ExpiresAt.Unix()))
	b = append(b, byte(len(p.AuditIDs)))
	for _, id := range append([]string{p.UserID, p.ScopeID, p.TrustID, p.ApplicationCredentialID}, p.AuditIDs...) {
		if len(id) > maxID {
			return nil, fmt.Errorf("an id in a token has %d bytes, at most %d fit", len(id), maxID)
		}
		b = appendID(b, id)
	}
	return b, nil
}

var errPayload = errors.New("the token's payload is malformed")

func decodePayload(b []byte) (Payload, error) {
	var p Payload
	if len(b) < 3 || b[0] != payloadVersion {
		return p, errPayload
	}
	p.Methods, p.Scope = Methods(b[1]), Scope(b[2])
	b = b[3:]
	expires, n := binary.Uvarint(b)
	if n <= 0 || expires > 1<<40 || len(binary.AppendUvarint(nil, expires)) != n {
		return p, errPayload
	}
	p.ExpiresAt = time.Unix(int64(expires), 0).UTC()
	b = b[n:]
	if len(b) == 0 {
		return p, errPayload
	}
	audits := int(b[0])
	b = b[1:]
	var err error
	for _, id := range []*string{&p.UserID, &p.ScopeID, &p.TrustID, &p.ApplicationCredentialID} {
		if *id, b, err = readID(b); err != nil {
			return p, err
		}
	}
	for range audits {
		var id string
		if id, b, err = readID(b); err != nil {
			return p, err
		}
		p.AuditIDs = append(p.AuditIDs, id)
	}
	if len(b) != 0 || p.UserID == "" || p.Scope > System || (p.ScopeID != "") != (p.Scope == Project || p.Scope == Domain) {
		return p, errPayload
	}
	return p, nil
}

func appendID(b []byte, id string) []byte {
	switch len(id) {
	case 0:
		return append(b, idEmpty)
	case 32:
		if raw, ok := unhex(id); ok {
			return append(append(b, idHex), raw...)
		}
	case 36:
		if id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' {
			if raw, ok := unhex(id[:8] + id[9:13] + id[14:18] + id[19:23] + id[24:]); ok {
				return append(append(b, idUUID), raw...)
			}
		}
	case 22:
		if raw, err := encoding.DecodeString(id); err == nil && len(raw) == 16 {
			return append(append(b, idBase64), raw...)
		}
	}
	b = append(b, idText)
	b = binary.AppendUvarint(b, uint64(len(id)))
	return append(b, id...)
}

func unhex(s string) ([]byte, bool) {
	if strings.ToLower(s) != s {
		return nil, false
	}
	raw, err := hex.DecodeString(s)
	return raw, err == nil
}

func readID(b []byte) (id string, rest []byte, err error) {
	if len(b) == 0 {
		return "", nil, errPayload
	}
	kind, b := b[0], b[1:]
	if kind == idEmpty {
		return "", b, nil
	}
	if kind == idText {
		size, n := binary.Uvarint(b)
		if n <= 0 || size == 0 || size > maxID || uint64(len(b)-n) < size {
			return "", nil, errPayload
		}
		id = string(b[n : n+int(size)])
		spelled := appendID(nil, id)
		if spelled[0] != idText || len(spelled) != 1+n+int(size) {
			return "", nil, errPayload
		}
		return id, b[n+int(size):], nil
	}
	if len(b) < 16 {
		return "", nil, errPayload
	}
	raw, rest := b[:16], b[16:]
	switch kind {
	case idHex:
		return hex.EncodeToString(raw), rest, nil
	case idUUID:
		h := hex.EncodeToString(raw)
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], rest, nil
	case idBase64:
		return base64.RawURLEncoding.EncodeToString(raw), rest, nil
	}
	return "", nil, errPayload
}
