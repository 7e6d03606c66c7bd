package verb

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
)

const someID = "01234567-89ab-cdef-0123-456789abcdef"

// things are a kind with known things, which notes how it was asked.
func things(asked *[]string, items ...out.Object) Kind {
	return Kind{
		Class: "thing", Slugs: true,
		Get: func(_ context.Context, _ *Env, id string) (out.Object, error) {
			*asked = append(*asked, "get "+id)
			for _, item := range items {
				if Text(item, "id") == id {
					return append(slices.Clone(item), out.Member{Key: "whole", Value: true}), nil
				}
			}
			return nil, &client.Error{Status: 404, Message: "gone"}
		},
		Named: func(_ context.Context, _ *Env, name string) ([]out.Object, error) {
			*asked = append(*asked, "list "+name)
			return items, nil
		},
	}
}

func thing(id, name string) out.Object {
	return out.Object{{Key: "id", Value: id}, {Key: "name", Value: name}}
}

func TestFind(t *testing.T) {
	items := []out.Object{thing(someID, "one"), thing("7", "two"), thing("8", "two"), thing("two", "three"), thing("9", "Big One")}
	for _, c := range []struct {
		change   func(*Kind)
		name     string
		id, err  string
		requests string
	}{
		{nil, "one", someID, "", "list one"},
		{nil, someID, someID, "", "get " + someID},
		{nil, strings.ToUpper(someID), "", "No thing with a name or ID of '" + strings.ToUpper(someID) + "' exists.", "get " + strings.ToUpper(someID) + "; list " + strings.ToUpper(someID)},
		{nil, "two", "", "Multiple thing matches found for 'two', use an ID to be more specific.", "list two"},
		{nil, "big-one", "9", "", "list big-one"},
		{func(k *Kind) { k.Slugs = false }, "big-one", "", "No thing with a name or ID of 'big-one' exists.", "list big-one"},
		{func(k *Kind) { k.Whole = true }, "two", "two", "", "list two"},
		{func(k *Kind) { k.Brief = true }, "one", someID, "", "list one; get " + someID},
		{func(k *Kind) { k.IsID = func(string) bool { return true } }, "7", "7", "", "get 7"},
		{func(k *Kind) { k.IsID = func(string) bool { return true } }, "three", "two", "", "get three; list three"},
		{func(k *Kind) { k.Key = "id" }, "9", "9", "", "list 9"},
	} {
		var asked []string
		kind := things(&asked, items...)
		if c.change != nil {
			c.change(&kind)
		}
		found, err := kind.Find(t.Context(), nil, c.name)
		if got := Text(found, "id"); got != c.id || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%s: found %q, %v; want %q, %q", c.name, got, err, c.id, c.err)
		}
		if got := strings.Join(asked, "; "); got != c.requests {
			t.Errorf("%s: asked %s, want %s", c.name, got, c.requests)
		}
	}
}

// An action by id takes one request when the id is right, and the look-up of a name when it is not.
func TestDo(t *testing.T) {
	var asked []string
	kind := things(&asked, thing("7", someID))
	var done []string
	err := kind.Do(t.Context(), nil, someID, func(id string) error {
		done = append(done, id)
		if id == someID {
			return &client.Error{Status: 404}
		}
		return nil
	})
	if err != nil || !slices.Equal(done, []string{someID, "7"}) || !slices.Equal(asked, []string{"get " + someID, "list " + someID}) {
		t.Errorf("did %v with %v: %v", done, asked, err)
	}
	err = kind.Do(t.Context(), nil, "none", func(string) error { t.Error("an action on nothing"); return nil })
	if !errors.Is(err, ErrNoSuch) {
		t.Error(err)
	}
	there := things(&asked, thing(someID, "vm"))
	missing := &client.Error{Status: 404}
	if err := there.Do(t.Context(), nil, someID, func(string) error { return missing }); !errors.Is(err, error(missing)) {
		t.Errorf("what the thing lacks was not found, and the error is %v", err)
	}
	refused := &client.Error{Status: 409}
	if err := kind.Do(t.Context(), nil, someID, func(string) error { return refused }); !errors.Is(err, client.ErrConflict) {
		t.Error(err)
	}
}

func TestNamesAreOslos(t *testing.T) {
	letters := rapid.SampledFrom([]string{"a", "B", "7", "_", "-", " ", "\t", "é", "ß", "日", ".", "/", "word", "e\u0301", "Å", "\u00a0", "\x1c", "½"})
	text := rapid.Map(rapid.SliceOfN(letters, 0, 12), func(parts []string) string { return strings.Join(parts, "") })
	ids := []string{someID, strings.ToUpper(someID), strings.ReplaceAll(someID, "-", ""), "{" + someID + "}", "urn:uuid:" + someID, someID + "0", "g1234567-89ab-cdef-0123-456789abcdef", "", "0123456789ab-cdef-0123-456789abcdef--"}
	for seed := range 1000 {
		ids = append(ids, text.Example(seed))
	}
	in, err := json.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", `
import json, sys
from oslo_utils import strutils, uuidutils
json.dump([[strutils.to_slug(t), uuidutils.is_uuid_like(t)] for t in json.load(sys.stdin)], sys.stdout)`)
	cmd.Stdin = strings.NewReader(string(in))
	reply, err := cmd.Output()
	if err != nil {
		t.Skipf("no oslo.utils to compare with: %v", err)
	}
	var answers [][2]any
	if err := json.Unmarshal(reply, &answers); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if got := Slug(id); got != answers[i][0] {
			t.Errorf("the slug of %q is %q, want %q", id, got, answers[i][0])
		}
		if got := IsUUID(id); got != answers[i][1] {
			t.Errorf("%q is a UUID: %t, want %t", id, got, answers[i][1])
		}
	}
}
