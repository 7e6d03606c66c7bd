package verb

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
)

// ErrNoSuch is the cause of the error for a name or id that nothing has.
var ErrNoSuch = errors.New("there is none")

// Kind is how things of a kind are found by what a user calls them, in novaclient's order: by id, by name, by the name
// as a slug.
type Kind struct {
	Class string                 // in messages: server, flavor
	Key   string                 // member that holds the name; "" is name
	IsID  func(text string) bool // what is tried as an id first; nil: IsUUID
	Slugs bool                   // a name matches as its slug too
	Get   func(ctx context.Context, e *Env, id string) (out.Object, error)
	// Named lists what may have the name; more than that does no harm.
	Named func(ctx context.Context, e *Env, name string) ([]out.Object, error)
	Whole bool // Named lists all there is: an id is found there too, and comes before a name
	Brief bool // what Named lists lacks members that Get shows
}

// Find returns the thing that is called so.
func (k Kind) Find(ctx context.Context, e *Env, nameOrID string) (out.Object, error) {
	if k.isID(nameOrID) {
		if found, err := k.Get(ctx, e, nameOrID); !errors.Is(err, client.ErrNotFound) {
			return found, err
		}
	}
	found, err := k.named(ctx, e, nameOrID)
	if err != nil || !k.Brief {
		return found, err
	}
	return k.Get(ctx, e, Text(found, "id"))
}

// Do does an action on the thing that is called so, by its id, with as few requests as that takes.
func (k Kind) Do(ctx context.Context, e *Env, nameOrID string, action func(id string) error) error {
	if k.isID(nameOrID) {
		err := action(nameOrID)
		if !errors.Is(err, client.ErrNotFound) {
			return err
		}
		if _, gone := k.Get(ctx, e, nameOrID); !errors.Is(gone, client.ErrNotFound) {
			return err // the thing is there: what was not found is something else
		}
	}
	found, err := k.named(ctx, e, nameOrID)
	if err != nil {
		return err
	}
	return action(Text(found, "id"))
}

func (k Kind) isID(text string) bool {
	if k.IsID != nil {
		return k.IsID(text)
	}
	return IsUUID(text)
}

func (k Kind) named(ctx context.Context, e *Env, name string) (out.Object, error) {
	items, err := k.Named(ctx, e, name)
	if err != nil {
		return nil, err
	}
	key := k.Key
	if key == "" {
		key = "name"
	}
	var match out.Object
	more := false
	if k.Whole {
		match, _ = only(items, func(o out.Object) bool { return Text(o, "id") == name })
	}
	if match == nil {
		match, more = only(items, func(o out.Object) bool { return Text(o, key) == name })
	}
	if match == nil && k.Slugs {
		match, more = only(items, func(o out.Object) bool { return Slug(Text(o, key)) == name })
	}
	switch {
	case more:
		return nil, Refuse("Multiple %s matches found for '%s', use an ID to be more specific.", k.Class, name)
	case match == nil:
		return nil, &client.Failure{Class: client.CommandError, Cause: ErrNoSuch, Message: "No " + k.Class + " with a name or ID of '" + name + "' exists."}
	}
	return match, nil
}

func only(items []out.Object, is func(out.Object) bool) (match out.Object, more bool) {
	for _, item := range items {
		if is(item) {
			more = match != nil
			match = item
			if more {
				break
			}
		}
	}
	return match, more
}

// IsUUID reports whether text reads as a UUID, with or without dashes, braces and urn:uuid:.
func IsUUID(text string) bool {
	digits := strings.Trim(strings.ReplaceAll(strings.ReplaceAll(text, "urn:", ""), "uuid:", ""), "{}")
	digits = strings.ReplaceAll(digits, "-", "")
	_, err := hex.DecodeString(digits)
	return err == nil && len(digits) == 32
}

// Slug is a name as novaclient's bash completion writes it: ASCII letters, digits and _ in lower case, with - between
// the words.
func Slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '-', r == ' ', r >= '\t' && r <= '\r', r >= 0x1c && r <= 0x1f:
			b.WriteRune(r)
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r + 'a' - 'A')
		}
	}
	var slug strings.Builder
	between := false
	for _, r := range strings.TrimFunc(b.String(), func(r rune) bool { return r <= ' ' }) {
		if r == '-' || r <= ' ' {
			between = true
			continue
		}
		if between {
			slug.WriteByte('-')
			between = false
		}
		slug.WriteRune(r)
	}
	if between {
		slug.WriteByte('-')
	}
	return slug.String()
}
